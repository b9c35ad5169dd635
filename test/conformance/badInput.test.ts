import * as tf from '@tensorflow/tfjs';
import { KerasAdam, SAEError, sparsityReport } from '../../src';
import { FEATURES, INPUT_DIM, named, rows, SUBJECTS, values } from './architecture';

const quiet = { verbose: 0 as const };

/** The code of the typed error that `act` must throw, and its message. */
async function refusal(act: () => unknown): Promise<[string, string]> {
  try {
    await act();
  } catch (error) {
    expect(error).toBeInstanceOf(SAEError);
    return [(error as SAEError).code, (error as SAEError).message];
  }
  throw new Error('nothing was thrown');
}

const WRONG_LAMBDAS: [Record<string, unknown>, string][] = [
  [{ lambdaSparse: 'x' }, 'lambdaSparse: expected a finite number ≥ 0; received "x".'],
  [{ lambdaSparse: -1 }, 'lambdaSparse: expected a finite number ≥ 0; received -1.'],
  [{ lambdaSparse: Number.NaN }, 'lambdaSparse: expected a finite number ≥ 0; received NaN.'],
  [{ lambdaSprase: 1 }, 'received "lambdaSprase". Did you mean "lambdaSparse"?'],
];

describe.each(SUBJECTS)('%s', (_, subject) => {
  test.each<[Record<string, unknown>, string]>([
    [{ encodingDim: 0 }, 'encodingDim: expected a positive integer; received 0.'],
    [{ encodingDim: 2.5 }, 'encodingDim: expected a positive integer; received 2.5.'],
    [{ inputDim: undefined }, 'inputDim: expected a positive integer; received undefined.'],
    [{ clipNorm: 0 }, 'clipNorm: expected a finite number > 0, or null for none; received 0.'],
    [{ clipNorm: Infinity }, 'or null for none; received Infinity.'],
    [{ seed: 'a' }, 'seed: expected an integer; received "a".'],
    [{ name: '' }, 'name: expected a name of letters, digits'],
    [{ name: 'my sae' }, 'name: expected a name of letters, digits'],
    [{ clipNorm: 1e39 }, 'clipNorm: expected a finite number > 0'],
    [{ encodingDim: 1e12 }, 'encodingDim: expected at most'],
    [{ encodingDin: 1 }, 'received "encodingDin". Did you mean "encodingDim"?'],
    [{ colour: 1 }, 'received "colour". Leave it out: there is nothing of that name.'],
    ...(subject.lambda.lambdaSparse === undefined ? [] : WRONG_LAMBDAS),
  ])('new model(%j)', async (args, message) => {
    const [code, text] = await refusal(() => subject.model(args));
    expect(code).toBe('SAE_OPTION');
    expect(text).toContain(message);
    expect(text).toMatch(new RegExp(`^SAE_OPTION ${subject.className}[.:]`));
  });

  test.each([
    [{ encodingDim: '8' }, 'encodingDim: expected a positive integer; received "8".'],
    [{ returns: 'both' }, 'returns: expected one of "reconstruction", "codes"; received "both".'],
    [{ lambda: 1 }, 'received "lambda".'],
    [{ name: '_x' }, 'name: expected a name of letters, digits'],
    [{ name: 'a/b' }, 'name: expected a name of letters, digits'],
    [{ name: 5 }, 'name: expected a name of letters, digits'],
  ])('new layer(%j)', async (args, message) => {
    const [code, text] = await refusal(() => subject.layer(args));
    expect(code).toBe('SAE_OPTION');
    expect(text).toContain(message);
  });

  test('options that are no object', async () => {
    const Model = subject.model().constructor as new (args: unknown) => unknown;
    for (const args of [undefined, null, 7, [1]]) {
      expect((await refusal(() => new Model(args)))[0]).toBe('SAE_OPTION');
    }
    tf.disposeVariables();
  });

  test.each([
    ['another width', [4, INPUT_DIM + 1], 'SAE_SHAPE'],
    ['rank 1', [INPUT_DIM], 'SAE_SHAPE'],
    ['another width in rank 3', [INPUT_DIM, 2, INPUT_DIM + 1], 'SAE_SHAPE'],
    ['no rows', [0, INPUT_DIM], 'SAE_DATA'],
  ] as const)('rows with %s, in every method', async (_name, shape, expected) => {
    const sae = subject.model();
    sae.compile();
    const x = tf.zeros(shape as unknown as [number, number]);
    const dataset = { iterator: async () => oneBatch(x) };
    const calls: Record<string, () => unknown> = {
      encode: () => sae.encode(x),
      encodeDetailed: () => sae.encodeDetailed(x),
      predict: () => sae.predict(x),
      predictOnBatch: () => sae.predictOnBatch(x),
      fit: () => sae.fit(x, quiet),
      fitDataset: () => sae.fitDataset(dataset, quiet),
      evaluate: () => sae.evaluate(x),
      evaluateDataset: () => sae.evaluateDataset(dataset),
      trainOnBatch: () => sae.trainOnBatch(x),
      initDecoderBias: () => sae.initDecoderBias(x),
      sparsityReport: () => sparsityReport(sae, x),
    };
    for (const [name, call] of Object.entries(calls)) {
      const [code, text] = await refusal(call);
      expect({ name, code }).toEqual({ name, code: expected });
      if (code === 'SAE_SHAPE') {
        expect(text).toContain(`expected [..., ${INPUT_DIM}]; received [${shape.join(', ')}].`);
      }
    }
    x.dispose();
    sae.dispose();
  });

  test('data that is no tensor, and datasets without a batch', async () => {
    const sae = subject.model();
    sae.compile();
    for (const data of [undefined, null, [[1, 2]], { a: 1 }, 'rows']) {
      expect((await refusal(() => sae.fit(data as never, quiet)))[0]).toBe('SAE_DATA');
      expect((await refusal(() => sae.encode(data as never)))[0]).toBe('SAE_DATA');
    }
    const none = { iterator: async () => ({ next: async () => ({ value: null, done: true }) }) };
    for (const call of [
      () => sae.fitDataset(none as never, quiet),
      () => sae.evaluateDataset(none as never),
      () => sae.initDecoderBias(none as never),
      () => sparsityReport(sae, none as never),
    ]) {
      expect((await refusal(call))[0]).toBe('SAE_DATA');
    }
    expect(
      (await refusal(() => sae.fitDataset({ iterator: async () => oneBatch('x') }, quiet)))[0],
    ).toBe('SAE_DATA');
    sae.dispose();
  });

  test.each([Number.NaN, Infinity])('data with %s', async (bad) => {
    const sae = subject.model();
    sae.compile();
    const x = tf.tidy(() => tf.concat([rows(3), tf.fill([1, INPUT_DIM], bad)]));
    const before = sae.getWeights().map(values);
    const calls: Record<string, () => unknown> = {
      encode: () => sae.encode(x),
      predict: () => sae.predict(x),
      evaluate: () => sae.evaluate(x),
      evaluateDataset: () => sae.evaluateDataset({ iterator: async () => oneBatch(x) }),
      fit: () => sae.fit(x, { epochs: 3, ...quiet }),
      fitDataset: () => sae.fitDataset({ iterator: async () => oneBatch(x) }, quiet),
      trainOnBatch: () => sae.trainOnBatch(x),
      initDecoderBias: () => sae.initDecoderBias(x),
      sparsityReport: () => sparsityReport(sae, x),
    };
    for (const [name, call] of Object.entries(calls)) {
      const [code, text] = await refusal(call);
      expect({ name, code }).toEqual({ name, code: 'SAE_NOT_FINITE' });
      expect(text).toMatch(/data|batch holds/);
    }
    expect(sae.getWeights().map(values)).toEqual(before);
    x.dispose();
    sae.dispose();
  });

  test('a loss that turns NaN in the middle of training stops it with the last good weights', async () => {
    const models = [subject.model(), subject.model()] as const;
    const batches = [rows(4), rows(4, 2), tf.fill([4, INPUT_DIM], Number.NaN), rows(4, 3)];
    for (const sae of models) sae.compile();
    const stream = (some: tf.Tensor[]) => ({
      size: some.length,
      iterator: async () => {
        let next = 0;
        return {
          next: async () => {
            const t = some[next++];
            return t ? { value: tf.clone(t), done: false } : { value: null, done: true };
          },
        };
      },
    });
    const seen: number[] = [];
    const [code, text] = await refusal(() =>
      models[0].fitDataset(stream(batches.slice(0, 3)), {
        epochs: 2,
        callbacks: { onBatchEnd: (_b: number, logs) => void seen.push(logs?.['loss'] as number) },
        ...quiet,
      }),
    );
    await models[1].fitDataset(stream(batches.slice(0, 2)), quiet);
    expect(code).toBe('SAE_NOT_FINITE');
    expect(text).toContain(
      'at step 3; received NaN. Weights are those after step 2. The batch holds',
    );
    expect(seen.map(Number.isFinite)).toEqual([true, true, false]);
    expect(models[0].getWeights().map(values)).toEqual(models[1].getWeights().map(values));
    // and it can go on
    await models[0].fitDataset(stream(batches.slice(0, 2)), quiet);
    tf.dispose(batches);
    for (const sae of models) sae.dispose();
  });

  test('weights that are not finite are named as the cause', async () => {
    const sae = subject.model();
    sae.compile({ optimizer: new KerasAdam() });
    tf.tidy(() => void sae.sae.wDec.write(tf.fill([FEATURES, INPUT_DIM], Number.NaN)));
    const x = rows(2);
    expect((await refusal(() => sae.trainOnBatch(x)))[1]).toContain('They hold NaN');
    expect((await refusal(() => sae.evaluate(x)))[1]).toContain('Load or initialise the weights');
    x.dispose();
    sae.dispose();
  });

  test('batch 0, unknown and wrong options of every method', async () => {
    const sae = subject.model();
    sae.compile();
    const x = rows(2);
    const calls: (() => unknown)[] = [
      () => sae.fit(x, { batchSize: 0 }),
      () => sae.fit(x, { epochs: 1.5 }),
      () => sae.fit(x, { epoch: 1 } as never),
      () => sae.fit(x, { classWeight: {} } as never),
      () => sae.fitDataset({ iterator: async () => oneBatch(x) }, { epochs: 0 }),
      () => sae.fit(x, { validationSplit: 1 }),
      () => sae.fit(x, { validationSplit: 'x' } as never),
      () => sae.fit(x, { initialEpoch: -1 }),
      () => sae.fit(x, { yieldEvery: 'zzz' } as never),
      () => sae.fit(x, { verbose: 'x' } as never),
      () => sae.fit(x, { callbacks: 7 } as never),
      () => sae.fit(x, { shuffle: 'batch' } as never),
      () => sae.fitDataset({ iterator: async () => oneBatch(x) }, { batchesPerEpoch: 0 }),
      () => sae.fitDataset({ iterator: async () => oneBatch(x) }, { validationBatches: 0 }),
      () => sae.evaluateDataset({ iterator: async () => oneBatch(x) }, { batches: 0 }),
      () => sae.evaluateDataset({ iterator: async () => oneBatch(x) }, { batch: 1 } as never),
      () => sae.evaluate(x, { batchSize: 0 }),
      () => sae.predict(x, { batchSize: -1 }),
      () => sae.initDecoderBias(x, { batchSize: 0 }),
      () => sparsityReport(sae, x, { batchSize: 0 }),
      () => sparsityReport(sae, x, { K: 3 } as never),
      () => sae.compile({ loss: 'hinge' }),
      () => sae.compile({ optimizer: 'adamm' }),
      () => sae.compile({ optimizer: 3 } as never),
      () => sae.compile({ steps: 'sparse' } as never),
      () => sae.compile({ step: 'dense' } as never),
      () => sae.compile({ threads: 0 }),
      () => sae.compile({ threads: 1000 }),
      () => sae.encodeSparse(x, { batchSize: 0 }),
      () => sae.setLambda(-1),
      () => sae.setLambda('1' as never),
      () => sae.setOption('lambda', 1),
      () => sae.setOption('encodingDim', 1),
    ];
    for (const call of calls) expect((await refusal(call))[0]).toBe('SAE_OPTION');
    x.dispose();
    sae.dispose();
  });

  test('what tfjs allows beside its types: callbacks null, an iterator, a lone optimizer', async () => {
    const sae = subject.model();
    const x = rows(2);
    const optimizer = new KerasAdam();
    sae.optimizer = optimizer;
    expect((await refusal(() => sae.trainOnBatch(x)))[0]).toBe('SAE_STATE');
    sae.compile({ optimizer });
    await sae.fit(x, { callbacks: null, ...quiet } as never);
    tf.dispose(await sae.evaluateDataset(oneBatch(x) as never));
    x.dispose();
    sae.dispose();
    optimizer.dispose();
  });

  test('frozen weights, a second fit, data for validation alone, datasets that are none', async () => {
    const sae = subject.model();
    sae.compile();
    const x = rows(8);
    const first = sae.fit(x, { epochs: 2, ...quiet });
    expect((await refusal(() => sae.fit(x, quiet)))[1]).toContain('one training at a time');
    await first;
    expect((await refusal(() => sae.fit(x, { validationSplit: 0.999 })))[0]).toBe('SAE_DATA');
    for (const data of [x, undefined, {}, 7]) {
      expect((await refusal(() => sae.fitDataset(data as never)))[0]).toBe('SAE_DATA');
      expect((await refusal(() => sae.evaluateDataset(data as never)))[0]).toBe('SAE_DATA');
    }
    sae.trainable = false;
    for (const call of [() => sae.fit(x), () => sae.trainOnBatch(x)]) {
      expect((await refusal(call))[1]).toContain('all frozen');
    }
    x.dispose();
    sae.dispose();
  });

  test('bytes with a wrong target leak nothing', async () => {
    const sae = subject.model();
    sae.compile();
    const [x, y] = [tf.zeros([2, INPUT_DIM], 'int32'), tf.zeros([2, INPUT_DIM + 1], 'int32')];
    const short = tf.zeros([1, INPUT_DIM], 'int32');
    for (const target of [y, short]) {
      expect((await refusal(() => sae.fit(x, target, quiet)))[0]).toBe('SAE_SHAPE');
      expect((await refusal(() => sae.evaluate(x, target)))[0]).toBe('SAE_SHAPE');
    }
    tf.dispose([x, y, short]);
    sae.dispose();
  });

  test('a layer that has seen no input', async () => {
    const layer = subject.layer();
    const x = rows(1);
    expect((await refusal(() => layer.encode(x)))[0]).toBe('SAE_STATE');
    expect((await refusal(() => layer.inputDim))[0]).toBe('SAE_STATE');
    x.dispose();
  });

  test('training before compile', async () => {
    const sae = subject.model();
    const x = rows(2);
    for (const call of [
      () => sae.fit(x),
      () => sae.fitDataset({ iterator: async () => oneBatch(x) }),
      () => sae.evaluate(x),
      () => sae.evaluateDataset({ iterator: async () => oneBatch(x) }),
      () => sae.trainOnBatch(x),
    ]) {
      expect((await refusal(call))[0]).toBe('SAE_STATE');
    }
    x.dispose();
    sae.dispose();
  });

  test('weights of other shapes, other counts and other names', async () => {
    const sae = subject.model();
    const before = sae.getWeights().map(values);
    const some = sae.getWeights().map((w) => tf.clone(w));
    const place = Object.keys(named(sae.sae)).indexOf('b_dec');
    const wrong = some.map((w, i) => (i === place ? tf.zeros([INPUT_DIM + 1]) : w));
    expect((await refusal(() => sae.setWeights(some.slice(1))))[0]).toBe('SAE_SHAPE');
    expect((await refusal(() => sae.setWeights(wrong)))[1]).toContain(
      `expected b_dec of shape [${INPUT_DIM}]; received [${INPUT_DIM + 1}].`,
    );
    for (const weights of [null, some.map(() => 1)]) {
      expect((await refusal(() => sae.setWeights(weights as never)))[0]).toBe('SAE_SHAPE');
    }
    const integers = some.map((w) => tf.cast(w, 'int32'));
    expect((await refusal(() => sae.setWeights(integers)))[1]).toContain('as a tensor of float32');
    tf.dispose(integers);
    const names = sae.weights.map((w) => w.originalName);
    const file = (tensors: tf.Tensor[]) =>
      Object.fromEntries(names.map((name, i) => [name, tensors[i] as tf.Tensor]));
    expect((await refusal(() => sae.loadWeights(file(wrong))))[0]).toBe('SAE_SHAPE');
    const { [names[0] as string]: first, ...rest } = file(some);
    expect((await refusal(() => sae.loadWeights(rest)))[0]).toBe('SAE_FILE');
    expect((await refusal(() => sae.loadWeights({ ...rest, other: first as never })))[0]).toBe(
      'SAE_FILE',
    );
    expect(sae.getWeights().map(values)).toEqual(before);
    tf.dispose([some, wrong]);
    sae.dispose();
  });

  test('in an ordinary model', async () => {
    const refused = async (layer: tf.layers.Layer, input: tf.SymbolicTensor[], message: string) => {
      const [code, text] = await refusal(() => layer.apply(input));
      expect(code).toBe('SAE_SHAPE');
      expect(text).toContain(message);
    };
    const input = (...shape: (number | null)[]) => tf.input({ shape });
    await refused(subject.layer(), [input()], 'expected [..., width]; received [batch]. Give it');
    await refused(subject.layer(), [input(3, null)], 'received [batch, 3, width]. Give it');
    await refused(subject.layer(), [input(3), input(3)], 'expected one input; received 2.');
    const layer = subject.layer();
    layer.apply(input(16));
    await refused(layer, [input(5)], 'expected [..., 16]; received [batch, 5]. Use rows');
    await refused(layer, [input(4, 4)], 'received [batch, 4, 4]. Reshape it to [batch, 16].');
    await refused(layer, [input(16), input(16)], 'expected one input; received 2.');
    const sequence = tf.input({ shape: [5, 3] });
    const bidirectional = () =>
      tf.layers.bidirectional({ layer: subject.layer() as never, mergeMode: 'sum' });
    expect((await refusal(() => bidirectional().apply(sequence)))[0]).toBe('SAE_OPTION');
    layer.dispose();
  });
});

/** A pass over one batch: a copy of the tensor, for tfjs disposes what a dataset gives. */
function oneBatch(value: unknown) {
  let left = 1;
  const copy = () => (value instanceof tf.Tensor ? tf.clone(value) : value);
  return {
    next: async () => (left-- > 0 ? { value: copy(), done: false } : { value: null, done: true }),
  };
}
