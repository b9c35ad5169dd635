/** One case of the metrics, and how ours are held to it: those of the parity and interop tests. */
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
import { Probing } from '../../src/analysis/evaluation/probing/probing';
import { type ArrayJSON, numbers, tensor } from './fixture';

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
/** What python-interop/make_metric_fixtures.py has written: its own docstring says what each is. */
export interface MetricCase {
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

const CLOSE = 1e-6;

/** The case's dictionary, or one with other weights; the caller disposes it. */
export function dictionary(
  { weights: own }: MetricCase,
  given: Partial<MetricCase['weights']> = {},
): SAEModel {
  const weights = { ...own, ...given };
  const [encodingDim = 0, inputDim = 0] = weights.W_dec.shape;
  const sae = new ReluSAE({ inputDim, encodingDim, decoderRows: 'free' });
  tf.tidy(() =>
    sae.setWeights([weights.W_enc, weights.b_enc, weights.W_dec, weights.b_dec].map(tensor)),
  );
  return sae;
}

/** That plain numbers are those expected, whatever holds them: to `close` of what they are. */
export function expectNumbers(
  received: unknown,
  expected: unknown,
  close = CLOSE,
  path = '',
): void {
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

/** Every metric but those of probes, as we compute them. */
export async function evaluated(of: MetricCase, batchSize?: number): Promise<Evaluation> {
  const sae = dictionary(of);
  const [x, trueFeatures, trueCodes] = [of.rows, of.true_features, of.true_codes].map(tensor) as [
    tf.Tensor,
    tf.Tensor2D,
    tf.Tensor2D,
  ];
  const result = await evaluateSAE(sae, x, {
    ...{ trueFeatures, trueCodes },
    ...(batchSize !== undefined && { batchSize }),
  });
  tf.dispose([x, trueFeatures, trueCodes]);
  sae.dispose();
  return result;
}

/** That every group is what numpy and scipy compute of the case. */
export function expectJudged({ expected }: MetricCase, ours: Evaluation, close = CLOSE): void {
  expectNumbers(ours.sparsity, expected.sparsity, close);
  expectNumbers(ours.reconstruction, expected.reconstruction, close);
  expectNumbers(ours.weights, expected.weights, close);
  expectNumbers(ours.truth, { ...expected.truth, matching: 'hungarian' }, close);
}

/** That ours are the peers' own numbers, where they are right. */
export function expectPeers(of: MetricCase, evaluation: Evaluation, close: number): void {
  const { sparsity, reconstruction, weights, truth, features, rows } = evaluation;
  if (!sparsity || !reconstruction || !weights || !truth) throw new Error('a group is missing');
  const { sae_lens, dictionary_learning, sae_bench } = of.peers;
  const ours = { ...sparsity, ...reconstruction };
  const common = {
    l0: ours.l0Mean,
    cossim: ours.cosine,
    l2_ratio: ours.normRatio,
    relative_reconstruction_bias: ours.relativeReconstructionBias,
  };
  const theirs: [Record<string, number>, Record<string, number | null>][] = [
    [sae_lens, { ...common, l1: ours.l1Mean, mse: ours.mse }],
    [sae_lens, { mean_encoder_decoder_cosine_sim: weights.encoderDecoderCosine }],
    [sae_lens, { mcc: truth.mcc, uniqueness: truth.uniqueness }],
    [dictionary_learning, { ...common, l1_loss: ours.l1Mean, frac_alive: ours.alive / features }],
    [sae_bench, { ...common, l1: ours.l1Mean, frac_alive: ours.alive / features }],
    [sae_bench, { freq_over_10_percent: ours.denseFrac }],
    [sae_bench, { average_max_decoder_cosine_sim: weights.maxDecoderCosine }],
  ];
  for (const [peer, numbers] of theirs) {
    for (const [name, value] of Object.entries(numbers)) {
      expectNumbers(value, peer[name], close, name);
    }
  }
  const { precision, recall, f1: f1_score, accuracy } = truth.detection ?? {};
  const detection = { precision, recall, f1_score, accuracy };
  expectNumbers(detection, sae_lens.classification, close, 'classification');
  const alive = sae_lens.feature_density.filter((density) => density > 0);
  expect(alive).toHaveLength(sparsity.alive);
  // Of explained variance the share that is not: in single precision one near 0 has few digits.
  expectNumbers(1 - (sae_lens['explained_variance'] ?? 0), ours.fvu, close, 'explained_variance');
  // It divides by the rows of a batch twice.
  expectNumbers((sae_bench['mse'] ?? 0) * rows, reconstruction.mse, close, 'sae_bench mse');
}

/** That probes see the features that sae-probes chooses, and tell as many rows. */
export async function expectProbes(of: MetricCase): Promise<void> {
  const sae = dictionary(of);
  const x = tensor(of.rows);
  const split = of.probing.map(({ label, train, test }) => ({
    ...{ label, train: Uint32Array.from(train), test: Uint32Array.from(test) },
  }));
  const probing = new Probing(sae.encodingDim, split);
  probing.add(await sae.encodeSparse(x), 0);
  const { classes, mean } = probing.result(of.labels);
  for (const [i, { probes }] of of.probing.entries()) {
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
}

/** What explains nothing, or less, here and by each peer: reconstructions that are all one row. */
export async function expectConstant(
  of: MetricCase,
  row: 'mean' | 'shifted',
  close = row === 'mean' ? 5e-9 : 6e-7,
): Promise<void> {
  const { b_dec, expected, ...peers } = of.constant[row];
  const blank = (name: 'W_enc' | 'b_enc' | 'W_dec'): ArrayJSON => {
    const { shape } = of.weights[name];
    const zeros = Buffer.alloc(numbers(of.weights[name]).byteLength);
    return { shape, dtype: 'float32', base64: zeros.toString('base64') };
  };
  const sae = dictionary(of, {
    ...{ W_enc: blank('W_enc'), b_enc: blank('b_enc'), W_dec: blank('W_dec'), b_dec },
  });
  const x = tensor(of.rows);
  const { reconstruction } = await evaluateSAE(sae, x, { metrics: ['reconstruction'] });
  const { explainedVariance: ours, ...others } = reconstruction as Reconstruction;
  const { explainedVariance: theirs, ...rest } = expected;
  expectNumbers(others, rest);
  const apart = (found: number | null) =>
    Math.abs((found as number) - (theirs as number)) / Math.max(1, Math.abs(theirs as number));
  expect(apart(ours)).toBeLessThan(close);
  expect(apart(await explainedVariance(sae, x))).toBeLessThan(1e-6);
  // In single precision; the second is blind to the offset.
  expect(apart(peers.sae_lens)).toBeLessThan(1e-5);
  expect(peers.dictionary_learning).toBeCloseTo(0, 5);
  x.dispose();
  sae.dispose();
}

/** That features are matched as scipy matches them. */
export async function expectMatched(of: MetricCase): Promise<void> {
  const sae = dictionary(of);
  const { shape } = of.other_decoder;
  const other = new ReluSAE({ inputDim: 12, encodingDim: shape[0] as number, decoderRows: 'free' });
  tf.tidy(() => void other.sae.wDec.write(tensor(of.other_decoder)));
  const { nearest, pairs, meanNearest, meanCosine, above } = of.expected.matching;
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
}

const byFirst = ([a = 0]: number[], [b = 0]: number[]) => a - b;
