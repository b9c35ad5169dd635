import * as tf from '@tensorflow/tfjs';
// For its effect alone: that tfjs knows the classes of the file.
import 'gated-sae-tfjs';

/** Opens the dictionary at an address and encodes rows of ones; called by the test. */
globalThis.story = async (address) => {
  await tf.setBackend('cpu');
  const model = await tf.loadLayersModel(address);
  const codes = model.encode(tf.ones([3, 32]));
  return { className: model.getClassName(), shape: codes.shape, sum: codes.sum().dataSync()[0] };
};
