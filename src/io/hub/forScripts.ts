/** The content of the second script for the hub: see loadScript.ts. */
export * as hub from './api';
export * as catalogue from './catalogue/packed.generated';
