import * as tf from '@tensorflow/tfjs';
import {
  drawDecoderGallery,
  explainedVariance,
  featureReport,
  plotFeatureGallery,
  type SAEModel,
  sparsityReport,
} from '../../src';
import { differs } from '../backends/differences';
import { expectSame, FEATURES, INPUT_DIM, SUBJECTS, stir } from './architecture';

const quiet = { verbose: 0 as const };
const ROWS = 24;
/** Leading axes of as many rows. */
const LEADING = [
  [4, 6],
  [2, 3, 4],
];

/** A dataset of two batches, each of half of the tensor along its first axis. */
const halves = (x: tf.Tensor) => ({
  iterator: () => {
    let parts: tf.Tensor[] | undefined;
    return {
      next: async () => {
        parts ??= tf.split(x, 2);
        const value = parts.shift();
        return value ? { value, done: false } : { value: null, done: true };
      },
    };
  },
});

describe.each(SUBJECTS)('%s', (_, subject) => {
  describe.each(LEADING.map((leading) => [leading]))('rows with leading axes %j', (leading) => {
    let [sae, other]: SAEModel[] = [];
    let [x, flat]: tf.Tensor[] = [];
    beforeEach(() => {
      sae = subject.model();
      other = subject.model();
      stir(sae.sae);
      other.setWeights(sae.getWeights());
      flat = tf.randomNormal([ROWS, INPUT_DIM], 0, 1, 'float32', 5);
      x = tf.reshape(flat, [...leading, INPUT_DIM]);
    });
    afterEach(() => {
      tf.dispose([x, flat] as tf.Tensor[]);
      sae?.dispose();
      other?.dispose();
    });
    const both = () => [sae, other, x, flat] as [SAEModel, SAEModel, tf.Tensor, tf.Tensor];

    test('dense results keep the leading axes', async () => {
      const [model, , deep, rows] = both();
      const ways: ((x: tf.Tensor) => tf.Tensor)[] = [
        (t) => model.encode(t),
        (t) => model.predict(t),
        (t) => model.predict([t], { batchSize: 5 }),
        (t) => model.predictOnBatch(t),
        (t) => model.sae.encode(t),
        (t) => model.decode(model.encode(t)),
        (t) => model.sae.decode(model.sae.encode(t)),
      ];
      const detailed = model.encodeDetailed(rows);
      for (const name of Object.keys(detailed))
        ways.push((t) => model.encodeDetailed(t)[name] as tf.Tensor);
      tf.dispose(detailed);
      for (const way of ways) {
        tf.tidy(() => {
          const [ours, theirs] = [way(deep), way(rows)];
          expect(ours.shape).toEqual([...leading, theirs.shape[1]]);
          expectSame(tf.reshape(ours, theirs.shape), theirs);
        });
      }
      // Outside of tidy too: nothing is left behind, which each test's own check sees.
      tf.dispose([model.encode(deep), model.predict(deep), model.encodeDetailed(deep)]);
      const [ours, theirs] = [await model.reconstruct(deep), await model.reconstruct(rows)];
      expect(ours.shape).toEqual([...leading, INPUT_DIM]);
      tf.tidy(() => expectSame(tf.reshape(ours, theirs.shape), theirs));
      tf.dispose([ours, theirs]);
    });

    test('sparse codes are by row, in order', async () => {
      const [model, , deep, rows] = both();
      const codes = await model.encodeSparse(deep, { batchSize: 7 });
      expect(codes).toEqual(await model.encodeSparse(rows, { batchSize: 7 }));
      const back = await model.decodeSparse(codes);
      expect(back.shape).toEqual([ROWS, INPUT_DIM]);
      back.dispose();
    });

    test('reports and pictures are those of the rows', async () => {
      const [model, , deep, rows] = both();
      const labels = Array.from({ length: ROWS }, (_, row) => row % 2);
      const args = { labels, imageShape: [2, 3] as const };
      const deepReport = await featureReport(model, deep, args);
      expect(deepReport).toEqual(await featureReport(model, rows, args));
      expect(await sparsityReport(model, deep)).toEqual(await sparsityReport(model, rows));
      expect(await explainedVariance(model, deep)).toBe(await explainedVariance(model, rows));
      expect(drawDecoderGallery(deepReport).toSVG()).toContain('<svg');
      const pictures: string[] = [];
      for (const t of [deep, rows]) {
        const codes = model.encode(t);
        const names = ['even', 'odd'];
        const picture = await plotFeatureGallery(model, codes, t, labels, names, {
          imageShape: [2, 3],
        });
        pictures.push(picture.toSVG());
        codes.dispose();
      }
      expect(pictures[0]).toBe(pictures[1]);
      await expect(featureReport(model, deep, { labels: [0, 1] })).rejects.toThrow('SAE_DATA');
    });

    test('losses are those of the rows, of tensors, batches and integers', async () => {
      const [model, , deep, rows] = both();
      model.compile({ metrics: ['mse'] });
      const target = tf.tidy(() => tf.mul(deep, 2));
      const flatTarget = tf.reshape(target, rows.shape as [number, number]);
      const numbers = (scalars: tf.Scalar[]) => {
        const all = scalars.map((s) => s.dataSync()[0]);
        tf.dispose(scalars);
        return all;
      };
      expect(numbers(model.evaluate(deep))).toEqual(numbers(model.evaluate(rows)));
      expect(numbers(model.evaluate(deep, target, { batchSize: 5 }))).toEqual(
        numbers(model.evaluate(rows, flatTarget, { batchSize: 5 })),
      );
      expect(numbers(await model.evaluateDataset(halves(deep)))).toEqual(
        numbers(await model.evaluateDataset(halves(rows))),
      );
      const whole = [tf.cast(deep, 'int32'), tf.cast(rows, 'int32')] as const;
      expect(numbers(model.evaluate(whole[0]))).toEqual(numbers(model.evaluate(whole[1])));
      tf.dispose([target, flatTarget, ...whole]);
    });

    test.each(subject.steps)('training is that on the rows, with the %s step', async (step) => {
      const [model, twin, deep, rows] = both();
      for (const one of [model, twin]) one.compile({ step });
      await model.initDecoderBias(deep);
      await twin.initDecoderBias(rows);
      const runs: [SAEModel, tf.Tensor][] = [
        [model, deep],
        [twin, rows],
      ];
      const logs: unknown[] = [];
      for (const [one, t] of runs) {
        const args = { batchSize: 5, shuffle: false, validationData: t, ...quiet };
        const { history } = await one.fit(t, { epochs: 2, ...args });
        const second = await one.fit(t, t, { validationSplit: 0.5, ...args });
        const third = await one.fitDataset(halves(t), { validationData: halves(t), ...quiet });
        logs.push([history, second.history, third.history, await one.trainOnBatch(t)]);
      }
      if (differs('repeated')) expect(logs[0]).toBeDefined();
      else expect(JSON.stringify(logs[0])).toBe(JSON.stringify(logs[1]));
      model.getWeights().forEach((weight, i) => {
        expectSame(weight, twin.getWeights()[i] as tf.Tensor);
      });
    });
  });

  test('a validation split is one of examples, not of their rows', async () => {
    const sae = subject.model();
    sae.compile();
    const x = tf.randomNormal([5, 7, INPUT_DIM], 0, 1, 'float32', 3);
    const sizes: (number | undefined)[] = [];
    const onBatchEnd = (_: number, logs?: tf.Logs) => void sizes.push(logs?.['size']);
    await sae.fit(x, { validationSplit: 0.3, batchSize: 100, callbacks: { onBatchEnd }, ...quiet });
    expect(sizes).toEqual([3 * 7]);
    await expect(sae.fit(x, { validationSplit: 0.9, ...quiet })).rejects.toThrow('SAE_DATA');
    x.dispose();
    sae.dispose();
  });

  test('a target of as many rows in another shape is refused', async () => {
    const sae = subject.model();
    sae.compile();
    const [x, y] = [tf.zeros([2, 3, INPUT_DIM]), tf.zeros([3, 2, INPUT_DIM])];
    for (const call of [
      () => sae.fit(x, y, quiet),
      async () => sae.evaluate(x, y),
      () => sae.trainOnBatch(x, y),
      () => sae.fitDataset({ iterator: () => pairOnce(x, y) }, quiet),
    ]) {
      await expect(call()).toBeRefused(
        'SAE_SHAPE',
        sae.where,
        `expected [2, 3, ${INPUT_DIM}]; received [3, 2, ${INPUT_DIM}].`,
      );
    }
    tf.dispose([x, y]);
    sae.dispose();
  });

  test('images that are not flattened are told how to be', () => {
    const sae = subject.model();
    const images = tf.zeros([5, 2, 3]);
    expect(() => sae.encode(images)).toThrow(
      `expected [..., ${INPUT_DIM}]; received [5, 2, 3]. Reshape it to [5, ${INPUT_DIM}].`,
    );
    const codes = tf.zeros([5, FEATURES, 2, 2]);
    expect(() => sae.decode(codes)).toThrow(
      "If axis 1 is a row's values, use tf.transpose(x, [0, 2, 3, 1]).",
    );
    tf.dispose([images, codes]);
    sae.dispose();
  });

  test('rows of two axes are not copied', () => {
    const sae = subject.model();
    const x = tf.zeros([2, INPUT_DIM]);
    const seen: tf.Tensor[] = [];
    const { encode } = sae.sae;
    sae.sae.encode = function <T extends tf.Tensor>(rows: T): T {
      seen.push(rows);
      return encode.call(this, rows) as T;
    };
    sae.encode(x).dispose();
    expect(seen[0]).toBe(x);
    x.dispose();
    sae.dispose();
  });
});

/** A pass over one batch of rows and targets, copied, for a dataset's are disposed. */
function pairOnce(xs: tf.Tensor, ys: tf.Tensor) {
  let left = 1;
  return {
    next: async () =>
      left-- > 0
        ? { value: { xs: tf.clone(xs), ys: tf.clone(ys) }, done: false }
        : { value: null, done: true },
  };
}
