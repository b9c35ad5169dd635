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
 * Makes tfjs know the layers of Keras that it lacks: Normalization, Resizing, Discretization and the
 * others of models that were opened from a `.keras` file and saved in tfjs's own format.
 *
 * Only a page that a bundler has made needs it, and only to load such a model by its model.json: the
 * bundler leaves out what the page does not use. Everywhere else, to import the library is enough, as
 * is to open a `.keras` file.
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
