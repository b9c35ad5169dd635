import { scriptLoader } from '../../secondScript';
import type { App } from './load';

/**
 * The page's program, for the bundle that is loaded by a script tag: tsdown.config.mts puts this
 * file in the place of load.ts. The script lies beside the bundle.
 *
 * @throws SAE_MISSING where it cannot be loaded.
 */
export const loadApp = scriptLoader<App>(
  'featureDashboard',
  'gated-sae-tfjs.dashboard.js',
  'gatedSAEDashboard',
);
