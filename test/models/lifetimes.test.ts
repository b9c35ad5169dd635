import * as tf from '@tensorflow/tfjs';
import { explainedVariance, GatedSAE, sparsityReport } from '../../src';
import { refusal } from '../refusal';

const made = (step: 'sparse' | 'tensor' = 'sparse') => {
  const sae = new GatedSAE({ inputDim: 8, encodingDim: 16 });
  sae.compile({ step });
  return sae;
};
const quiet = { verbose: 0 } as const;

/** What an asynchronous call that is begun within a tidy comes to. */
async function inTidy<T>(act: () => Promise<T>): Promise<T> {
  let result: Promise<T> | undefined;
  tf.tidy(() => {
    result = act();
  });
  return result as Promise<T>;
}

describe.each(['sparse', 'tensor'] as const)('by the %s step', (step) => {
  test('within tf.tidy all that is asynchronous works', async () => {
    const sae = made(step);
    const x = tf.randomUniform([16, 8]);
    const whole = tf.cast(x, 'int32');
    const options = { ...quiet, epochs: 2, validationSplit: 0.25 };
    await inTidy(() => sae.initDecoderBias(x));
    const { history } = await inTidy(() => sae.fit(x, options));
    expect(history['val_loss']).toHaveLength(2);
    await inTidy(() => sae.trainOnBatch(x));
    expect((await inTidy(() => sae.encodeSparse(x))).rowOffsets).toHaveLength(17);
    (await inTidy(() => sae.reconstruct(whole))).dispose();
    expect((await inTidy(() => sparsityReport(sae, x))).nFeatures).toBe(16);
    expect(await inTidy(() => explainedVariance(sae, x))).toBeLessThanOrEqual(1);
    const gone = await refusal(() => inTidy(() => sae.fit(tf.mul(x, 2), quiet)));
    expect(gone).toMatch(/^SAE_STATE .* what tf.tidy has made is gone at its end\.$/);
    tf.dispose([x, whole]);
    sae.dispose();
  });

  test.each(['onBatchBegin', 'onBatchEnd', 'onEpochEnd'])(
    'dispose in %s is told of by fit',
    async (at) => {
      const x = tf.randomUniform([32, 8]);
      const sae = made(step);
      let disposed = false;
      const once = () => {
        if (!disposed) sae.dispose();
        disposed = true;
      };
      const options = { ...quiet, epochs: 3, batchSize: 4, callbacks: { [at]: once } };
      expect(await refusal(() => sae.fit(x, options))).toMatch(
        /^SAE_STATE GatedSAE ".*": expected a model that holds its weights; .* Await fit before dispose/,
      );
      expect(await refusal(() => sae.encode(x))).toMatch(/received one that is disposed/);
      expect(await refusal(() => sae.trainOnBatch(x))).toMatch(/received one that is disposed/);
      x.dispose();
    },
  );
});

test('a disposed tensor is told of', async () => {
  const sae = made();
  const x = tf.ones([2, 8]);
  x.dispose();
  for (const act of [() => sae.fit(x, quiet), () => sae.encode(x), () => sparsityReport(sae, x)]) {
    expect(await refusal(act)).toMatch(
      /^SAE_STATE .*received one that is disposed\. Dispose it once/,
    );
  }
  sae.dispose();
});

test.each<[string, () => unknown, string]>([
  ['rows as tensors', () => tf.ones([8]), '[8]'],
  ['rows as {xs}', () => ({ xs: tf.ones([8]) }), '[8]'],
  ['rows as numbers', () => [1, 2, 3, 4, 5, 6, 7, 8], '8 numbers'],
  ['rows as {xs} of numbers', () => ({ xs: new Float32Array(8) }), '8 numbers'],
  ['numbers', () => 1, 'a number'],
])('a dataset that is not batched, of %s', async (_, element, received) => {
  const sae = made();
  const dataset = { iterator: () => ({ next: async () => ({ value: element(), done: false }) }) };
  for (const act of [() => sae.fitDataset(dataset, quiet), () => sparsityReport(sae, dataset)]) {
    expect(await refusal(act)).toContain(
      `expected [..., 8]; received ${received}. Call dataset.batch(32) first: it hands out single rows.`,
    );
  }
  sae.dispose();
});
