import * as tf from '@tensorflow/tfjs';
import { KerasAdam, MatryoshkaSAE, MatryoshkaSAELayer, SAEError } from '../../src';
import { drawnPrefixes, evenPrefixes } from '../../src/layers/prefixDraw';
import { rows, values } from '../conformance/architecture';
import { disposeAll, stateOf, throughKeras, throughMemory } from '../engine/unbroken';
import { drawn } from '../reference/matryoshka';

const SIZES = { inputDim: 4, encodingDim: 32 };

test.each([
  [undefined, [2, 4, 8, 16, 32]],
  [[3], [3, 32]],
  [
    [3, 9, 32],
    [3, 9, 32],
  ],
])('prefixes %j are %j', (given, expected) => {
  const sae = new MatryoshkaSAE({ ...SIZES, ...(given && { prefixes: given }) });
  expect(sae.sae.prefixes).toEqual(expected);
  expect(sae.getConfig()['prefixes']).toEqual(expected);
  sae.dispose();
});

test('a dictionary of one feature has no smaller ones', () => {
  const sae = new MatryoshkaSAE({ inputDim: 4, encodingDim: 1 });
  expect(sae.sae.prefixes).toEqual([1]);
  sae.dispose();
});

test.each([[[]], [[0, 4]], [[4, 4]], [[8, 4]], [[1.5]], [[33]], ['4'], [[4, Number.NaN]]])(
  'prefixes %j are refused',
  (prefixes) => {
    expect(() => new MatryoshkaSAE({ ...SIZES, prefixes: prefixes as never })).toThrow(SAEError);
    expect(() => new MatryoshkaSAE({ ...SIZES, prefixes: prefixes as never })).toThrow(
      /^SAE_OPTION MatryoshkaSAE\w*\.prefixes: expected /,
    );
  },
);

test('a loss of a million squares is summed row by row', () => {
  const sae = new MatryoshkaSAE({ inputDim: 500, encodingDim: 32, k: 1 });
  const x = tf.randomUniform<tf.Rank.R2>([512, 500], 0, 1, 'float32', 3);
  const { loss, codes, reconstruction, saved, terms } = tf.tidy(() => {
    sae.sae.wDec.write(tf.zeros([32, 500]));
    return { ...sae.sae.forward(x, x, false) };
  });
  // Each of the five reconstructions is b_dec, which is 0.
  const squares = x.dataSync<'float32'>().reduce((sum, value) => sum + value * value, 0);
  const apart = (loss.dataSync<'float32'>()[0] as number) / ((5 * squares) / 512) - 1;
  tf.dispose([x, loss, codes, reconstruction, saved, terms] as tf.Tensor[]);
  sae.dispose();
  expect(Math.abs(apart)).toBeLessThan(2e-6);
});

describe('drawn prefixes', () => {
  const DRAWN = { ...SIZES, k: 3, drawnPrefixes: 5, prefixSeed: 7, seed: 1 };
  const drawsOf = (sae: MatryoshkaSAE) => values(sae.sae.weights.at(-1)?.read() as tf.Tensor)[0];

  test('rise up to all features, are those of the formulas, and small ones are likely', () => {
    const features = 100;
    const all: number[] = [];
    for (let step = 0; step < 2000; step++) {
      const numbers = drawnPrefixes(features, 5, 3, step);
      expect(numbers).toEqual(drawn(features, 5, 3, step));
      expect(numbers).toHaveLength(5);
      expect(numbers.at(-1)).toBe(features);
      numbers.forEach((count, i) => {
        expect(count).toBeGreaterThan(numbers[i - 1] ?? 0);
      });
      all.push(...numbers.slice(0, -1));
    }
    // P(m > 9) = (1/√10 − 1/√100) / (1 − 1/√100) = 0.24, and as they differ somewhat more.
    const above = all.filter((count) => count > 9).length / all.length;
    expect(above).toBeGreaterThan(0.22);
    expect(above).toBeLessThan(0.36);
    expect(new Set(all).size).toBeGreaterThan(90);
  });

  test('of as many as there are features are all of them, and others with another seed or step', () => {
    expect(drawnPrefixes(6, 6, 0, 3)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(drawnPrefixes(2, 2, -9, 3)).toEqual([1, 2]);
    expect(drawnPrefixes(6272, 5, 0, 0)).toEqual([1, 2, 5, 10, 6272]);
    expect(drawnPrefixes(6272, 5, 0, 1)).toEqual([1, 2, 6, 133, 6272]);
    expect(drawnPrefixes(6272, 5, 1, 0)).toEqual([2, 22, 648, 973, 6272]);
    expect(evenPrefixes(6272, 5)).toEqual([1, 2, 6, 54, 6272]);
  });

  test.each(['sparse', 'tensor'] as const)('%s step: a loss for each step’s own', async (step) => {
    const sae = new MatryoshkaSAE({ ...DRAWN, clipNorm: null });
    const optimizer = new KerasAdam({ learningRate: 0 });
    sae.compile({ optimizer, step });
    const x = rows(16, 1, SIZES.inputDim);
    await sae.trainOnBatch(x); // brings the rows to norm 1
    const losses: number[] = [];
    for (let i = 1; i < 5; i++) {
      expect(sae.sae.trainedPrefixes).toEqual(drawnPrefixes(32, 5, 7, i));
      expect(sae.sae.prefixes).toEqual(evenPrefixes(32, 5));
      losses.push(((await sae.trainOnBatch(x)) as number[])[0] as number);
      expect(drawsOf(sae)).toBe(i + 1);
      const fixed = new MatryoshkaSAE({ ...SIZES, k: 3, prefixes: drawnPrefixes(32, 5, 7, i) });
      tf.tidy(() => {
        fixed.setWeights(sae.getWeights().slice(0, -1));
        const [loss] = values(fixed.sae.forward(x, x, true).loss) as [number];
        expect(losses.at(-1)).toBeCloseTo(loss, 4);
      });
      fixed.dispose();
    }
    expect(new Set(losses).size).toBe(4);
    const evaluated = async () => {
      const found = (await sae.evaluate(x, x, { verbose: 0 })) as tf.Scalar[];
      const [loss] = found.flat().flatMap(values);
      tf.dispose(found);
      return loss;
    };
    expect(await evaluated()).toBe(await evaluated());
    expect(drawsOf(sae)).toBe(5);
    x.dispose();
    sae.dispose();
    optimizer.dispose();
  });

  test.each(['sparse', 'tensor'] as const)(
    '%s step: saved in each way and gone on with, it is as if it were not broken off',
    async (step) => {
      const compiled = (sae: MatryoshkaSAE) => {
        sae.compile({ optimizer: new KerasAdam({ learningRate: 0.01 }), step });
        return sae;
      };
      const make = () => compiled(new MatryoshkaSAE(DRAWN));
      const x = rows(80, 1, SIZES.inputDim);
      const args = { batchSize: 8, shuffle: true, seed: 4, epochs: 2, verbose: 0 } as const;
      const whole = make();
      await whole.fit(x, args);
      const expected = await stateOf(whole);
      for (const way of [throughMemory, throughKeras]) {
        const first = make();
        await first.fit(x, { ...args, epochs: 1 });
        const second = await way(first);
        second.compile({ optimizer: second.optimizer, step });
        await second.fit(x, { ...args, initialEpoch: 1 });
        expect(await stateOf(second)).toEqual(expected);
        for (const each of [first, second]) disposeAll(each);
      }
      disposeAll(whole);
      x.dispose();
    },
  );

  test("in somebody else's model steps are counted too", async () => {
    const layer = new MatryoshkaSAELayer({ encodingDim: 32, drawnPrefixes: 3, inputShape: [4] });
    const model = tf.sequential({ layers: [layer] });
    const optimizer = tf.train.sgd(0.01);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const x = rows(8, 1, 4);
    for (let i = 0; i < 3; i++) await model.trainOnBatch(x, x);
    expect(values(layer.weights.at(-1)?.read() as tf.Tensor)).toEqual([3]);
    expect(layer.trainedPrefixes).toEqual(drawnPrefixes(32, 3, 0, 3));
    x.dispose();
    model.dispose();
    optimizer.dispose();
  });

  test('are told of in the configuration, where there are some', () => {
    const [some, none] = [new MatryoshkaSAE(DRAWN), new MatryoshkaSAE(SIZES)];
    expect(some.getConfig()).toMatchObject({ drawnPrefixes: 5, prefixSeed: 7 });
    expect('prefixes' in some.getConfig()).toBe(false);
    for (const option of ['drawnPrefixes', 'prefixSeed']) {
      expect(option in none.getConfig()).toBe(false);
    }
    expect(some.getWeights()).toHaveLength(none.getWeights().length + 1);
    some.setOption('k', 2);
    expect(some.sae.options).toMatchObject({ k: 2, drawnPrefixes: 5 });
    for (const sae of [some, none]) sae.dispose();
  });

  test.each<[object, RegExp]>([
    [{ drawnPrefixes: 1 }, /drawnPrefixes: expected from 2 to encodingDim, 32; received 1/],
    [{ drawnPrefixes: 33 }, /drawnPrefixes: expected from 2 to encodingDim, 32; received 33/],
    [{ drawnPrefixes: 2.5 }, /drawnPrefixes: expected a positive integer; received 2\.5/],
    [{ drawnPrefixes: 3, prefixSeed: 0.5 }, /prefixSeed: expected an integer; received 0\.5/],
    [
      { drawnPrefixes: 3, prefixes: [4] },
      /drawnPrefixes: expected no prefixes beside it; .*Leave out/,
    ],
    [{ prefixSeed: 3 }, /prefixSeed: expected none without drawnPrefixes; received 3/],
  ])('%j is refused', (options, message) => {
    expect(() => new MatryoshkaSAE({ ...SIZES, ...options })).toThrow(message);
    expect(() => new MatryoshkaSAE({ ...SIZES, ...options })).toThrow(/^SAE_OPTION MatryoshkaSAE/);
  });
});
