import { scriptLoader } from '../../secondScript';
import type * as Second from './forScripts';

/**
 * Loads the code for the hub's API, and the catalogue, for the script-tag bundle: tsdown.config.mts
 * substitutes this file for load.ts. The second script is beside the first.
 */
const load = scriptLoader<typeof Second>('the hub', 'gated-sae-tfjs.hub.iife.js', 'gatedSAEHub');

/** @throws SAE_MISSING if the second script cannot be loaded. */
export const loadHub = async () => (await load()).hub;
/** @throws SAE_MISSING if the second script cannot be loaded. */
export const loadCatalogue = async () => (await load()).catalogue;
