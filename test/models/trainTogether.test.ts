import * as tf from '@tensorflow/tfjs';
import { KerasAdam, ReluSAE, SAEError, type SAEModel, trainTogether } from '../../src';
import { rows, values } from '../conformance/architecture';
import { everyBody } from '../engine/unbroken';

const end = (models: readonly SAEModel[]) => {
  for (const { optimizer, ...model } of models.map((one) => ({
    optimizer: one.optimizer,
    dispose: () => one.dispose(),
  }))) {
    model.dispose();
    optimizer.dispose();
  }
};

const weightsOf = (sae: SAEModel): number[][] => sae.getWeights().map(values);

/** A dataset of some batches, and how often it was asked for one. */
function counted(batches: readonly tf.Tensor2D[]) {
  const asked = { passes: 0, batches: 0 };
  const dataset = {
    iterator: () => {
      asked.passes += 1;
      let batch = 0;
      return {
        next: async () => {
          const value = batches[batch];
          if (value === undefined) return { done: true, value: null };
          asked.batches += 1;
          batch += 1;
          return { done: false, value: tf.clone(value) };
        },
      };
    },
  };
  return { asked, dataset };
}

test('each gets the numbers that it gets alone, bit for bit', async () => {
  const x = rows(23);
  const args = { epochs: 3, batchSize: 5, seed: 4, validationSplit: 0.2, verbose: 0 } as const;
  const [together, alone] = [everyBody(), everyBody()];
  const logs = await trainTogether(together, x, args);
  expect(Object.keys(logs)).toEqual(together.map(({ name }) => name));
  for (const [i, sae] of alone.entries()) {
    const { history } = await sae.fit(x, args);
    expect(logs[sae.name]?.history).toEqual(history);
    expect(weightsOf(together[i] as SAEModel)).toEqual(weightsOf(sae));
  }
  x.dispose();
  end(together);
  end(alone);
}, 240_000);

test('without a seed all have the same order, which is drawn', async () => {
  const make = (name: string) => {
    const sae = new ReluSAE({ inputDim: 6, encodingDim: 9, seed: 2, name });
    sae.compile({ optimizer: new KerasAdam() });
    return sae;
  };
  const models = [make('a'), make('b')];
  const x = rows(20);
  await trainTogether(models, x, { epochs: 2, batchSize: 4, verbose: 0 });
  expect(weightsOf(models[0] as SAEModel)).toEqual(weightsOf(models[1] as SAEModel));
  x.dispose();
  end(models);
});

test('a dataset is read once for all, and each gets what it gets alone', async () => {
  const batches = [rows(4, 1), rows(4, 2), rows(3, 3)];
  const validationData = rows(5, 9);
  const args = { epochs: 2, validationData, verbose: 0 } as const;
  const [together, alone] = [everyBody(), everyBody()];
  const { asked, dataset } = counted(batches);
  const logs = await trainTogether(together, dataset, args);
  expect(asked).toEqual({ passes: 2, batches: 6 });
  for (const [i, sae] of alone.entries()) {
    const { history } = await sae.fitDataset(counted(batches).dataset, args);
    expect(logs[sae.name]?.history).toEqual(history);
    expect(weightsOf(together[i] as SAEModel)).toEqual(weightsOf(sae));
  }
  tf.dispose([batches, validationData] as never);
  end(together);
  end(alone);
}, 240_000);

test('one pass through all epochs, by batchesPerEpoch', async () => {
  const batches = [1, 2, 3, 4].map((seed) => rows(4, seed));
  const models = everyBody();
  const { asked, dataset } = counted(batches);
  const args = { epochs: 2, batchesPerEpoch: 2, verbose: 0 } as const;
  await trainTogether(models, dataset, args);
  expect(asked).toEqual({ passes: 1, batches: 4 });
  for (const { optimizer } of models) expect(optimizer.iterations).toBe(4);
  tf.dispose(batches);
  end(models);
}, 240_000);

test('targets are shared too', async () => {
  const make = (name: string) => {
    const sae = new ReluSAE({ inputDim: 6, outputDim: 3, encodingDim: 9, seed: 2, name });
    sae.compile({ optimizer: new KerasAdam() });
    return sae;
  };
  const [x, y] = [rows(12), rows(12, 5, 3)];
  const [one, other, alone] = [make('a'), make('b'), make('a')] as [SAEModel, SAEModel, SAEModel];
  const args = { epochs: 2, batchSize: 4, seed: 1, verbose: 0 } as const;
  await trainTogether([one, other], [x, y], args);
  await alone.fit(x, y, args);
  expect(weightsOf(one)).toEqual(weightsOf(alone));
  tf.dispose([x, y]);
  end([one, other, alone]);
});

describe('one that ends early', () => {
  const x = () => rows(20);
  const args = { epochs: 3, batchSize: 5, seed: 4, verbose: 0 } as const;

  test('by a callback of its own: the others go on', async () => {
    const models = everyBody();
    const data = x();
    const stopping = models[1] as SAEModel;
    const logs = await trainTogether(models, data, {
      ...args,
      callbacks: (sae) => ({
        onBatchEnd: async () => {
          if (sae === stopping && sae.optimizer.iterations === 6) sae.stopTraining = true;
        },
      }),
    });
    expect(stopping.optimizer.iterations).toBe(6);
    expect(logs[stopping.name]?.epoch).toHaveLength(2);
    for (const sae of models.filter((one) => one !== stopping)) {
      expect(sae.optimizer.iterations).toBe(12);
    }
    data.dispose();
    end(models);
  }, 240_000);

  test.each([0, 3])(
    'by an error (model %i): it is named, and the others go on',
    async (place) => {
      const [models, alone] = [everyBody(), everyBody()];
      const data = x();
      const wrong = models[place] as SAEModel;
      const attempt = trainTogether(models, data, {
        ...args,
        callbacks: (sae) => ({
          onBatchEnd: async () => {
            if (sae === wrong && sae.optimizer.iterations === 5) throw new RangeError('not mine');
          },
        }),
      });
      await expect(attempt).rejects.toMatchObject({
        code: 'SAE_STATE',
        cause: expect.objectContaining({ message: 'not mine' }),
      });
      await expect(attempt).rejects.toThrow(`${wrong.where} has stopped: not mine. The others`);
      for (const [i, sae] of alone.entries()) {
        if (i === place) continue;
        await sae.fit(data, args);
        expect(weightsOf(models[i] as SAEModel)).toEqual(weightsOf(sae));
      }
      data.dispose();
      end(models);
      end(alone);
    },
    60_000,
  );

  test('by a rate that is too high', async () => {
    const models = everyBody();
    (models[1]?.optimizer as KerasAdam).learningRate = 1e25;
    const data = x();
    const error = await trainTogether(models, data, args).catch((caught) => caught);
    expect(error).toBeInstanceOf(SAEError);
    expect(error.code).toBe('SAE_NOT_FINITE');
    expect(error.message).toContain(models[1]?.name);
    data.dispose();
    end(models);
  });

  test('by its data: all end', async () => {
    const models = everyBody();
    // At its first batch: what tfjs has logged of an epoch that is broken off stays there.
    const fail = async () => Promise.reject(new Error('The disk is gone'));
    const dataset = { iterator: () => ({ next: fail }) };
    await expect(trainTogether(models, dataset, { verbose: 0 })).rejects.toThrow(
      'The disk is gone',
    );
    for (const { optimizer } of models) expect(optimizer.iterations).toBe(0);
    end(models);
  });
});

describe('what is wrong is said', () => {
  const made = (name: string, optimizer = new KerasAdam()) => {
    const sae = new ReluSAE({ inputDim: 6, encodingDim: 9, name });
    sae.compile({ optimizer });
    return sae;
  };

  test('models', async () => {
    const x = rows(4);
    const [one, same] = [made('a'), made('a')];
    for (const models of [[], undefined, one, [one, {}], [one, same], [one, one]]) {
      await expect(trainTogether(models as never, x)).rejects.toMatchObject({ code: 'SAE_OPTION' });
    }
    const sharing = made('b', one.optimizer as KerasAdam);
    await expect(trainTogether([one, sharing], x)).toBeRefused(
      'SAE_OPTION',
      'trainTogether.models',
      'expected an optimizer for each',
    );
    const raw = new ReluSAE({ inputDim: 6, encodingDim: 9, name: 'raw' });
    await expect(trainTogether([raw, one], x, { verbose: 0 })).toBeRefused(
      'SAE_STATE',
      'trainTogether',
    );
    const wide = new ReluSAE({ inputDim: 7, encodingDim: 9, name: 'wide' });
    wide.compile();
    await expect(trainTogether([one, wide], x, { verbose: 0 })).toBeRefused(
      'SAE_SHAPE',
      'trainTogether',
      `expected every model to train to its end; ${wide.where}`,
    );
    x.dispose();
    sharing.dispose();
    raw.dispose();
    wide.dispose();
    end([one, same]);
  });

  test('data and options', async () => {
    const x = rows(4);
    const one = made('a');
    for (const data of [undefined, null, 3, 'x', {}, [3], tf.tensor1d([1])]) {
      await expect(trainTogether([one], data as never)).rejects.toBeInstanceOf(SAEError);
      tf.dispose(data as never);
    }
    for (const args of [
      { epochs: 0 },
      { batchsize: 3 },
      { resumeAt: {} },
      { initialEpoch: 1 },
      { callbacks: {} },
      { callbacks: [] },
      { validationSplit: 1 },
    ]) {
      await expect(trainTogether([one], x, args as never)).rejects.toMatchObject({
        code: 'SAE_OPTION',
      });
    }
    await expect(
      trainTogether([one], counted([]).dataset, { batchSize: 3 } as never),
    ).rejects.toMatchObject({ code: 'SAE_OPTION' });
    x.dispose();
    end([one]);
  });
});
