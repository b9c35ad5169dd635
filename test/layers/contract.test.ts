import * as tf from '@tensorflow/tfjs';
import { KerasAdam, ReluSAELayer } from '../../src';

/** The ReLU SAE with numbers that no gradient moves. */
class WithCounter extends ReluSAELayer {
  static override readonly className: string = 'WithCounterForTest';

  override get state() {
    return {
      count: { of: 'feature', start: 3 },
      threshold: { of: 'dictionary', start: 0.5 },
    } as const;
  }
}

test('an architecture may have weights that are kept but not trained', async () => {
  const layer = new WithCounter({ encodingDim: 4, inputShape: [3], seed: 1 });
  const host = tf.sequential({ layers: [layer] });
  const optimizer = new KerasAdam();
  host.compile({ optimizer, loss: 'meanSquaredError' });
  const names = () => layer.weights.map((w) => w.originalName.split('/').pop());
  expect(names()).toEqual(['W_enc', 'b_enc', 'W_dec', 'b_dec', 'count', 'threshold']);
  const x = tf.randomNormal([6, 3], 0, 1, 'float32', 1);
  const before = layer.getWeights().map((w) => Array.from(w.dataSync()));
  await host.fit(x, x, { epochs: 2, verbose: 0 });
  const after = layer.getWeights().map((w) => Array.from(w.dataSync()));
  expect(after.map((w, i) => JSON.stringify(w) === JSON.stringify(before[i]))).toEqual([
    ...[false, false, false, false],
    ...[true, true],
  ]);
  tf.tidy(() => layer.setWeights(layer.getWeights().map((w) => tf.mul(w, 2))));
  expect(Array.from(layer.getWeights()[4]?.dataSync() ?? [])).toEqual([6, 6, 6, 6]);
  x.dispose();
  host.dispose();
  optimizer.dispose();
});
