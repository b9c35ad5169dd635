import { serialization } from '@tensorflow/tfjs-core';
import { missing } from '../errors';

/** Keras's layers that change images at random while a model is trained. */
export const AT_RANDOM =
  'Brightness ColorDegeneration ColorJitter Contrast ElasticTransform Erasing Flip GaussianBlur Grayscale Hue Invert Perspective Posterization Rotation Saturation Sharpness Shear Translation Zoom'
    .split(' ')
    .map((name) => `Random${name}`);

/**
 * The classes of io/keras/layers, which tfjs lacks: only models from Keras have them. A page that
 * reads no such file does not load them.
 */
export const KERAS_LAYERS = [
  ...['Normalization', 'Discretization', 'KerasCategoryEncoding', 'KerasCenterCrop'],
  ...['KerasResizing', 'SharedLayer', ...AT_RANDOM],
];

/** Makes tfjs say what to call if a model needs one of these layers and the page lacks it. */
export function tellOfKerasLayers(): void {
  const { classNameMap } = serialization.SerializationMap.getMap();
  for (const className of KERAS_LAYERS) {
    classNameMap[className] ??= [
      serialization.Serializable as never,
      (_, { name }) => {
        const where = `${className} ${JSON.stringify(name)}`;
        throw missing(where, 'a layer of Keras', 'Call useKerasLayers() of gated-sae-tfjs first.');
      },
    ];
  }
}
