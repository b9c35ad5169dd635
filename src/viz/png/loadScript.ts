import { scriptLoader } from '../../secondScript';
import type * as Rasterizer from './rasterizer';

/**
 * What draws PNGs, for the bundle that is loaded by a script tag: tsdown.config.mts puts this file
 * in the place of load.ts. The second script lies beside the first.
 *
 * @throws SAE_MISSING where it cannot be loaded.
 */
export const loadRasterizer = scriptLoader<typeof Rasterizer>(
  'Figure.toPNG',
  'gated-sae-tfjs.png.iife.js',
  'gatedSAEPng',
);
