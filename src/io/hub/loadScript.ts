import { scriptLoader } from '../../secondScript';
import type * as Second from './forScripts';

/**
 * What speaks to the hub's API, and the catalogue, for the bundle that is loaded by a script tag:
 * tsdown.config.mts puts this file in the place of load.ts. The second script lies beside the first.
 */
const load = scriptLoader<typeof Second>('the hub', 'gated-sae-tfjs.hub.iife.js', 'gatedSAEHub');

/** @throws SAE_MISSING where the second script cannot be loaded. */
export const loadHub = async () => (await load()).hub;
/** @throws SAE_MISSING where the second script cannot be loaded. */
export const loadCatalogue = async () => (await load()).catalogue;
