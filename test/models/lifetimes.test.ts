import * as tf from '@tensorflow/tfjs';
import {
  decoderSharpness,
  encodeKeras,
  explainedVariance,
  featureReport,
  GatedSAE,
  sparsityReport,
} from '../../src';
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

const GONE =
  /^SAE_STATE .*: expected a model that holds its weights; received one that is disposed\./;

test('each method of a disposed model says that it is disposed; a second dispose does nothing', async () => {
  const sae = made();
  const x = tf.ones([2, 8]);
  const codes = await sae.encodeSparse(x);
  const weights = sae.getWeights().map((w) => tf.clone(w));
  const batches = () => ({ iterator: () => ({ next: async () => ({ value: tf.ones([2, 8]) }) }) });
  const layer = sae.sae;
  expect(sae.dispose().refCountAfterDispose).toBe(0);
  for (const act of [
    () => sae.encode(x),
    () => sae.encodeDetailed(x),
    () => tf.tidy(() => sae.decode(tf.ones([2, 16]))),
    () => sae.encodeSparse(x),
    () => sae.decodeSparse(codes),
    () => sae.reconstruct(x),
    () => sae.predict(x),
    () => sae.predictOnBatch(x),
    () => sae.initDecoderBias(x),
    () => sae.evaluate(x),
    () => sae.evaluateDataset(batches() as never),
    () => sae.fit(x, quiet),
    () => sae.fitDataset(batches() as never, quiet),
    () => sae.trainOnBatch(x),
    () => sae.compile(),
    () => sae.save(tf.io.withSaveHandler(async () => ({}) as tf.io.SaveResult)),
    () => sae.getWeights(),
    () => sae.weights,
    () => sae.setWeights(weights),
    () => sae.loadWeights({}),
    () => sae.apply(tf.input({ shape: [8] })),
    () => sae.sae.wDec,
    () => layer.encode(x),
    () => layer.apply(x),
    () => decoderSharpness(sae),
    () => sparsityReport(sae, x),
    () => explainedVariance(sae, x),
    () => featureReport(sae, x),
    () => encodeKeras(sae),
  ]) {
    expect([String(act), await refusal(act)]).toEqual([String(act), expect.stringMatching(GONE)]);
  }
  expect(sae.dispose()).toEqual({ refCountAfterDispose: 0, numDisposedVariables: 0 });
  expect(layer.dispose()).toEqual({ refCountAfterDispose: 0, numDisposedVariables: 0 });
  tf.dispose([x, weights]);
});

test('a model that stands in another one lives on until both are disposed', () => {
  const sae = new GatedSAE({ inputDim: 8, encodingDim: 16 });
  const input = tf.input({ shape: [8] });
  const whole = tf.model({ inputs: input, outputs: sae.apply(input) as tf.SymbolicTensor });
  const x = tf.ones([2, 8]);
  expect(sae.dispose().refCountAfterDispose).toBe(1);
  sae.encode(x).dispose();
  expect(whole.dispose().numDisposedVariables).toBe(6);
  expect(() => sae.encode(x)).toThrow(GONE);
  x.dispose();
});

describe('what goes on when the model is disposed is told of', () => {
  /** Batches before whose third the model goes. */
  const ending = (sae: GatedSAE) => ({
    iterator: () => {
      let batches = 0;
      return {
        next: async () => {
          batches += 1;
          if (batches === 3) sae.dispose();
          if (batches === 6) return { value: null, done: true };
          return { value: tf.randomUniform([4, 8]), done: false };
        },
      };
    },
  });

  test.each<[string, (sae: GatedSAE) => Promise<unknown>]>([
    ['fitDataset', (sae) => sae.fitDataset(ending(sae), quiet)],
    ['evaluateDataset', (sae) => sae.evaluateDataset(ending(sae))],
    ['initDecoderBias', (sae) => sae.initDecoderBias(ending(sae))],
    ['sparsityReport', (sae) => sparsityReport(sae, ending(sae))],
    ['explainedVariance', (sae) => explainedVariance(sae, ending(sae))],
    ['featureReport', (sae) => featureReport(sae, ending(sae))],
  ])('%s', async (_, act) => {
    expect(await refusal(() => act(made()))).toMatch(GONE);
  });

  test.each<[string, (sae: GatedSAE, x: tf.Tensor) => Promise<unknown>]>([
    ['encodeSparse', (sae, x) => sae.encodeSparse(x, { batchSize: 2 })],
    ['reconstruct', (sae, x) => sae.reconstruct(x)],
    ['trainOnBatch', (sae, x) => sae.trainOnBatch(x)],
  ])('%s, at once', async (_, act) => {
    const [sae, x] = [made(), tf.randomUniform([8, 8])];
    const refused = refusal(() => act(sae, x));
    sae.dispose();
    expect(await refused).toMatch(GONE);
    x.dispose();
  });
});

test.each(Array.from({ length: 10 }, (_, ticks) => ticks))(
  'a model that is disposed while it is saved, after %i ticks, is saved whole or not at all',
  async (ticks) => {
    const tensors = tf.memory().numTensors;
    for (const step of ['sparse', 'tensor'] as const) {
      const x = tf.randomUniform([16, 8]);
      const sae = new GatedSAE({ inputDim: 8, encodingDim: 16, seed: 1 });
      sae.compile({ step });
      await sae.fit(x, quiet);
      let saved: tf.io.ModelArtifacts | undefined;
      const handler = tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return {} as tf.io.SaveResult;
      });
      const saving = sae.save(handler).catch((error: unknown) => String(error));
      for (let i = 0; i < ticks; i++) await undefined;
      sae.dispose();
      const end = await saving;
      if (saved === undefined) expect(end).toMatch(/SAE_STATE .*disposed/);
      // Six weights, the count of steps, and both moments of each weight.
      else expect(saved.weightSpecs).toHaveLength(6 + 1 + 12);
      x.dispose();
    }
    expect(tf.memory().numTensors).toBe(tensors);
  },
);

test('a save that is under way holds what was there; a second fit is refused, and harms nothing', async () => {
  const [sae, x] = [made(), tf.randomUniform([16, 8])];
  let saved: tf.io.ModelArtifacts | undefined;
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    await new Promise((resolve) => setTimeout(resolve));
    saved = artifacts;
    return {} as tf.io.SaveResult;
  });
  const saving = sae.save(handler);
  const fits = [sae.fit(x, quiet), sae.fit(x, quiet), sae.fitDataset(tf.data.array([1]), quiet)];
  const ends = await Promise.allSettled(fits);
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  for (const end of ends.slice(1)) {
    expect((end as PromiseRejectedResult).reason.message).toMatch(
      /^SAE_STATE .*expected one training at a time/,
    );
  }
  await saving;
  expect(saved?.weightSpecs?.length).toBeGreaterThanOrEqual(6);
  x.dispose();
  sae.dispose();
});
