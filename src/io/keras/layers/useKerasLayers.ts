import { serialization } from '@tensorflow/tfjs-core';
import { Discretization, KerasCategoryEncoding } from './categories';
import { KerasCenterCrop, KerasResizing, LAYERS_AT_RANDOM } from './images';
import { Normalization } from './normalization';
import { SharedLayer } from './sharedLayer';

const CLASSES = [
  ...[Normalization, Discretization, KerasCategoryEncoding, KerasCenterCrop, KerasResizing],
  ...[SharedLayer, ...LAYERS_AT_RANDOM],
];

/**
 * Registers the Keras layers that tfjs lacks: Normalization, Resizing, Discretization and the
 * others of models that were opened from a `.keras` file and saved in tfjs's format.
 *
 * Only a page made by a bundler needs it, and only to load such a model by its model.json, because
 * the bundler drops what the page does not use. Everywhere else, importing the library or opening a
 * `.keras` file is enough.
 *
 * @example
 * ```ts
 * import { useKerasLayers } from 'gated-sae-tfjs';
 * useKerasLayers(); // before tf.loadLayersModel('model.json')
 * ```
 */
export function useKerasLayers(): void {
  for (const cls of CLASSES) {
    serialization.registerClass(
      cls as unknown as serialization.SerializableConstructor<serialization.Serializable>,
    );
  }
}
