/** Metrics by numpy, scipy, scikit-learn and the peers: see python-interop/metrics. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  type Evaluation,
  evaluateSAE,
  explainedVariance,
  matchFeatures,
  type Probe,
  type Reconstruction,
  ReluSAE,
  type RowSparsity,
  type SAEModel,
} from '../../src';
import { logisticRegression } from '../../src/analysis/evaluation/probing/logisticRegression';
import { Probing } from '../../src/analysis/evaluation/probing/probing';
import { type ArrayJSON, numbers, read, tensor } from './fixture';

interface RowMetrics {
  rows: number;
  sparsity: RowSparsity;
  reconstruction: Reconstruction;
}
interface Regression {
  c: number;
  k: number;
  values: number[];
  isPositive: number[];
  weights: number[];
  intercept: number;
}
interface Constant {
  b_dec: ArrayJSON;
  expected: Reconstruction;
  sae_lens: number;
  dictionary_learning: number;
  sae_bench: number;
}
interface Fixture {
  weights: Record<'W_enc' | 'b_enc' | 'W_dec' | 'b_dec', ArrayJSON>;
  rows: ArrayJSON;
  true_features: ArrayJSON;
  true_codes: ArrayJSON;
  labels: number[];
  mixed_rows: ArrayJSON;
  positions: string[];
  other_decoder: ArrayJSON;
  expected: Pick<Required<Evaluation>, 'sparsity' | 'reconstruction' | 'weights' | 'truth'> & {
    mixed: RowMetrics;
    positions: Record<string, RowMetrics>;
    matching: { nearest: number[]; pairs: [number, number][]; meanNearest: number } & Record<
      'meanCosine',
      number
    > & { above: { threshold: number; share: number }[] };
  };
  probing: {
    label: number;
    train: number[];
    test: number[];
    probes: (Omit<Probe, 'c'> & { converged: Omit<Probe, 'k' | 'features'> })[];
  }[];
  regressions: Regression[];
  peers: Record<'sae_lens' | 'dictionary_learning' | 'sae_bench', Record<string, number>> & {
    sae_lens: { feature_density: number[]; classification: Record<string, number> };
  };
  constant: { mean: Constant; shifted: Constant };
}

const FIXTURE = read<Fixture>('metrics/metrics');
const CLOSE = 1e-6;

/** The fixture's dictionary, or one with another decoder; the caller disposes it. */
function dictionary(given: Partial<Fixture['weights']> = {}): SAEModel {
  const weights = { ...FIXTURE.weights, ...given };
  const [encodingDim = 0, inputDim = 0] = weights.W_dec.shape;
  const sae = new ReluSAE({ inputDim, encodingDim, decoderRows: 'free' });
  tf.tidy(() =>
    sae.setWeights([weights.W_enc, weights.b_enc, weights.W_dec, weights.b_dec].map(tensor)),
  );
  return sae;
}

/** That plain numbers are those expected, whatever holds them: to 1e-6 of what they are. */
function expectNumbers(received: unknown, expected: unknown, close = CLOSE, path = ''): void {
  if (typeof expected === 'number' && typeof received === 'number') {
    const apart = Math.abs(received - expected) / Math.max(1e-3, Math.abs(expected));
    expect({ path, received, isClose: apart <= close, expected }).toEqual({
      ...{ path, received, isClose: true, expected },
    });
    return;
  }
  if (typeof expected !== 'object' || expected === null) {
    expect({ path, received }).toEqual({ path, received: expected });
    return;
  }
  expect({ path, keys: Object.keys(expected as object).sort() }).toEqual({
    ...{ path, keys: Object.keys(received as object).sort() },
  });
  for (const [name, value] of Object.entries(expected)) {
    expectNumbers((received as Record<string, unknown>)[name], value, close, `${path}.${name}`);
  }
}

async function evaluated(batchSize?: number): Promise<Evaluation> {
  const sae = dictionary();
  const [x, trueFeatures, trueCodes] = [
    FIXTURE.rows,
    FIXTURE.true_features,
    FIXTURE.true_codes,
  ].map(tensor) as [tf.Tensor, tf.Tensor2D, tf.Tensor2D];
  const result = await evaluateSAE(sae, x, {
    ...{ trueFeatures, trueCodes },
    ...(batchSize !== undefined && { batchSize }),
  });
  tf.dispose([x, trueFeatures, trueCodes]);
  sae.dispose();
  return result;
}

test.each([512, 37])(
  'every group is what numpy and scipy compute, %d rows at a time',
  async (n) => {
    const { sparsity, reconstruction, weights, truth } = await evaluated(n);
    const { expected } = FIXTURE;
    expectNumbers(sparsity, expected.sparsity);
    expectNumbers(reconstruction, expected.reconstruction);
    expectNumbers(weights, expected.weights);
    expectNumbers(truth, { ...expected.truth, matching: 'hungarian' });
  },
);

test('rows that are alike or zero, by class of position', async () => {
  const sae = dictionary();
  const x = tensor(FIXTURE.mixed_rows);
  const result = await evaluateSAE(sae, x, { positions: FIXTURE.positions, batchSize: 50 });
  const { mixed, positions } = FIXTURE.expected;
  expectNumbers(result.reconstruction, mixed.reconstruction);
  expect(result.positions?.map(({ position }) => position)).toEqual([
    ...new Set(FIXTURE.positions),
  ]);
  for (const { position, ...metrics } of result.positions ?? []) {
    expectNumbers(metrics, positions[position], CLOSE, position);
  }
  expect(positions['padding']?.reconstruction.explainedVariance).toBe(null);
  x.dispose();
  sae.dispose();
});

test('the same as the peers, where they are right', async () => {
  const { sparsity, reconstruction, weights, truth, features } = await evaluated();
  if (!sparsity || !reconstruction || !weights || !truth) throw new Error('a group is missing');
  const { sae_lens, dictionary_learning, sae_bench } = FIXTURE.peers;
  const ours = { ...sparsity, ...reconstruction };
  const common = {
    l0: ours.l0Mean,
    cossim: ours.cosine,
    l2_ratio: ours.normRatio,
    relative_reconstruction_bias: ours.relativeReconstructionBias,
  };
  const theirs: [Record<string, number>, Record<string, number | null>][] = [
    [sae_lens, { ...common, l1: ours.l1Mean, mse: ours.mse }],
    [sae_lens, { explained_variance: ours.explainedVariance }],
    [sae_lens, { mean_encoder_decoder_cosine_sim: weights.encoderDecoderCosine }],
    [sae_lens, { mcc: truth.mcc, uniqueness: truth.uniqueness }],
    [dictionary_learning, { ...common, l1_loss: ours.l1Mean, frac_alive: ours.alive / features }],
    [sae_bench, { ...common, l1: ours.l1Mean, frac_alive: ours.alive / features }],
    [sae_bench, { freq_over_10_percent: ours.denseFrac }],
    [sae_bench, { average_max_decoder_cosine_sim: weights.maxDecoderCosine }],
  ];
  for (const [peer, numbers] of theirs) {
    for (const [name, value] of Object.entries(numbers)) {
      expectNumbers(value, peer[name], 2e-6, name);
    }
  }
  const { precision, recall, f1: f1_score, accuracy } = truth.detection ?? {};
  const detection = { precision, recall, f1_score, accuracy };
  expectNumbers(detection, sae_lens.classification, 2e-6, 'classification');
  const alive = sae_lens.feature_density.filter((density) => density > 0);
  expect(alive).toHaveLength(sparsity.alive);
});

test('what SAEBench and dictionary_learning have otherwise', async () => {
  const { reconstruction, rows } = await evaluated();
  const { dictionary_learning, sae_bench } = FIXTURE.peers;
  expect(sae_bench['explained_variance']).toBeGreaterThan(0.8);
  expect(dictionary_learning['frac_variance_explained']).toBeGreaterThan(0.56);
  expect(reconstruction?.explainedVariance).toBeCloseTo(0.4975, 4);
  // It divides by the rows of a batch twice.
  expectNumbers((sae_bench['mse'] ?? 0) * rows, reconstruction?.mse, 2e-6);
});

test.each(['mean', 'shifted'] as const)('reconstructions that are all one row: %s', async (of) => {
  const { b_dec, expected, ...peers } = FIXTURE.constant[of];
  const blank = (name: 'W_enc' | 'b_enc' | 'W_dec'): ArrayJSON => {
    const { shape } = FIXTURE.weights[name];
    const zeros = Buffer.alloc(numbers(FIXTURE.weights[name]).byteLength);
    return { shape, dtype: 'float32', base64: zeros.toString('base64') };
  };
  const sae = dictionary({
    ...{ W_enc: blank('W_enc'), b_enc: blank('b_enc'), W_dec: blank('W_dec'), b_dec },
  });
  const x = tensor(FIXTURE.rows);
  const { reconstruction } = await evaluateSAE(sae, x, { metrics: ['reconstruction'] });
  const { explainedVariance: ours, ...others } = reconstruction as Reconstruction;
  const { explainedVariance: theirs, ...rest } = expected;
  expectNumbers(others, rest);
  expect(ours).toBeCloseTo(theirs as number, of === 'mean' ? 8 : 4);
  expect(await explainedVariance(sae, x)).toBeCloseTo(theirs as number, 4);
  expect(peers.sae_lens).toBeCloseTo(theirs as number, 4);
  // Blind to the offset, and far above 0 for the mean row.
  expect(peers.dictionary_learning).toBe(0);
  if (of === 'mean') expect(peers.sae_bench).toBeGreaterThan(0.6);
  x.dispose();
  sae.dispose();
});

test('features are matched as scipy matches them', async () => {
  const sae = dictionary();
  const { shape } = FIXTURE.other_decoder;
  const other = new ReluSAE({ inputDim: 12, encodingDim: shape[0] as number, decoderRows: 'free' });
  tf.tidy(() => void other.sae.wDec.write(tensor(FIXTURE.other_decoder)));
  const { nearest, pairs, meanNearest, meanCosine, above } = FIXTURE.expected.matching;
  const found = await matchFeatures(sae, other);
  expect(found.nearest.map(({ b }) => b)).toEqual(nearest);
  expectNumbers(found.meanNearest, meanNearest);
  expect(found.above).toEqual(above);
  expect(found.oneToOne.method).toBe('hungarian');
  expect(found.oneToOne.pairs.map(({ a, b }) => [a, b])).toEqual(pairs);
  expectNumbers(found.oneToOne.meanCosine, meanCosine);
  const turned = await matchFeatures(other, sae);
  expect(turned.oneToOne.pairs.map(({ a, b }) => [b, a]).sort(byFirst)).toEqual(pairs);
  for (const model of [sae, other]) model.dispose();
});

const byFirst = ([a = 0]: number[], [b = 0]: number[]) => a - b;

test('probes see the features that sae-probes chooses, and tell as many rows', async () => {
  const sae = dictionary();
  const x = tensor(FIXTURE.rows);
  const split = FIXTURE.probing.map(({ label, train, test }) => ({
    ...{ label, train: Uint32Array.from(train), test: Uint32Array.from(test) },
  }));
  const probing = new Probing(sae.encodingDim, split);
  probing.add(await sae.encodeSparse(x), 0);
  const { classes, mean } = probing.result(FIXTURE.labels);
  for (const [i, { probes }] of FIXTURE.probing.entries()) {
    const ours = classes[i]?.probes ?? [];
    for (const [place, { converged, ...theirs }] of probes.entries()) {
      const { k, features, ...scores } = ours[place] as Probe;
      expect({ k, features }).toEqual({ k: theirs.k, features: theirs.features });
      expectNumbers(scores, converged);
      expect(scores.accuracy).toBe(theirs.accuracy);
    }
  }
  expect(mean.map(({ k }) => k)).toEqual([1, 2, 5]);
  x.dispose();
  sae.dispose();
});

test.each(FIXTURE.regressions.map((one) => [one.k, one.c, one] as const))(
  'a logistic regression of %d columns at C = %d is that of scikit-learn',
  (_, c, { k, values, isPositive, weights, intercept }) => {
    const examples = {
      values: Float64Array.from(values),
      k,
      isPositive: Uint8Array.from(isPositive),
    };
    const fit = logisticRegression(examples, c);
    expectNumbers([...fit.weights], weights);
    expectNumbers(fit.intercept, intercept);
  },
);

test("the guide's table of explained variances is the fixture's", () => {
  const guide = readFileSync(join(__dirname, '..', '..', 'docs', 'metrics.md'), 'utf8');
  const { expected, peers, constant } = FIXTURE;
  const rows = [
    [
      expected.reconstruction.explainedVariance,
      peers.dictionary_learning['frac_variance_explained'],
      peers.sae_bench['explained_variance'],
    ],
    ...[constant.mean, constant.shifted].map(({ expected, dictionary_learning, sae_bench }) => [
      ...[expected.explainedVariance, dictionary_learning, sae_bench],
    ]),
  ];
  for (const numbers of rows) {
    const text = numbers.map((value) => (value ?? 0).toFixed(3).replace('-0.000', '0.000'));
    expect(guide).toContain(` | ${text.join(' | ')} |\n`);
  }
});
