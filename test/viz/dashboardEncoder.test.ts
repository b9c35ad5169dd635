import * as tf from '@tensorflow/tfjs';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import {
  ARCHITECTURES,
  type EncoderWeights,
  encoderWeights,
  featureDashboard,
  featureReport,
  ReluSAELayer,
  registerArchitecture,
  type SAEModel,
  type SAEModelArgs,
  SAEModel as SAEModelClass,
  TopKSAE,
} from '../../src';
import { codesOf, type Encoder } from '../../src/viz/dashboard/app/encode';
import { rowOf, rowOfPixels } from '../../src/viz/dashboard/app/rowText';
import { encoderPart } from '../../src/viz/dashboard/encoderPieces';

const WIDTH = 12;
const FEATURES = 40;
const ROWS = 30;
const random = xoroshiro128plus(5);
const draw = (scale = 1) => scale * (2 * uniformFloat64(random) - 1);

/** An encoder as a page reads it, of numbers that have been through its head. */
function pageEncoder(weights: EncoderWeights): Encoder {
  const { head } = encoderPart(weights, weights);
  const { matrix, features, inputDim, vectors, centre } = weights;
  return {
    ...(JSON.parse(JSON.stringify(head)) as typeof head),
    centre,
    vector: (name) => vectors[name] as Float32Array,
    column: (feature) =>
      Float32Array.from({ length: inputDim }, (_, i) => matrix[i * features + feature] as number),
  };
}

/** Weights that make every part of the equations count. */
function disturb(model: SAEModel): void {
  const weights = model.getWeights().map((weight) => {
    const { shape, size } = weight;
    const values = Float32Array.from({ length: size }, () => draw(0.5));
    // Thresholds and scales lie above 0.
    return tf.tensor(size === 1 ? [0.2] : values, shape);
  });
  model.setWeights(weights);
  tf.dispose(weights);
}

const CASES = Object.keys(ARCHITECTURES).flatMap((name) => [
  [name, 'as it is', {}] as const,
  [name, 'rows not centred', { centred: false }] as const,
  [name, 'layer norm', { normalize: 'layer-norm' }] as const,
  [name, 'constant norm', { normalize: 'constant' }] as const,
  [name, 'mean norm', { normalize: 'mean-norm' }] as const,
  [name, 'a transcoder', { outputDim: 7 }] as const,
]);

test.each(CASES)('%s, %s: codes of the page are those of the model', async (name, _, options) => {
  const { model: Model, optionNames } = ARCHITECTURES[name] as (typeof ARCHITECTURES)[string];
  const k = optionNames.includes('k') ? { k: 5 } : {};
  const model = new Model({
    inputDim: WIDTH,
    encodingDim: FEATURES,
    seed: 3,
    ...k,
    ...options,
  } as SAEModelArgs);
  disturb(model);
  const rows = Float32Array.from({ length: ROWS * WIDTH }, () => draw(2));
  const x = tf.tensor2d(rows, [ROWS, WIDTH]);
  const codes = model.encode(x);
  const expected = await codes.data();
  const encoder = pageEncoder(await encoderWeights(model));
  let fired = 0;
  let apart = 0;
  for (let row = 0; row < ROWS; row++) {
    const own = codesOf(encoder, rows.subarray(row * WIDTH, (row + 1) * WIDTH));
    own.forEach((code, feature) => {
      const other = expected[row * FEATURES + feature] as number;
      if (other > 0) fired += 1;
      expect(code > 0).toBe(other > 0);
      apart = Math.max(apart, Math.abs(code - other) / Math.max(1, other));
    });
  }
  expect(fired).toBeGreaterThan(ROWS);
  expect(fired).toBeLessThan(ROWS * FEATURES);
  expect(apart).toBeLessThan(1e-5);
  tf.dispose([x, codes]);
  model.dispose();
});

test('of equal codes the first ones fire, as in the model', async () => {
  const model = new TopKSAE({ inputDim: 2, encodingDim: 6, k: 3 });
  const all = model.getWeights().map((weight) => tf.onesLike(weight));
  model.setWeights(all);
  const x = tf.tensor2d([[3, 4]]);
  const codes = model.encode(x);
  const encoder = pageEncoder(await encoderWeights(model));
  expect([...codesOf(encoder, [3, 4])]).toEqual([...(await codes.data())]);
  expect([...codesOf(encoder, [3, 4])].slice(0, 4).map((code) => code > 0)).toEqual([
    true,
    true,
    true,
    false,
  ]);
  tf.dispose([...all, x, codes]);
  model.dispose();
});

test('a row of equal numbers, and one of zeros, are no trouble to the norms', () => {
  for (const normalize of ['constant', 'layer-norm'] as const) {
    const weights: EncoderWeights = {
      form: 'relu',
      inputDim: 2,
      features: 1,
      matrix: Float32Array.of(1, 1),
      vectors: { b_enc: Float32Array.of(0.5) },
      normalize,
    };
    expect(Number.isFinite(codesOf(pageEncoder(weights), [0, 0])[0])).toBe(true);
    expect(Number.isFinite(codesOf(pageEncoder(weights), [7, 7])[0])).toBe(true);
  }
});

describe('the file', () => {
  const model = () => new TopKSAE({ inputDim: 4, encodingDim: 100, k: 3, seed: 1 });

  async function made(change: (weights: EncoderWeights) => unknown = (weights) => weights) {
    const sae = model();
    const x = tf.randomUniform<tf.Rank.R2>([20, 4], 0, 1, 'float32', 1);
    const report = await featureReport(sae, x, { imageShape: [2, 2] });
    const dictionary = change(await encoderWeights(sae)) as EncoderWeights;
    tf.dispose(x);
    sae.dispose();
    return { report, dictionary };
  }

  test('carries the encoder only where it is given, and says what that takes', async () => {
    const { report, dictionary } = await made();
    const html = await featureDashboard(report, { dictionary });
    const bare = await featureDashboard(report);
    expect(bare).not.toContain('piece-encoders');
    const { head, pieces } = encoderPart(dictionary, report.model);
    expect(pieces.map(({ id }) => id)).toEqual([
      'piece-centre-0',
      'piece-vectors-0',
      'piece-encoders-0',
      'piece-encoders-1',
    ]);
    // Each piece stands in an element of its own, each with a hundred characters at most.
    const more = html.length - bare.length - head.bytes;
    expect(more).toBeGreaterThan(0);
    expect(more).toBeLessThan(100 * pieces.length + 300);
  });

  test.each<[string, (weights: EncoderWeights) => unknown, string]>([
    ['nothing of it', () => ({}), 'expected the weights of an encoder; received undefined'],
    ['a word', () => 'x', 'expected what encoderWeights returns; received "x"'],
    [
      'another form',
      (own) => ({ ...own, form: '__proto__' }),
      'expected the weights of an encoder',
    ],
    [
      'another dictionary',
      (own) => ({ ...own, features: 99 }),
      'expected an encoder [4, 100]; received [4,99]',
    ],
    [
      'too small a matrix',
      (own) => ({ ...own, matrix: new Float32Array(7) }),
      'expected matrix as a Float32Array of 400 numbers; received 7',
    ],
    [
      'no vector',
      (own) => ({ ...own, vectors: {} }),
      'expected b_enc as a Float32Array of 100 numbers; received undefined',
    ],
    ['no k', (own) => ({ ...own, k: undefined }), 'expected a k; received undefined'],
  ])('refuses %s', async (_, change, message) => {
    const { report, dictionary } = await made(change);
    await expect(featureDashboard(report, { dictionary })).rejects.toThrow(message);
  });

  test('an architecture of somebody’s own is refused: nobody else knows its equations', async () => {
    class OwnLayer extends ReluSAELayer {
      static override readonly className = 'OwnEncoderLayer';
    }
    class Own extends SAEModelClass<OwnLayer> {
      static override readonly className = 'OwnEncoder';
      constructor(args: SAEModelArgs) {
        super(args, OwnLayer, {});
      }
    }
    registerArchitecture('ownencoder', OwnLayer, Own, {});
    const sae = new Own({ inputDim: 4, encodingDim: 8 });
    await expect(encoderWeights(sae)).rejects.toThrow(
      'SAE_OPTION encoderWeights: expected a dictionary of an architecture of the library',
    );
    sae.dispose();
  });
});

describe('a row that is typed', () => {
  test.each([
    '1 2.5 -3e-2',
    '1,2.5,-0.03',
    '[1, 2.5, -0.03]',
    ' 1;\n2.5\t-.03 ',
    '[[1],[2.5],[-0.03]]',
  ])('%j', (text) => {
    expect([...rowOf(text, 3)]).toEqual([1, 2.5, -0.03].map(Math.fround));
  });

  test('of another number of numbers, or of something else, is refused in words', () => {
    expect(() => rowOf('1 2', 3)).toThrow('A row has 3 numbers; these are 2.');
    expect(() => rowOf('', 3)).toThrow('A row has 3 numbers; these are 0.');
    expect(() => rowOf('1 two 3', 3)).toThrow('“two” is no number.');
    expect(() => rowOf('1 1e99 3', 3)).toThrow('“1e99” is no number.');
    expect(() => rowOf('<script> 1 2', 3)).toThrow('“<script>” is no number.');
  });

  test('of pixels: grey as light as the colour, what is seen through is on black, in the range', () => {
    const pixels = [255, 255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 0, 51, 51, 51, 255];
    const [white, black, clear, grey] = rowOfPixels(pixels, 1, [-1, 1]);
    expect([white, black, clear]).toEqual([1, -1, -1]);
    expect(grey).toBeCloseTo(-0.6, 6);
    expect([...rowOfPixels([255, 0, 51, 255], 3, [0, 1])].map((v) => v.toFixed(3))).toEqual([
      '1.000',
      '0.000',
      '0.200',
    ]);
  });
});
