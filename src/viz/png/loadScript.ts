import { scriptLoader } from '../../secondScript';
import { PIECES } from './packed';

const loaders = PIECES.map((name, i) =>
  scriptLoader<string>('Figure.toPNG', `gated-sae-tfjs.png-${i + 1}.js`, name),
);

/**
 * Loads the parts of the PNG renderer for the script-tag bundle: tsdown.config.mts substitutes this
 * file for load.ts. They are beside the bundle.
 *
 * @throws SAE_MISSING if one cannot be loaded.
 */
export const loadPieces = (): Promise<string[]> => Promise.all(loaders.map((load) => load()));
