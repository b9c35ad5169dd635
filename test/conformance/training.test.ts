import * as tf from '@tensorflow/tfjs';
import { KerasAdam, type SAEModel } from '../../src';
import { CASES, expectClose, expectUnitRows, rows, scalars, values } from './architecture';

const quiet = { verbose: 0 as const };

describe.each(CASES)('%s', (_, subject, step) => {
  /** A model that is ready to train; both are disposed by `finish`. */
  function compiled(model: SAEModel, learningRate = 1e-2) {
    const optimizer = new KerasAdam({ learningRate });
    model.compile({ optimizer, step });
    return {
      sae: model,
      optimizer,
      finish: () => {
        model.dispose();
        optimizer.dispose();
      },
    };
  }

  test('fit lowers the loss, keeps decoder rows at norm 1, and logs means over the epoch', async () => {
    const { sae, finish } = compiled(subject.model(), 3e-2);
    const x = rows(20);
    const { history, epoch } = await sae.fit(x, { epochs: 6, batchSize: 8, ...quiet });
    const names = ['loss', ...sae.sae.termNames, 'grad_norm'];
    expect([...sae.metricsNames, 'grad_norm']).toEqual(names);
    expect(Object.keys(history)).toEqual([...names, 'l0', 'explained_variance', 'dead']);
    expect(epoch).toHaveLength(6);
    const loss = history['loss'] as number[];
    expect(loss.at(-1)).toBeLessThan((loss[0] as number) / 2);
    expectUnitRows(sae.sae);
    x.dispose();
    finish();
  });

  test('logs are means over the rows of an epoch, not the last batch', async () => {
    const { sae, finish } = compiled(subject.model(), 0); // nothing moves but the rows' norms
    const x = rows(20);
    await sae.trainOnBatch(x);
    const loss = tf.tidy(() =>
      tf.split<tf.Tensor2D>(x, [8, 8, 4]).reduce((sum, batch) => {
        const ofBatch = sae.sae.forward(batch, batch, true).loss.dataSync()[0] as number;
        return sum + (ofBatch * batch.shape[0]) / 20;
      }, 0),
    );
    const { history } = await sae.fit(x, { batchSize: 8, shuffle: false, ...quiet });
    expect(scalars(sae.evaluate(x))).toHaveLength(sae.metricsNames.length);
    expect(history['loss']?.[0]).toBeCloseTo(loss, 4);
    x.dispose();
    finish();
  });

  test('fit, fitDataset and trainOnBatch take the same steps', async () => {
    const models = [1, 2, 3, 4].map(() => compiled(subject.model()));
    const [byFit, byDataset, byPairs, byBatch] = models.map(({ sae }) => sae) as [
      SAEModel,
      SAEModel,
      SAEModel,
      SAEModel,
    ];
    const x = rows(12);
    const batches = tf.data.array(x.arraySync()).batch(4);
    await byFit.fit(x, { epochs: 2, batchSize: 4, shuffle: false, ...quiet });
    await byDataset.fitDataset(batches as never, { epochs: 2, ...quiet });
    const pairs = batches.map((xs) => ({ xs, ys: tf.clone(xs as tf.Tensor) }) as never);
    await byPairs.fitDataset(pairs as never, { epochs: 2, ...quiet });
    for (const start of [0, 4, 8, 0, 4, 8]) {
      const batch = tf.slice(x, start, 4);
      const logs = (await byBatch.trainOnBatch(batch)) as number[];
      expect(logs).toHaveLength(byBatch.metricsNames.length + 1);
      batch.dispose();
    }
    byFit.getWeights().forEach((weight, i) => {
      for (const other of [byDataset, byPairs, byBatch]) {
        expectClose(other.getWeights()[i] as tf.Tensor, weight, 1e-6);
      }
    });
    x.dispose();
    for (const { finish } of models) finish();
  });

  test('a second tensor is the target, in every method', async () => {
    const models = [1, 2].map(() => compiled(subject.model()));
    const [{ sae }, { sae: other }] = models as [(typeof models)[0], (typeof models)[0]];
    const [x, y] = [rows(8), rows(8, 2)];
    const lossOf = (training: boolean) =>
      tf.tidy(() => sae.sae.forward(x, y, training).loss.dataSync()[0] as number);
    expect(scalars(sae.evaluate(x, y, { batchSize: 8 }))[0]).toBeCloseTo(lossOf(false), 4);
    const reference = lossOf(true);
    expect(((await sae.trainOnBatch(x, y)) as number[])[0]).toBeCloseTo(reference, 4);
    const { history } = await other.fit(x, y, { batchSize: 8, ...quiet });
    expect(history['loss']?.[0]).toBeCloseTo(reference, 4);
    tf.dispose([x, y]);
    for (const { finish } of models) finish();
  });

  test('validation: by tensor, pair, split and dataset, without the logs that only training has', async () => {
    const { sae, finish } = compiled(subject.model());
    const [x, held] = [rows(8), rows(6, 9)];
    const dataset = tf.data.array(held.arraySync()).batch(4) as never;
    const fits = [
      await sae.fit(x, { validationData: held, ...quiet }),
      await sae.fit(x, { validationData: [held, held], ...quiet }),
      await sae.fit(x, { validationSplit: 0.25, ...quiet }),
      await sae.fitDataset(tf.data.array(x.arraySync()).batch(4) as never, {
        validationData: dataset,
        ...quiet,
      }),
      await sae.fitDataset(tf.data.array(x.arraySync()).batch(4) as never, {
        validationData: held,
        ...quiet,
      }),
    ];
    for (const { history } of fits) {
      const names = Object.keys(history);
      expect(names.filter((name) => name.startsWith('val_')).sort()).toEqual(
        ['loss', ...sae.sae.termNames, 'l0', 'explained_variance', 'dead']
          .map((name) => `val_${name}`)
          .sort(),
      );
      expect(Object.values(history).flat().every(Number.isFinite)).toBe(true);
    }
    const evaluated = scalars(sae.evaluate(held));
    const streamed = scalars(await sae.evaluateDataset(dataset));
    expect(evaluated).toHaveLength(1 + sae.sae.termNames.length);
    streamed.forEach((value, i) => {
      expect(value).toBeCloseTo(evaluated[i] as number, 4);
    });
    tf.dispose([x, held]);
    finish();
  });

  test('callbacks: plain and instances mixed, early stopping, and more metrics', async () => {
    const sae = subject.model();
    sae.compile({ step, metrics: [tf.metrics.meanAbsoluteError] });
    const x = rows(8);
    const seen: string[] = [];
    const { history } = await sae.fit(x, {
      epochs: 3,
      batchSize: 4,
      validationSplit: 0.5,
      callbacks: [
        tf.callbacks.earlyStopping({ monitor: 'val_loss' }),
        { onBatchEnd: async (batch: number) => void seen.push(`batch ${batch}`) },
        { onEpochEnd: async (_epoch: number, logs = {}) => void seen.push(...Object.keys(logs)) },
      ] as never,
      ...quiet,
    });
    expect(seen[0]).toBe('batch 0');
    expect(seen).toContain('val_loss');
    expect(seen).not.toContain('val_grad_norm');
    expect(sae.metricsNames.at(-1)).toBe('meanAbsoluteError');
    expect(Object.keys(history)).toContain('val_meanAbsoluteError');
    x.dispose();
    sae.dispose();
  });

  test('callbacks that tfjs itself registers see validation in fit and fitDataset', async () => {
    const seen: (number | undefined)[] = [];
    class Registered extends tf.CustomCallback {
      constructor() {
        super({ onEpochEnd: (_epoch, logs) => void seen.push(logs?.['val_loss'] as number) });
      }
    }
    tf.registerCallbackConstructor(3, Registered as never);
    const { sae, finish } = compiled(subject.model());
    const x = rows(6);
    const loud = { validationData: x, verbose: 3 as never };
    await sae.fit(x, loud);
    await sae.fitDataset(tf.data.array(x.arraySync()).batch(4) as never, {
      ...loud,
      validationBatchSize: 4,
    });
    expect(seen.length).toBeGreaterThanOrEqual(2);
    expect(seen.every(Number.isFinite)).toBe(true);
    x.dispose();
    finish();
  });

  test('an evaluation in a callback stands alone: its fault is thrown there', async () => {
    const { sae, finish } = compiled(subject.model());
    const x = rows(4);
    const bad = tf.fill(x.shape, Number.NaN);
    const messages: string[] = [];
    const onEpochEnd = () => {
      tf.dispose(sae.evaluate(x));
      try {
        sae.evaluate(bad);
      } catch (error) {
        messages.push((error as Error).message);
      }
    };
    const { history } = await sae.fit(x, { epochs: 2, callbacks: { onEpochEnd }, ...quiet });
    expect(messages.map((message) => message.slice(0, 14))).toEqual(
      new Array(2).fill('SAE_NOT_FINITE'),
    );
    expect(history['loss']).toHaveLength(2);
    tf.dispose([x, bad]);
    finish();
  });

  test.each([
    ['KerasAdam', () => new KerasAdam({ learningRate: 1e25 })],
    ['sgd', () => tf.train.sgd(1e30)],
  ])(
    'a rate that is far too high stops with the last weights that were good (%s)',
    async (name, make) => {
      const sae = subject.model();
      const optimizer = make();
      sae.compile({ optimizer, step: name === 'sgd' ? 'tensor' : step });
      const x = rows(8);
      const before = sae.getWeights().map(values);
      await expect(sae.fit(x, { epochs: 9, ...quiet })).rejects.toThrow(
        /SAE_NOT_FINITE.*Weights are those after step \d+\. Lower the learning rate/,
      );
      expect(sae.getWeights().map(values)).toEqual(before);
      expect(scalars(sae.evaluate(x)).every(Number.isFinite)).toBe(true);
      x.dispose();
      sae.dispose();
      optimizer.dispose();
    },
  );

  test('weights that somebody sets between two steps are not taken back', async () => {
    const { sae, finish } = compiled(subject.model());
    const x = rows(8);
    await sae.trainOnBatch(x);
    tf.tidy(() => void sae.sae.bDec.write(tf.fill([6], 3e38)));
    await expect(sae.trainOnBatch(x)).rejects.toThrow('SAE_NOT_FINITE');
    expect(values(sae.sae.bDec.read())[0]).toBe(Math.fround(3e38));
    x.dispose();
    finish();
  });

  test('a new λ counts from the very next step, or is refused where there is none', async () => {
    if (subject.lambda.lambdaSparse === undefined) {
      const sae = subject.model();
      expect(() => sae.setLambda(0.5)).toThrow('SAE_OPTION');
      sae.dispose();
      return;
    }
    const { sae, finish } = compiled(subject.model({ lambdaSparse: 0 }), 0);
    const x = rows(8);
    await sae.trainOnBatch(x); // brings the rows to norm 1; nothing moves after it
    const loss = async () => ((await sae.trainOnBatch(x)) as number[])[0] as number;
    const sparsity = ((await sae.trainOnBatch(x)) as number[])[2] as number;
    const without = await loss();
    sae.setLambda(0.5);
    expect(await loss()).toBeCloseTo(without + 0.5 * sparsity, 4);
    expect(sae.getConfig()['lambdaSparse']).toBe(0.5);
    x.dispose();
    finish();
  });

  test('the gradient is clipped to the global norm', async () => {
    const move = async (clipNorm: number | null) => {
      const sae = subject.model({ clipNorm });
      const optimizer = tf.train.sgd(1);
      sae.compile({ optimizer, step: 'tensor' }); // of another optimizer's numbers no clipping is seen
      const x = rows(8);
      const before = sae.sae.bDec.read().dataSync().slice();
      const logs = (await sae.trainOnBatch(x)) as number[];
      const after = sae.sae.bDec.read().dataSync();
      x.dispose();
      sae.dispose();
      optimizer.dispose();
      const moved = Math.hypot(...after.map((value, i) => value - (before[i] as number)));
      return { moved, norm: logs.at(-1) as number };
    };
    const [free, clipped, loose] = [await move(null), await move(0.125), await move(1e6)];
    expect(clipped.norm).toBeCloseTo(free.norm, 4); // logged before clipping
    expect(clipped.moved).toBeCloseTo((free.moved * 0.125) / free.norm, 5);
    expect(loose.moved).toBeCloseTo(free.moved, 4);
  });

  test('initDecoderBias sets b_dec to the mean, from a tensor or streaming', async () => {
    const sae = subject.model();
    const x = rows(11);
    const mean = tf.mean(x, 0);
    for (const source of [x, tf.data.array(x.arraySync()).batch(4) as never]) {
      tf.tidy(() => void sae.sae.bDec.write(tf.zerosLike(mean)));
      await sae.initDecoderBias(source, { batchSize: 3 });
      expectClose(sae.sae.bDec.read(), mean, 1e-6);
    }
    tf.dispose([x, mean]);
    sae.dispose();
  });

  test('as many tensors after every epoch', async () => {
    const { sae, finish } = compiled(subject.model());
    const x = rows(10);
    const counts: number[] = [];
    const onEpochEnd = () => void counts.push(tf.memory().numTensors);
    await sae.fit(x, { epochs: 3, batchSize: 4, callbacks: { onEpochEnd }, ...quiet });
    await sae.fitDataset(tf.data.array(x.arraySync()).batch(4) as never, {
      epochs: 3,
      callbacks: { onEpochEnd },
      ...quiet,
    });
    expect(new Set(counts.slice(0, 3)).size).toBe(1);
    expect(new Set(counts.slice(3)).size).toBe(1);
    x.dispose();
    finish();
  });

  test('weights learn alike whatever the order of the rows within a batch', async () => {
    const models = [compiled(subject.model()), compiled(subject.model())];
    const x = rows(8);
    const turned = tf.reverse(x, 0);
    await models[0]?.sae.trainOnBatch(x);
    await models[1]?.sae.trainOnBatch(turned);
    const [one, two] = models.map(({ sae }) => values(sae.sae.wDec.read()));
    one?.forEach((value, i) => {
      expect(value).toBeCloseTo(two?.[i] as number, 5);
    });
    tf.dispose([x, turned]);
    for (const { finish } of models) finish();
  });
});
