import type * as Tf from '@tensorflow/tfjs';
import type { KerasAdam } from '../src';
import { ALL_IMAGES, IMAGE_SIZE, readFashionMnist } from '../src/cli/data/fashionMnist';

/** Images of Fashion-MNIST `[count × 784]`, from 0 to 1, of all classes alike, and their classes. */
export async function fashionImages(count: number) {
  const { pixels, labels } = await readFashionMnist([process.cwd()]);
  // Images come class by class: a stride that shares no divisor with their number takes all alike.
  const order = Array.from({ length: count }, (_, i) => (i * 7919) % ALL_IMAGES);
  const images = new Float32Array(count * IMAGE_SIZE);
  order.forEach((image, i) => {
    const own = pixels.subarray(image * IMAGE_SIZE, (image + 1) * IMAGE_SIZE);
    images.set(
      Float32Array.from(own, (v) => v / 255),
      i * IMAGE_SIZE,
    );
  });
  return { images, classes: order.map((image) => labels[image] as number) };
}

/**
 * A network with one convolution, and 64 units in its layer `hidden`, trained as the products that it is: of
 * convolutions wasm has no gradient, and one whose steps are as wide as its filters is a dense layer on
 * patches. Pages are given the function as text: all that it needs is in it.
 *
 * @param x images `[images, 28, 28, 1]`
 * @param classes of the images
 */
export async function fashionNetwork(
  tf: typeof Tf,
  Adam: typeof KerasAdam,
  x: Tf.Tensor4D,
  classes: readonly number[],
): Promise<Tf.LayersModel> {
  const patch = 4;
  const side = 28 / patch;
  const filters = 24;
  const patches = tf.tidy(() => {
    const parts = tf.reshape(x, [-1, side, patch, side, patch]);
    return tf.reshape(tf.transpose(parts, [0, 1, 3, 2, 4]), [-1, side * side, patch * patch]);
  });
  const dense = (units: number, activation: 'relu' | 'softmax', seed: number, name?: string) =>
    tf.layers.dense({
      ...{ units, activation, ...(name && { name }) },
      kernelInitializer: tf.initializers.glorotUniform({ seed }),
    });
  const onPatches = tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [side * side, patch * patch] }),
      dense(filters, 'relu', 1),
      tf.layers.flatten(),
      dense(64, 'relu', 2),
      dense(10, 'softmax', 3),
    ],
  });
  onPatches.compile({
    optimizer: new Adam({ learningRate: 2e-3 }),
    loss: 'categoricalCrossentropy',
  });
  const y = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d([...classes], 'int32'), 10), 'float32'));
  await onPatches.fit(patches, y, { epochs: 6, batchSize: 64, shuffle: false, verbose: 0 });
  const convolution = { filters, kernelSize: patch, strides: patch, activation: 'relu' } as const;
  const network = tf.sequential({
    layers: [
      tf.layers.conv2d({ ...convolution, name: 'conv', inputShape: [28, 28, 1] }),
      tf.layers.flatten({ name: 'flat' }),
      dense(64, 'relu', 2, 'hidden'),
      dense(10, 'softmax', 3, 'classes'),
    ],
  });
  tf.tidy(() => {
    const [kernel, ...others] = onPatches.getWeights() as [Tf.Tensor, ...Tf.Tensor[]];
    network.setWeights([tf.reshape(kernel, [patch, patch, 1, filters]), ...others]);
  });
  tf.dispose([patches, y]);
  onPatches.optimizer.dispose();
  onPatches.dispose();
  return network;
}
