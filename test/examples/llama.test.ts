import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { generate } from '../../docs/examples/language-model/generate';
import { KeyValueCache, type Llama } from '../../docs/examples/language-model/llama';
import { loadLlama } from '../../docs/examples/language-model/loadLlama';
import { captureActivations, hookedModel } from '../../src';

/** A small Llama of random weights, and what transformers computes of it: export_llama.py tiny. */
const folder = join(__dirname, 'fixtures', 'llama');
const EXPECTED: { ids: number[]; logits: number[]; hidden: number[][]; greedy: number[] }[] =
  JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));

let model: Llama;
beforeAll(async () => {
  model = await loadLlama((name) => readFile(join(folder, name)));
});
afterAll(() => model?.dispose());

const idsOf = (ids: readonly number[]) => tf.tensor2d([...ids], [1, ids.length], 'int32');

/** The largest difference, of the largest value. */
function relative(received: ArrayLike<number>, expected: readonly number[]): number {
  expect(received.length).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  return (
    Math.max(...expected.map((value, i) => Math.abs(value - (received[i] as number)))) / largest
  );
}

test.each(EXPECTED)('logits and hidden states are those of transformers', async (one) => {
  const hidden: number[][][] = [];
  const logits = tf.tidy(() => {
    const all = model.forward(idsOf(one.ids), {
      hook: (name, x) => {
        if (name === 'layers.1') hidden.push(...(x.arraySync() as number[][][]));
        return x;
      },
    });
    return all.arraySync()[0] as number[][];
  });
  expect(relative(logits.at(-1) as number[], one.logits)).toBeLessThan(1e-5);
  expect(relative((hidden[0] as number[][]).flat(), one.hidden.flat())).toBeLessThan(1e-5);
});

test.each(EXPECTED)('text goes on as in transformers, a token at a time', async (one) => {
  const { numTensors } = tf.memory();
  const written: number[] = [];
  const args = { tokens: one.greedy.length, stopAtEnd: false };
  for await (const token of generate(model, one.ids, args)) written.push(token);
  expect(written).toEqual(one.greedy);
  expect(tf.memory().numTensors).toBe(numTensors);
});

test('tokens read in parts, with a cache, give the logits of all at once', () => {
  const { ids } = EXPECTED[0] as (typeof EXPECTED)[0];
  const cache = new KeyValueCache();
  tf.tidy(() => {
    const whole = model.forward(idsOf(ids)).arraySync()[0] as number[][];
    const parts = [ids.slice(0, 3), ids.slice(3, 4), ids.slice(4)].flatMap(
      (part) => model.forward(idsOf(part), { cache }).arraySync()[0] as number[][],
    );
    expect(relative(parts.flat(), whole.flat())).toBeLessThan(1e-5);
  });
  expect(cache.tokens).toBe(ids.length);
  cache.dispose();
});

test('texts of one batch do not see each other, nor what fills them up', async () => {
  const [a, b] = EXPECTED as [(typeof EXPECTED)[0], (typeof EXPECTED)[0]];
  const filled = [...b.ids, ...new Array(a.ids.length - b.ids.length).fill(0)];
  const ids = tf.tensor2d([...a.ids, ...filled], [2, a.ids.length], 'int32');
  const logits = tf.tidy(() => model.forward(ids).arraySync() as number[][][]);
  expect(relative(logits[0]?.at(-1) as number[], a.logits)).toBeLessThan(1e-5);
  expect(relative(logits[1]?.[b.ids.length - 1] as number[], b.logits)).toBeLessThan(1e-5);

  // The same through the library: the padding is no row, and no layer above is computed.
  const hooked = hookedModel((x, hook) => model.forward(x as tf.Tensor2D, { hook }));
  const rows = captureActivations(hooked, 'layers.1', ids, { excludeTokens: [0] }).iterator();
  const { value } = await rows.next();
  const values = (await value?.xs.data()) as Float32Array;
  expect(relative(values, [...a.hidden, ...b.hidden].flat())).toBeLessThan(1e-5);
  tf.dispose([value?.xs ?? [], ids]);
  await rows.next();
});

test('a steered text is another one, and one that is too long is refused', async () => {
  const { ids, greedy } = EXPECTED[0] as (typeof EXPECTED)[0];
  const direction = tf.randomNormal([model.config.width], 0, 20, 'float32', 1);
  const steered: number[] = [];
  const hook = (name: string, x: tf.Tensor) => (name === 'layers.1' ? tf.add(x, direction) : x);
  for await (const token of generate(model, ids, { tokens: 10, stopAtEnd: false, hook })) {
    steered.push(token);
  }
  expect(steered).not.toEqual(greedy);
  direction.dispose();
  const long = tf.zeros<tf.Rank.R2>([1, 65], 'int32');
  expect(() => model.forward(long)).toThrow('The text has 65 tokens; the model reads 64.');
  long.dispose();
});
