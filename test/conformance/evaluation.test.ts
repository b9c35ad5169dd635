import * as tf from '@tensorflow/tfjs';
import {
  compareSAEs,
  comparisonTable,
  type Evaluation,
  evaluateSAE,
  explainedVariance,
  matchFeatures,
  type SAEModel,
  sparsityReport,
} from '../../src';
import { expectClose, FEATURES, FORMS, INPUT_DIM, rows, SUBJECTS, stir } from './architecture';

const OUTPUT_DIM = 4;
const NORMALIZATIONS = ['mean-norm', 'layer-norm', 'constant'] as const;

/** That codes and reconstruction of one pass are those of a pass for each. */
async function expectOnePass(sae: SAEModel, x: tf.Tensor2D): Promise<void> {
  const { codes, reconstruction } = await sae.encodeAndReconstruct(x);
  const alone = await sae.reconstruct(x);
  expect(codes).toEqual(await sae.encodeSparse(x));
  expect(codes.indices.length).toBeGreaterThan(0);
  expectClose(reconstruction, alone);
  Object.defineProperty(sae.sae, 'kernels', { value: undefined });
  const byTensors = await sae.encodeAndReconstruct(x);
  expect(byTensors.codes.rowOffsets).toEqual(codes.rowOffsets);
  expect(byTensors.codes.indices).toEqual(codes.indices);
  expectClose(byTensors.reconstruction, reconstruction);
  tf.dispose([reconstruction, alone, byTensors.reconstruction]);
}

/** A model whose weights are none that it starts with; the caller disposes it. */
function stirred(model: SAEModel): SAEModel {
  stir(model.sae);
  return model;
}

describe.each(FORMS)('%s', (_, subject) => {
  test.each([{}, { outputDim: OUTPUT_DIM }, { outputDim: OUTPUT_DIM, skip: true }])(
    'codes and reconstructions come from one pass: %j',
    async (kind) => {
      const sae = stirred(subject.model(kind));
      const x = rows(40);
      await expectOnePass(sae, x);
      x.dispose();
      sae.dispose();
    },
  );
});

describe.each(SUBJECTS)('%s', (_, subject) => {
  test.each(NORMALIZATIONS)('codes and reconstructions of one pass, %s', async (normalize) => {
    const sae = stirred(subject.model({ normalize }));
    const x = rows(40);
    await expectOnePass(sae, x);
    x.dispose();
    sae.dispose();
  });

  test('an evaluation is that of a tensor, a dataset, and of the other reports', async () => {
    const sae = stirred(subject.model());
    const x = rows(50);
    const labels = Array.from({ length: 50 }, (_, row) => row % 2);
    const truth = rows(7, 3);
    const trueCodes = tf.tidy(() => tf.relu(rows(50, 9, 7)));
    const given = { labels, trueFeatures: truth, trueCodes };
    const result = await evaluateSAE(sae, x, given);
    const dataset = tf.data.array(await x.array()).batch(7);
    expectAlike(await evaluateSAE(sae, dataset, given), result);
    const report = await sparsityReport(sae, x);
    const { l0Mean, l0Median, alive, dead } = report;
    expect(result.sparsity).toMatchObject({ l0Mean, l0Median, alive, dead });
    expect(result.reconstruction?.explainedVariance).toBeCloseTo(
      await explainedVariance(sae, x),
      4,
    );
    expect(result.probing?.classes).toHaveLength(2);
    expect(result.truth?.detection?.accuracy).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    tf.dispose([x, truth, trueCodes]);
    sae.dispose();
  });

  test('a transcoder, with targets beside the rows and in a dataset', async () => {
    const sae = stirred(subject.model({ outputDim: OUTPUT_DIM, skip: true }));
    const [x, y] = [rows(30), rows(30, 5, OUTPUT_DIM)];
    const result = await evaluateSAE(sae, x, y);
    expect(result.weights?.encoderDecoderCosine).toBe(null);
    expect(result.reconstruction?.explainedVariance).toBeCloseTo(
      await explainedVariance(sae, x, y),
      4,
    );
    const pairs = tf.data.zip({
      xs: tf.data.array(await x.array()),
      ys: tf.data.array(await y.array()),
    });
    expectAlike(await evaluateSAE(sae, pairs.batch(8)), result);
    await expect(evaluateSAE(sae, x)).rejects.toThrow('SAE_DATA');
    const { sparsity } = await evaluateSAE(sae, x, { metrics: ['sparsity'] });
    expect(sparsity).toEqual(result.sparsity);
    tf.dispose([x, y]);
    sae.dispose();
  });

  test('a comparison is the evaluations of each, and a dictionary is its own match', async () => {
    const [one, other] = [stirred(subject.model()), stirred(subject.model({ encodingDim: 14 }))];
    const x = rows(40);
    const comparison = await compareSAEs({ one, other }, x);
    for (const [i, [name, model]] of Object.entries({ one, other }).entries()) {
      expectAlike(comparison.evaluations[i], { ...(await evaluateSAE(model, x)), name });
    }
    expect(comparison.front.some(({ isBest }) => isBest)).toBe(true);
    expect(comparisonTable(comparison).split('\n')).toHaveLength(4);
    const { oneToOne, meanNearest } = await matchFeatures(one, one);
    expect(meanNearest).toBeCloseTo(1, 5);
    expect(oneToOne.pairs.map(({ a, b }) => [a, b])).toEqual(
      Array.from({ length: FEATURES }, (_, feature) => [feature, feature]),
    );
    x.dispose();
    for (const model of [one, other]) model.dispose();
  });
});

/** The same to what single precision keeps: batches of another size are multiplied in another order. */
function expectAlike(received: unknown, expected: Evaluation | unknown): void {
  if (typeof expected === 'number') {
    expect(received).toBeCloseTo(expected, 3);
    return;
  }
  if (typeof expected !== 'object' || expected === null) {
    expect(received).toEqual(expected);
    return;
  }
  expect(Object.keys(received as object)).toEqual(Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    expectAlike((received as Record<string, unknown>)[name], value);
  }
}

test('rows are as wide as the dictionary', async () => {
  const sae = SUBJECTS[0]?.[1].model() as SAEModel;
  const x = rows(4, 1, INPUT_DIM + 1);
  await expect(evaluateSAE(sae, x)).rejects.toThrow('SAE_SHAPE');
  x.dispose();
  sae.dispose();
});
