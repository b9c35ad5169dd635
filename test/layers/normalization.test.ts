import * as tf from '@tensorflow/tfjs';
import {
  explainedVariance,
  GatedSAE,
  KerasAdam,
  type Normalization,
  ReluSAE,
  ReluSAELayer,
  type SAEModel,
  TopKSAE,
} from '../../src';
import { rows, SUBJECTS, values } from '../conformance/architecture';

const KINDS = ['mean-norm', 'layer-norm', 'constant'] as const;
const WIDTH = 6;

/** Rows that are neither centred nor of equal norm; the caller disposes them. */
const unlike = (count: number, seed = 3): tf.Tensor2D =>
  tf.tidy(() => {
    const sizes = tf.exp(rows(count, seed + 1, 1));
    return tf.mul(tf.add(rows(count, seed, WIDTH), 0.7), sizes) as tf.Tensor2D;
  });

/** The plain formulas: rows on the way in, and y brought back as x came. */
const PLAIN: Record<
  Normalization,
  (x: tf.Tensor2D, scale: number) => { rows: tf.Tensor2D; back(y: tf.Tensor): tf.Tensor2D }
> = {
  none: (x) => ({ rows: x, back: (y) => y as tf.Tensor2D }),
  'mean-norm': (x, scale) => ({
    rows: tf.mul(x, scale),
    back: (y) => tf.div(y, scale),
  }),
  'layer-norm': (x) => {
    const mean = tf.div(tf.sum(x, 1, true), WIDTH);
    const squares = tf.sum(tf.square(tf.sub(x, mean)), 1, true);
    const deviation = tf.sqrt(tf.div(squares, WIDTH - 1));
    return {
      rows: tf.div(tf.sub(x, mean), tf.add(deviation, 1e-5)),
      back: (y) => tf.add(tf.mul(y, deviation), mean),
    };
  },
  constant: (x) => {
    const factor = tf.div(Math.sqrt(WIDTH), tf.sqrt(tf.sum(tf.square(x), 1, true)));
    return { rows: tf.mul(x, factor), back: (y) => tf.div(y, factor) };
  },
};

/** √width by the mean norm of rows. */
const scaleFor = (x: tf.Tensor2D): number => {
  const norms = (x.arraySync() as number[][]).map((row) => Math.hypot(...row));
  return Math.sqrt(WIDTH) / (norms.reduce((a, b) => a + b) / norms.length);
};

const scaleIn = (sae: SAEModel): number =>
  values(sae.getWeights().at(-1) as tf.Tensor)[0] as number;

function expectNear(ours: ArrayLike<number>, expected: ArrayLike<number>, within = 1e-5): void {
  const largest = Math.max(...Array.from(expected, Math.abs), 1e-9);
  expect(ours).toHaveLength(expected.length);
  const apart = Array.from(ours, (value, i) => Math.abs(value - (expected[i] as number)));
  expect(Math.max(...apart) / largest).toBeLessThan(within);
}

describe.each(SUBJECTS)('%s', (_, subject) => {
  describe.each(KINDS)('%s', (normalize) => {
    test.each(subject.steps)(
      '%s step: trains as on rows that somebody normalised',
      async (step) => {
        const x = unlike(24);
        const scale = scaleFor(x);
        const plain = tf.tidy(() => PLAIN[normalize](x, scale).rows);
        const weights = [];
        for (const [sae, data] of [
          [subject.model({ normalize }), x],
          [subject.model(), plain],
        ] as const) {
          const optimizer = new KerasAdam({ learningRate: 0.01, epsilon: 1e-3 });
          sae.compile({ optimizer, step });
          const { history } = await sae.fit(data, { epochs: 3, batchSize: 8, seed: 1, verbose: 0 });
          const own = sae.sae.namedWeights.filter(([name]) => name !== 'scale');
          weights.push({ history, own: own.map(([, weight]) => values(weight.read())) });
          if (normalize === 'mean-norm' && data === x) expectNear([scaleIn(sae)], [scale]);
          sae.dispose();
          optimizer.dispose();
        }
        const [ours, theirs] = weights as [(typeof weights)[0], (typeof weights)[0]];
        for (const [i, weight] of ours.own.entries())
          expectNear(weight, theirs.own[i] as number[], 1e-4);
        for (const log of ['loss', 'l0', 'explained_variance']) {
          expectNear(ours.history[log] as number[], theirs.history[log] as number[], 1e-4);
        }
        tf.dispose([x, plain]);
      },
    );

    test('encodes normalised rows, and brings reconstructions back', async () => {
      const x = unlike(9);
      const sae = subject.model({ normalize });
      if (normalize === 'mean-norm') await sae.initNormalization(2.5);
      const bare = subject.model();
      bare.setWeights(sae.getWeights().slice(0, bare.weights.length));
      const expected = tf.tidy(() => {
        const { rows: plain, back } = PLAIN[normalize](x, 2.5);
        return { codes: bare.encode(plain), xHat: back(bare.predict(plain)) };
      });
      const xHat = values(expected.xHat);
      const codes = sae.encode(x);
      const sparse = await sae.encodeSparse(x);
      const reconstruction = await sae.reconstruct(x);
      const predicted = sae.predict(x);
      expectNear(values(codes), values(expected.codes));
      expectNear(
        Array.from(sparse.values),
        values(codes).filter((code) => code > 0),
      );
      expectNear(values(reconstruction), xHat);
      expectNear(values(predicted), xHat);
      if (normalize === 'mean-norm') {
        const decoded = sae.decode(codes);
        const decodedSparse = await sae.decodeSparse(sparse);
        expectNear(values(decoded), xHat);
        expectNear(values(decodedSparse), xHat);
        tf.dispose([decoded, decodedSparse]);
      }
      tf.dispose([x, expected, codes, reconstruction, predicted]);
      sae.dispose();
      bare.dispose();
    });
  });

  test('keeps how it normalises, in its configuration and among its weights', async () => {
    const sae = subject.model({ normalize: 'mean-norm' });
    await sae.initNormalization(2);
    expect(sae.getConfig()['normalize']).toBe('mean-norm');
    let saved: tf.io.ModelArtifacts | undefined;
    await sae.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
      }),
    );
    const loaded = (await tf.loadLayersModel(tf.io.fromMemory(saved as never))) as SAEModel;
    expect(loaded.sae.normalize).toBe('mean-norm');
    expect(scaleIn(loaded)).toBe(2);
    const bare = subject.model();
    expect(bare.getConfig()).not.toHaveProperty('normalize');
    for (const model of [sae, loaded, bare]) model.dispose();
  });

  test('is folded into the weights', async () => {
    const x = unlike(20);
    const sae = subject.model({ normalize: 'mean-norm' });
    const optimizer = new KerasAdam({ learningRate: 0.01 });
    sae.compile({ optimizer });
    await sae.fit(x, { epochs: 2, batchSize: 5, verbose: 0 });
    const folded = await sae.foldNormalization();
    expect(folded.sae.normalize).toBe('none');
    expect(folded).toBeInstanceOf(sae.constructor);
    expect(folded.weights).toHaveLength(sae.weights.length - 1);
    expect(folded.trainableWeights).toHaveLength(0);
    const [codes, xHat] = [sae.encode(x), sae.predict(x)];
    const [foldedCodes, foldedXHat] = [folded.encode(x), folded.predict(x)];
    expectNear(values(foldedCodes), values(codes));
    expectNear(values(foldedXHat), values(xHat));
    tf.dispose([x, codes, xHat, foldedCodes, foldedXHat]);
    for (const model of [sae, folded]) model.dispose();
    optimizer.dispose();
  });
});

describe('mean norm', () => {
  test('is learnt from the first batch of a dataset, and once', async () => {
    const batches = [unlike(8, 1), unlike(8, 2)];
    const expected = scaleFor(batches[0] as tf.Tensor2D);
    const sae = new ReluSAE({ inputDim: WIDTH, encodingDim: 8, normalize: 'mean-norm' });
    const optimizer = new KerasAdam();
    sae.compile({ optimizer });
    const dataset = tf.data.generator(function* () {
      for (const batch of batches) yield tf.clone(batch);
    } as never);
    for (let pass = 0; pass < 2; pass++) {
      await sae.fitDataset(dataset, { epochs: 1, verbose: 0 });
      expectNear([scaleIn(sae)], [expected]);
    }
    sae.dispose();
    optimizer.dispose();
    tf.dispose(batches);
  });

  test('initDecoderBias learns it too, and takes the mean of normalised rows', async () => {
    const x = unlike(40);
    const sae = new GatedSAE({ inputDim: WIDTH, encodingDim: 8, normalize: 'mean-norm' });
    await sae.initDecoderBias(x, { batchSize: 7 });
    const scale = scaleFor(x);
    const mean = tf.tidy(() => values(tf.mul(tf.mean(x, 0), scale)));
    expectNear([scaleIn(sae)], [scale]);
    expectNear(values(sae.sae.bDec.read()), mean);
    await sae.initDecoderBias(x, { force: true }); // known now
    expectNear(values(sae.sae.bDec.read()), mean);
    tf.dispose(x);
    sae.dispose();
  });

  test('of rows of zeros nothing is learnt, and nothing is NaN', async () => {
    const x = tf.zeros<tf.Rank.R2>([4, WIDTH]);
    for (const normalize of KINDS) {
      const sae = new ReluSAE({ inputDim: WIDTH, encodingDim: 8, normalize });
      const optimizer = new KerasAdam();
      sae.compile({ optimizer });
      await sae.fit(x, { verbose: 0 });
      const xHat = await sae.reconstruct(x);
      expect(values(xHat).every(Number.isFinite)).toBe(true);
      xHat.dispose();
      sae.dispose();
      optimizer.dispose();
    }
    x.dispose();
  });
});

test.each(KINDS)('explained variance is of rows as they come: %s', async (normalize) => {
  const x = unlike(30);
  const sae = new ReluSAE({ inputDim: WIDTH, encodingDim: 20, normalize, seed: 2 });
  if (normalize === 'mean-norm') await sae.initNormalization(x);
  const xHat = await sae.reconstruct(x);
  const expected = tf.tidy(() => {
    const squares = tf.sum(tf.squaredDifference(x, xHat));
    const spread = tf.sum(tf.squaredDifference(x, tf.mean(x, 0)));
    return 1 - (values(tf.div(squares, spread))[0] as number);
  });
  expect(await explainedVariance(sae, x)).toBeCloseTo(expected, 4);
  tf.dispose([x, xHat]);
  sae.dispose();
});

describe.each(KINDS)('in a model of somebody else: %s', (normalize) => {
  test.each(['reconstruction', 'codes'] as const)('%s has its gradient', (returns) => {
    const x = unlike(5);
    const sizes = { encodingDim: 9, inputShape: [WIDTH], seed: 4, returns, lambdaSparse: 0.1 };
    const layer = new ReluSAELayer({ ...sizes, normalize });
    const bare = new ReluSAELayer(sizes);
    tf.tidy(() => {
      layer.apply(x);
      bare.apply(x);
      const count = bare.weights.length;
      bare.setWeights(layer.getWeights().slice(0, count));
      const upstream = rows(5, 9, returns === 'codes' ? 9 : WIDTH);
      const lossOf = (ours: boolean) => (x: tf.Tensor) => {
        const scale = scaleFor(unlike(5));
        const plain = ours ? undefined : PLAIN[normalize](x as tf.Tensor2D, scale);
        const used = ours ? layer : bare;
        const output = used.apply(plain?.rows ?? x, { training: true }) as tf.Tensor2D;
        const brought = plain && returns !== 'codes' ? plain.back(output) : output;
        const [loss] = used.calculateLosses() as [tf.Scalar];
        return tf.add(tf.sum(tf.mul(brought, upstream)), loss) as tf.Scalar;
      };
      const ours = tf.valueAndGrad(lossOf(true))(x);
      const theirs = tf.valueAndGrad(lossOf(false))(x);
      expectNear(values(ours.value), values(theirs.value));
      expectNear(values(ours.grad), values(theirs.grad), 1e-4);
    });
    layer.dispose();
    bare.dispose();
    x.dispose();
  });

  test('trains, and saves with that model', async () => {
    const x = unlike(16);
    const layer = new ReluSAELayer({ encodingDim: 9, inputShape: [WIDTH], normalize });
    const model = tf.sequential({ layers: [layer, tf.layers.dense({ units: 2 })] });
    const optimizer = new KerasAdam();
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const y = tf.zeros([16, 2]);
    await model.fit(x, y, { epochs: 2, batchSize: 16, shuffle: false, verbose: 0 });
    if (normalize === 'mean-norm') {
      expectNear(values(layer.getWeights().at(-1) as tf.Tensor), [scaleFor(x)]);
    }
    expect(layer.getConfig()['normalize']).toBe(normalize);
    tf.dispose([x, y]);
    model.dispose();
    optimizer.dispose();
  });
});

describe('what is wrong is said', () => {
  const sizes = { inputDim: WIDTH, encodingDim: 8 };

  test('options', async () => {
    const make = (more: object) => () => new ReluSAE({ ...sizes, ...more } as never);
    for (const normalize of ['layernorm', 'meanNorm', 1, null, true]) {
      await expect(make({ normalize })).toBeRefused('SAE_OPTION', 'ReluSAE.normalize');
    }
    await expect(make({ normalize: 'layer-norms' })).toBeRefused('SAE_OPTION', 'ReluSAE.normalize');
    await expect(make({ normalize: 'constant', outputDim: 3 })).toBeRefused(
      'SAE_OPTION',
      'ReluSAELayer.normalize',
    );
    await expect(make({ normalizeActivations: 'layer-norm' })).toBeRefused('SAE_OPTION', 'ReluSAE');
  });

  test.each(['none', 'layer-norm', 'constant'] as const)('%s has no scale', async (normalize) => {
    const sae = new TopKSAE({ ...sizes, normalize });
    await expect(sae.foldNormalization()).toBeRefused(
      'SAE_OPTION',
      `${sae.where}.foldNormalization`,
    );
    await expect(sae.initNormalization(2)).toBeRefused(
      'SAE_OPTION',
      `${sae.where}.initNormalization`,
    );
    sae.dispose();
  });

  test('a scale that is not there, or is none', async () => {
    const sae = new TopKSAE({ ...sizes, normalize: 'mean-norm' });
    await expect(sae.foldNormalization()).toBeRefused(
      'SAE_STATE',
      `${sae.where}.foldNormalization`,
    );
    for (const scale of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(sae.initNormalization(scale)).toBeRefused(
        'SAE_OPTION',
        `${sae.where}.initNormalization.scale`,
      );
    }
    const optimizer = new KerasAdam();
    sae.compile({ optimizer });
    const x = unlike(4);
    await sae.trainOnBatch(x);
    await expect(sae.initNormalization(2)).toBeRefused(
      'SAE_STATE',
      `${sae.where}.initNormalization`,
    );
    await sae.initNormalization(2, { force: true });
    expect(scaleIn(sae)).toBe(2);
    x.dispose();
    sae.dispose();
    optimizer.dispose();
  });
});
