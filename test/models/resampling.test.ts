import * as tf from '@tensorflow/tfjs';
import { KerasAdam, KerasSGD, ReluSAE, type SAEModel, TopKSAE } from '../../src';
import { drawn } from '../../src/models/resampling';
import { end, rows, SUBJECTS, values } from '../conformance/architecture';
import { read } from '../parity/fixture';

const FEATURES = 12;
const DEAD = [9, 10, 11];
const OPTIONS = { encodingDim: FEATURES, deadAfter: 30, resampleEvery: 3 };

/** A weight's number of each feature, `[features, …]`; the caller disposes it. */
const byFeature = (sae: SAEModel, name: string): tf.Tensor2D => {
  const weight = weightOf(sae, name);
  if (name === sae.sae.encoder.matrix) return tf.transpose(weight as tf.Tensor2D);
  return tf.reshape(weight, [FEATURES, -1]);
};
function weightOf(sae: SAEModel, name: string): tf.Tensor {
  const [, weight] = sae.sae.namedWeights.find(([one]) => one === name) ?? [];
  return weight?.read() as tf.Tensor;
}

/** Has the last features shut: their first vector is far below what rows come to. */
function shut(sae: SAEModel): void {
  const [offset] = Object.keys(sae.sae.encoder.vectors) as [string];
  const now = sae.sae.namedWeights.map(([name, weight]) =>
    name === offset ? tf.tidy(() => tf.concat([tf.zeros([9]), tf.fill([3], -100)])) : weight.read(),
  );
  sae.setWeights(now);
  now[sae.sae.namedWeights.findIndex(([name]) => name === offset)]?.dispose();
}

const FORMS = SUBJECTS.flatMap(([name, subject]) =>
  subject.steps.map((step) => [name, step, subject] as const),
);

describe.each(FORMS)('%s, %s step', (_, step, subject) => {
  const begun = (options: object, beta1 = 0.9) => {
    const sae = subject.model({ ...OPTIONS, ...options });
    shut(sae);
    sae.compile({ optimizer: new KerasAdam({ learningRate: 1e-3, beta1 }), step });
    return sae;
  };

  test('gives dead features new weights, from rows of the batch, and no others', async () => {
    const x = rows(16);
    // Counts as well, and never resamples.
    const [sae, other] = [begun({}), begun({ resampleEvery: 1000 })];
    for (let i = 0; i < 3; i++) {
      await sae.trainOnBatch(x);
      await other.trainOnBatch(x);
    }
    const { encoder } = sae.sae;
    const names = [encoder.matrix, ...Object.keys(encoder.vectors), 'W_dec'];
    tf.tidy(() => {
      for (const name of names) {
        const [ours, before] = [byFeature(sae, name), byFeature(other, name)];
        const living = (t: tf.Tensor2D) => values(tf.slice(t, 0, 9));
        expect(living(ours)).toEqual(living(before));
      }
      // The other model is what this one was before it resampled.
      const missing = tf.sub(x, other.predict(x)) as tf.Tensor2D;
      const units = tf.div(missing, tf.norm(missing, 2, 1, true));
      const taken = DEAD.map((feature) => {
        const row = tf.slice(byFeature(sae, 'W_dec'), feature, 1);
        const cosines = values(tf.matMul(units as tf.Tensor2D, row, false, true));
        const best = cosines.indexOf(Math.max(...cosines));
        expect(cosines[best]).toBeCloseTo(1, 5);
        const column = tf.slice(byFeature(sae, encoder.matrix), feature, 1);
        const apart = tf.sub(column, tf.mul(tf.slice(units, best, 1), 0.5));
        expect(Math.max(...values(tf.abs(apart)))).toBeLessThan(1e-5);
        for (const [name, { start }] of Object.entries(encoder.vectors)) {
          expect(values(weightOf(sae, name))[feature]).toBeCloseTo(start, 6);
        }
        expect(values(weightOf(sae, 'since_fired'))[feature]).toBe(0);
        return best;
      });
      expect(new Set(taken).size).toBe(3); // each from another row
    });
    x.dispose();
    end(sae, other);
  });

  test('has the optimizer begin anew with them', async () => {
    const x = rows(16);
    const [sae, other] = [begun({}), begun({ resampleEvery: 1000 })];
    for (let i = 0; i < 3; i++) {
      await sae.trainOnBatch(x);
      await other.trainOnBatch(x);
    }
    const [ours, before] = await Promise.all([
      sae.optimizer.getWeights(),
      other.optimizer.getWeights(),
    ]);
    const decoder = ours.findIndex(
      ({ tensor }) => tensor.shape[0] === FEATURES && tensor.rank === 2,
    );
    tf.tidy(() => {
      for (const [i, kind] of [
        [decoder, 'm'],
        [decoder + 1, 'v'],
      ] as const) {
        const [now, was] = [ours[i], before[i]].map((one) => one?.tensor as tf.Tensor2D) as [
          tf.Tensor2D,
          tf.Tensor2D,
        ];
        expect(ours[i]?.name.endsWith(`/${kind}`)).toBe(true);
        expect(values(tf.slice(now, 0, 9))).toEqual(values(tf.slice(was, 0, 9)));
        const anew = kind === 'm' ? tf.zeros([6]) : tf.mean(tf.slice(was, 0, 9), 0);
        for (const feature of DEAD) {
          const apart = tf.abs(tf.sub(tf.slice(now, feature, 1), anew));
          expect(Math.max(...values(apart))).toBeLessThan(1e-7);
        }
      }
    });
    x.dispose();
    end(sae, other);
  });
});

test.each(SUBJECTS)('%s: both steps take the same rows', async (_, subject) => {
  if (!subject.steps.includes('sparse')) return;
  const x = rows(16);
  const models = (['sparse', 'tensor'] as const).map((step) => {
    const sae = subject.model({ ...OPTIONS, normalize: 'layer-norm' });
    shut(sae);
    sae.compile({ optimizer: new KerasAdam({ learningRate: 1e-3, epsilon: 1e-3 }), step });
    return sae;
  });
  for (const sae of models) for (let i = 0; i < 5; i++) await sae.trainOnBatch(x);
  const [ours, theirs] = models.map((sae) => sae.getWeights().map(values)) as number[][][];
  for (const [i, weight] of (ours as number[][]).entries()) {
    for (const [j, value] of weight.entries()) {
      expect(value).toBeCloseTo(theirs?.[i]?.[j] as number, 4);
    }
  }
  x.dispose();
  end(...models);
});

test('a transcoder has its decoder rows from what targets lack, its columns from inputs', async () => {
  const [x, y] = [rows(16), rows(16, 5, 4)];
  const [sae, other] = [3, 1000].map((resampleEvery) => {
    const sizes = { inputDim: 6, outputDim: 4, skip: true, seed: 1 };
    const model = new ReluSAE({ ...sizes, ...OPTIONS, resampleEvery });
    shut(model);
    model.compile({ optimizer: new KerasSGD({ learningRate: 1e-3, momentum: 0.9 }) });
    return model;
  }) as [ReluSAE, ReluSAE];
  for (const model of [sae, other]) for (let i = 0; i < 3; i++) await model.trainOnBatch(x, y);
  tf.tidy(() => {
    const missing = tf.sub(y, other.predict(x)) as tf.Tensor2D;
    const size = tf.norm(missing, 2, 1, true);
    for (const feature of DEAD) {
      const row = tf.slice(byFeature(sae, 'W_dec'), feature, 1);
      const cosines = values(tf.matMul(tf.div(missing, size), row, false, true));
      const best = cosines.indexOf(Math.max(...cosines));
      expect(cosines[best]).toBeCloseTo(1, 5);
      const input = tf.slice(x, best, 1);
      const column = tf.slice(byFeature(sae, 'W_enc'), feature, 1);
      const product = values(tf.matMul(input, column, false, true))[0] as number;
      expect(product).toBeCloseTo(0.5 * (values(tf.slice(size, best, 1))[0] as number), 4);
      const length = values(tf.norm(column))[0] as number;
      expect(product).toBeCloseTo(length * (values(tf.norm(input))[0] as number), 4); // along it
    }
  });
  tf.dispose([x, y]);
  end(sae, other);
});

describe('the rows', () => {
  test('are each as likely as its squared error is large', () => {
    const errors = Float32Array.of(6, 0, 3, 1);
    const first = [0, 0, 0, 0];
    const second = [0, 0, 0, 0];
    const TRIALS = 20_000;
    for (let step = 0; step < TRIALS; step++) {
      const order = drawn(errors, 3, step);
      expect(order).toHaveLength(3);
      first[order[0] as number] = (first[order[0] as number] as number) + 1;
      if (order[0] === 0) second[order[1] as number] = (second[order[1] as number] as number) + 1;
    }
    for (const [row, share] of [0.6, 0, 0.3, 0.1].entries()) {
      expect((first[row] as number) / TRIALS).toBeCloseTo(share, 1.7);
    }
    const left = second.map((count) => count / (first[0] as number));
    expect(left[2]).toBeCloseTo(0.75, 1.7);
  });

  test('follow from seed and step', () => {
    const errors = Float32Array.from({ length: 50 }, (_, i) => 1 + i);
    expect(drawn(errors, 1, 8)).toEqual(drawn(errors, 1, 8));
    expect(drawn(errors, 1, 8)).not.toEqual(drawn(errors, 1, 9));
    expect(drawn(errors, 1, 8)).not.toEqual(drawn(errors, 2, 8));
  });
});

test('fewer features are dead on images of Fashion-MNIST', async () => {
  const { images } = read<{ images: string }>('galleries/fashion');
  const pixels = Float32Array.from(Buffer.from(images, 'base64'), (value) => value / 255);
  const x = tf.tensor2d(pixels, [pixels.length / 784, 784]);
  const deadAtTheEnd = async (resampleEvery: number) => {
    const sizes = { inputDim: 784, encodingDim: 256, seed: 1, lambdaSparse: 0.1 };
    const sae = new ReluSAE({ ...sizes, deadAfter: 600, resampleEvery });
    await sae.initDecoderBias(x);
    const optimizer = new KerasAdam({ learningRate: 0.01 }); // so high that many features die
    sae.compile({ optimizer });
    const args = { batchSize: 30, seed: 1, verbose: 0 } as const;
    await sae.fit(x, { ...args, epochs: 8 });
    optimizer.learningRate = 1e-3;
    const { history } = await sae.fit(x, { ...args, epochs: 12 });
    end(sae);
    return history['dead']?.at(-1) as number;
  };
  const [without, resampled] = [await deadAtTheEnd(0), await deadAtTheEnd(20)];
  expect(without).toBeGreaterThan(100);
  expect(resampled).toBeLessThan(without / 2);
  x.dispose();
}, 600_000);

test('more dead features than rows: the others wait', async () => {
  const x = rows(2);
  const sae = new ReluSAE({ inputDim: 6, seed: 1, ...OPTIONS, deadAfter: 4 });
  shut(sae);
  sae.compile({ optimizer: new KerasAdam({ learningRate: 1e-4 }) });
  for (let i = 0; i < 3; i++) await sae.trainOnBatch(x);
  const dead = values(weightOf(sae, 'since_fired')).filter((since) => since >= 4).length;
  expect(dead).toBeGreaterThan(0);
  for (let i = 0; i < 3; i++) await sae.trainOnBatch(x);
  expect(values(weightOf(sae, 'since_fired')).filter((since) => since >= 10)).toHaveLength(
    Math.max(0, dead - 2),
  );
  x.dispose();
  end(sae);
});

test('all features dead, and rows that are reconstructed without an error', async () => {
  const x = tf.zeros<tf.Rank.R2>([8, 6]);
  const sae = new TopKSAE({ inputDim: 6, seed: 1, k: 2, ...OPTIONS, deadAfter: 1 });
  sae.compile({ optimizer: new KerasAdam() });
  for (let i = 0; i < 4; i++) await sae.trainOnBatch(x);
  for (const weight of sae.getWeights()) expect(values(weight).every(Number.isFinite)).toBe(true);
  x.dispose();
  end(sae);
});

test('what is wrong is said', async () => {
  for (const resampleEvery of [-1, 1.5, Number.NaN, '10', null, Number.POSITIVE_INFINITY]) {
    await expect(
      () => new ReluSAE({ inputDim: 6, encodingDim: 9, resampleEvery } as never),
    ).toBeRefused('SAE_OPTION', 'ReluSAE.resampleEvery');
  }
});
