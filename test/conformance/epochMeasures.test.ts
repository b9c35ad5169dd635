import * as tf from '@tensorflow/tfjs';
import { KerasAdam, type SAEModel } from '../../src';
import { CASES, named, rows, type Subject } from './architecture';

const ROWS = 22;
const BATCH = 8;
/** So many that some never fire on so few rows. */
const SIZE = { encodingDim: 80 };

/** L0, explained variance and dead features, computed plainly over rows as each batch was seen. */
class Plain {
  private readonly l0: number[] = [];
  private readonly fired = new Set<number>();
  private readonly wanted: number[][] = [];
  private squaredError = 0;

  constructor(private readonly features: number) {}

  /** With the weights as they are, by dense codes. */
  add(model: SAEModel, x: tf.Tensor2D, y: tf.Tensor2D): void {
    const codes = tf.tidy(() => model.encode(x).arraySync() as number[][]);
    const xHat = tf.tidy(() => model.predict(x, { batchSize: ROWS }).arraySync() as number[][]);
    this.count(codes, xHat, y);
  }

  /** As training sees them, by the formulas. */
  addTraining(subject: Subject, { sae }: SAEModel, x: tf.Tensor2D, y: tf.Tensor2D): void {
    const [codes, xHat] = tf.tidy(() => {
      const pass = subject.reference(x, y, named(sae), sae.options as never);
      return [pass.codes.arraySync(), pass.reconstruction.arraySync()] as const;
    });
    this.count(codes, xHat, y);
  }

  private count(codes: number[][], xHat: number[][], y: tf.Tensor2D): void {
    const target = y.arraySync();
    codes.forEach((row, i) => {
      const active = row.flatMap((code, feature) => (code > 0 ? [feature] : []));
      this.l0.push(active.length);
      for (const feature of active) this.fired.add(feature);
      (target[i] as number[]).forEach((value, column) => {
        this.squaredError += (value - (xHat[i]?.[column] as number)) ** 2;
      });
    });
    this.wanted.push(...target);
  }

  get measures() {
    const n = this.wanted.length;
    const width = (this.wanted[0] as number[]).length;
    let spread = 0;
    for (let column = 0; column < width; column++) {
      const values = this.wanted.map((row) => row[column] as number);
      const mean = values.reduce((a, b) => a + b, 0) / n;
      spread += values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    }
    return {
      l0: this.l0.reduce((a, b) => a + b, 0) / n,
      explained_variance: 1 - this.squaredError / spread,
      dead: this.features - this.fired.size,
    };
  }
}

describe.each(CASES)('%s', (_, subject, step) => {
  /** Trained by fit, and the same dictionary step by step with a plain computation before each. */
  async function both(x: tf.Tensor2D, y: tf.Tensor2D = x) {
    const [fitted, plain] = [subject.model(SIZE), subject.model(SIZE)];
    const optimizers = [fitted, plain].map((model) => {
      const optimizer = new KerasAdam({ learningRate: 5e-2 });
      model.compile({ optimizer, step });
      return optimizer;
    });
    const { history } = await fitted.fit(x, y, {
      epochs: 3,
      batchSize: BATCH,
      shuffle: false,
      validationData: [x, y],
      verbose: 0,
    });
    for (let epoch = 0; epoch < 3; epoch++) {
      const expected = new Plain(plain.encodingDim);
      for (let from = 0; from < ROWS; from += BATCH) {
        const size = [Math.min(BATCH, ROWS - from), -1] as [number, number];
        const [xs, ys] = [x, y].map((rows) => tf.slice(rows, [from, 0], size)) as [
          tf.Tensor2D,
          tf.Tensor2D,
        ];
        expected.addTraining(subject, plain, xs, ys);
        await plain.trainOnBatch(xs, y === x ? xs : ys);
        tf.dispose([xs, ys]);
      }
      const held = new Plain(plain.encodingDim);
      held.add(plain, x, y);
      const logged = (prefix: string) =>
        Object.fromEntries(
          ['l0', 'explained_variance', 'dead'].map((name) => [
            name,
            history[prefix + name]?.[epoch],
          ]),
        );
      for (const [prefix, { measures }] of [
        ['', expected],
        ['val_', held],
      ] as const) {
        const got = logged(prefix);
        expect({ epoch, l0: got['l0'], dead: got['dead'] }).toEqual({
          epoch,
          l0: measures.l0,
          dead: measures.dead,
        });
        const unexplained = 1 - (got['explained_variance'] as number);
        expect(unexplained / (1 - measures.explained_variance)).toBeCloseTo(1, 5);
      }
    }
    expect(Math.max(...(history['dead'] as number[]))).toBeGreaterThan(0);
    for (const model of [fitted, plain]) model.dispose();
    for (const optimizer of optimizers) optimizer.dispose();
  }

  test('an epoch logs L0, explained variance and dead features of its own batches', async () => {
    const x = rows(ROWS) as tf.Tensor2D;
    await both(x);
    x.dispose();
  });

  test('also against a target of its own, and far from zero', async () => {
    const [x, y] = tf.tidy(() => [rows(ROWS) as tf.Tensor2D, tf.add(rows(ROWS, 2), 300)]) as [
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    await both(x, y);
    tf.dispose([x, y]);
  });

  test('batches have no such logs; early stopping can watch an epoch’s', async () => {
    const model = subject.model();
    model.compile({ step });
    const x = rows(ROWS);
    const seen = new Set<string>();
    const stop = tf.callbacks.earlyStopping({
      monitor: 'explained_variance',
      mode: 'max',
      minDelta: 10, // more than it can rise by
    });
    const { history, epoch } = await model.fit(x, {
      epochs: 8,
      batchSize: BATCH,
      verbose: 0,
      callbacks: [
        stop,
        {
          onBatchEnd: async (_batch: number, logs = {}) => {
            for (const name of Object.keys(logs)) seen.add(name);
          },
        },
      ] as never,
    });
    expect([...seen]).not.toContain('l0');
    expect(Object.keys(history)).toEqual([
      ...model.metricsNames,
      ...['grad_norm', 'l0', 'explained_variance', 'dead'],
    ]);
    expect(epoch).toHaveLength(2);
    x.dispose();
    model.dispose();
  });

  test('rows without a spread have no explained variance', async () => {
    const model = subject.model();
    model.compile({ step });
    const x = tf.ones([6, model.inputDim]);
    const { history } = await model.fit(x, { epochs: 2, batchSize: 4, verbose: 0 });
    expect(history['explained_variance']).toEqual([Number.NaN, Number.NaN]);
    x.dispose();
    model.dispose();
  });
});
