import * as tf from '@tensorflow/tfjs';
import { BatchTopKSAE, type SAEModel } from '../../src';
import { expectClose, rows, rowValues, values } from '../conformance/architecture';

/** A dictionary of four features that are the columns of the rows themselves. */
function identity(k: number, options = {}): BatchTopKSAE {
  const sae = new BatchTopKSAE({ inputDim: 4, encodingDim: 4, k, ...options });
  tf.tidy(() => sae.setWeights([tf.eye(4), tf.zeros([4]), tf.eye(4), tf.zeros([4]), tf.scalar(0)]));
  return sae;
}

const thresholdOf = (sae: SAEModel) => values(sae.getWeights().at(-1) as tf.Tensor)[0] as number;

test.each<[number, number[][]]>([
  [
    1,
    [
      [4, 3, 0, 0],
      [0, 0, 5, 0],
      [0, 0, 0, 0],
    ],
  ],
  [
    2,
    [
      [4, 3, 2, 0],
      [0, 0, 5, 0],
      [2, 2, 0, 0],
    ],
  ],
])(
  'in training %i for each row fire, of equal ones those of lower features, then earlier rows',
  (k, expected) => {
    const sae = identity(k);
    tf.tidy(() => {
      const x = tf.tensor2d([
        [4, 3, 2, 1],
        [-1, -2, 5, -3],
        [2, 2, 2, 2],
      ]);
      expect(rowValues(sae.sae.forward(x, x, true).codes)).toEqual(expected);
      // Before training nothing is known of what is chosen: all above 0 fire.
      expect(rowValues(sae.encode(x))).toEqual(rowValues(tf.relu(x)));
    });
    sae.dispose();
  },
);

describe.each(['sparse', 'tensor'] as const)('%s step', (step) => {
  test('the threshold is the least chosen code, at first that of the first batch, then the mean', async () => {
    const sae = identity(1, { thresholdRate: 0.25 });
    const optimizer = tf.train.sgd(0);
    if (step === 'sparse') sae.compile({ step });
    else sae.compile({ optimizer, step });
    const first = tf.tensor2d([[4, 3, 2, 1]]);
    const before = sae
      .getWeights()
      .slice(0, 4)
      .map((w) => w.clone());
    await sae.trainOnBatch(first);
    expect(thresholdOf(sae)).toBe(4);
    sae.setWeights([...before, tf.tidy(() => sae.getWeights()[4] as tf.Tensor)]);
    const second = tf.tensor2d([[0, 8, 2, 1]]);
    await sae.trainOnBatch(second);
    expect(thresholdOf(sae)).toBe(5);
    const none = tf.tensor2d([[-1, -1, -1, -1]]);
    sae.setWeights([...before, tf.tidy(() => sae.getWeights()[4] as tf.Tensor)]);
    await sae.trainOnBatch(none);
    expect(thresholdOf(sae)).toBe(5); // no code says anything
    tf.dispose([first, second, none, before]);
    sae.dispose();
    optimizer.dispose();
  });

  test('outside of training a row has the codes above the threshold, whatever rows are beside it', async () => {
    const sae = new BatchTopKSAE({ inputDim: 6, encodingDim: 20, k: 3, seed: 1 });
    sae.compile({ step });
    const x = rows(40, 1, 6);
    for (let i = 0; i < 5; i++) await sae.trainOnBatch(x);
    const threshold = thresholdOf(sae);
    expect(threshold).toBeGreaterThan(0);
    const codes = sae.encode(x);
    const one = tf.tidy(() => sae.encode(tf.slice(x, [7, 0], [1, -1])));
    tf.tidy(() => expectClose(one, tf.slice(codes, [7, 0], [1, -1]), 1e-6));
    expect(values(codes).every((code) => code === 0 || code > threshold)).toBe(true);
    const sparse = await sae.encodeSparse(x);
    expect(sparse.values).toHaveLength(values(codes).filter((code) => code > 0).length);
    tf.dispose([x, codes, one]);
    sae.dispose();
  });
});
