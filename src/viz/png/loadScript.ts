import { scriptLoader } from '../../secondScript';
import { PIECES } from './packed';

const loaders = PIECES.map((name, i) =>
  scriptLoader<string>('Figure.toPNG', `gated-sae-tfjs.png-${i + 1}.js`, name),
);

/**
 * The pieces of what draws PNGs, for the bundle that is loaded by a script tag: tsdown.config.mts
 * puts this file in the place of load.ts. They lie beside the bundle.
 *
 * @throws SAE_MISSING where one cannot be loaded.
 */
export const loadPieces = (): Promise<string[]> => Promise.all(loaders.map((load) => load()));
