/** What the second script for the hub holds: see loadScript.ts. */
export * as hub from './api';
export * as catalogue from './catalogue/packed.generated';
