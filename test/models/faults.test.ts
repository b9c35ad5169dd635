import * as tf from '@tensorflow/tfjs';
import { GatedSAE, SAEError } from '../../src';
import { refusal } from '../refusal';

const quiet = { verbose: 0 } as const;
const STEPS = ['sparse', 'tensor'] as const;
type Metric = (target: tf.Tensor, reconstruction: tf.Tensor) => tf.Tensor;

let x: tf.Tensor2D;
beforeAll(() => {
  x = tf.randomUniform([16, 8], 0, 1, 'float32', 5);
});
afterAll(() => x.dispose());

async function withModel(
  use: (sae: GatedSAE) => Promise<void>,
  compile: Parameters<GatedSAE['compile']>[0] = {},
): Promise<void> {
  const sae = new GatedSAE({ inputDim: 8, encodingDim: 16 });
  sae.compile(compile);
  try {
    await use(sae);
  } finally {
    sae.dispose();
  }
}

describe('a second training of a model is refused while the first goes on', () => {
  const batches = () =>
    tf.data.generator(function* () {
      for (let batch = 0; batch < 3; batch++) yield tf.ones([4, 8]);
    } as never);
  const trainings: [string, (sae: GatedSAE) => Promise<unknown>][] = [
    ['fit', (sae) => sae.fit(x, quiet)],
    ['fit with rows to validate', (sae) => sae.fit(x, { ...quiet, validationData: x })],
    ['fitDataset', (sae) => sae.fitDataset(batches() as never, quiet)],
    [
      'fitDataset with rows to validate',
      (sae) => sae.fitDataset(batches() as never, { ...quiet, validationData: x }),
    ],
  ];

  test.each(trainings)('%s, both begun within one tf.tidy', (_, train) =>
    withModel(async (sae) => {
      let begun: Promise<unknown>[] = [];
      tf.tidy(() => {
        begun = [train(sae), train(sae), sae.fit(x, quiet)];
      });
      const ends = await Promise.allSettled(begun);
      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
      for (const end of ends.slice(1)) {
        expect((end as PromiseRejectedResult).reason).toBeInstanceOf(SAEError);
        expect((end as PromiseRejectedResult).reason.message).toMatch(
          /^SAE_STATE GatedSAE ".*": expected one training at a time; received a second call of fit\./,
        );
      }
      await train(sae); // and the next one is welcome
    }),
  );

  test('one that fails before its first step leaves the place to the next', () =>
    withModel(async (sae) => {
      const wide = tf.ones([4, 9]);
      expect(await refusal(() => sae.fit(wide, quiet))).toMatch(/^SAE_SHAPE/);
      expect(await refusal(() => sae.fitDataset({} as never, quiet))).toMatch(/^SAE_DATA/);
      await sae.fit(x, quiet);
      wide.dispose();
    }));

  test('a step by trainOnBatch in a callback is none', () =>
    withModel(async (sae) => {
      const onEpochEnd = async () => {
        await sae.trainOnBatch(x);
      };
      await sae.fit(x, { ...quiet, callbacks: { onEpochEnd } });
      expect(sae.optimizer.iterations).toBe(2);
    }));
});

describe('what throws nothing is told of', () => {
  const NOTHING = [undefined, null, 0, '', false, Number.NaN];
  const told = (value: unknown) =>
    `that throw an Error where they fail; received ${value === '' ? '""' : value}. One of them threw`;
  const POINTS = [
    'onTrainBegin',
    'onEpochBegin',
    'onBatchBegin',
    'onBatchEnd',
    'onEpochEnd',
    'onTrainEnd',
  ] as const;

  test.each(POINTS)('by fit, of a callback in %s', (when) =>
    withModel(async (sae) => {
      for (const value of NOTHING) {
        for (const callback of [
          async () => {
            throw value;
          },
          () => Promise.reject(value),
        ]) {
          const callbacks = { [when]: callback };
          const message = await refusal(sae.fit(x, { ...quiet, callbacks }));
          expect(message).toMatch(/^SAE_OPTION GatedSAE ".*": /);
          expect(message).toContain(told(value));
        }
      }
      await sae.fit(x, quiet);
    }),
  );

  test.each(STEPS)('by fit, trainOnBatch and evaluate, of a metric by the %s step', (step) => {
    const metric: Metric = () => {
      throw undefined;
    };
    return withModel(
      async (sae) => {
        for (const act of [
          () => sae.fit(x, quiet),
          () => sae.trainOnBatch(x),
          () => sae.evaluateDataset({ iterator: () => once(tf.clone(x)) } as never),
        ]) {
          expect(await refusal(act)).toContain(told(undefined));
        }
      },
      { step, metrics: [metric] as never },
    );
  });

  test('by fitDataset, of a dataset', () =>
    withModel(async (sae) => {
      const next = () => Promise.reject(undefined);
      const message = await refusal(sae.fitDataset({ iterator: () => ({ next }) } as never, quiet));
      expect(message).toContain(told(undefined));
    }));

  test('what is thrown otherwise comes through as it is', () =>
    withModel(async (sae) => {
      for (const value of ['mine', 7, { mine: true }]) {
        const onBatchEnd = () => Promise.reject(value);
        const training = sae.fit(x, { ...quiet, callbacks: { onBatchEnd } });
        await expect(training).rejects.toBe(value);
      }
    }));
});

describe.each(STEPS)('a metric that throws leaves no tensor behind, by the %s step', (step) => {
  const fault = new Error('a metric of somebody');
  const thrower: Metric = () => {
    throw fault;
  };
  const noTensor = (() => undefined) as unknown as Metric;
  const metrics = [tf.metrics.meanAbsoluteError, thrower] as never;

  test.each<[string, (sae: GatedSAE) => Promise<unknown>]>([
    ['trainOnBatch', (sae) => sae.trainOnBatch(x)],
    ['fit', (sae) => sae.fit(x, quiet)],
    [
      'evaluate',
      async (sae) => {
        sae.evaluate(x);
      },
    ],
    [
      'evaluateDataset',
      (sae) => sae.evaluateDataset({ iterator: () => once(tf.clone(x)) } as never),
    ],
  ])('%s', async (_, act) => {
    await withModel(
      async (sae) => {
        await twice(() => act(sae)); // what is kept of the last step, and of the one before it
        const before = tf.memory().numTensors;
        await expect(act(sae)).rejects.toBe(fault);
        expect(tf.memory().numTensors - before).toBe(0);
      },
      { step, metrics },
    );
  });

  test('nor one that gives no tensor', () =>
    withModel(
      async (sae) => {
        await twice(() => sae.trainOnBatch(x));
        const before = tf.memory().numTensors;
        await expect(sae.trainOnBatch(x)).rejects.toThrow();
        expect(tf.memory().numTensors - before).toBe(0);
      },
      { step, metrics: [tf.metrics.meanAbsoluteError, noTensor] as never },
    ));
});

test('data that ends with its first pass leaves no tensor behind', () =>
  withModel(
    async (sae) => {
      await twice(() => sae.trainOnBatch(x));
      const before = tf.memory().numTensors;
      for (const dataset of [once, (batch: tf.Tensor) => oneIterator(once(batch))]) {
        const training = sae.fitDataset(dataset(tf.clone(x)) as never, { ...quiet, epochs: 3 });
        expect(await refusal(training)).toMatch(
          /^SAE_DATA .*received a dataset without batches\. .* anew in each pass\.$/,
        );
        expect(tf.memory().numTensors - before).toBe(0);
      }
    },
    { step: 'tensor' },
  ));

/** A dataset whose passes are all the same iterator. */
const oneIterator = <T>(iterator: T) => ({ iterator: () => iterator });

async function twice(act: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 2; i++) await act().catch(() => {});
}

function once(batch: tf.Tensor) {
  const left = [batch];
  return {
    next: async () => {
      const value = left.pop();
      return { value: value ?? null, done: value === undefined };
    },
  };
}
