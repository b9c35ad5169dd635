/**
 * Compares the forward pass with transformers on the prompts of the export, and prints what it takes:
 * `npx tsx docs/examples/language-model/check.ts [FOLDER]`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from 'gated-sae-tfjs/node';
import { generate } from './generate';
import { loadLlama } from './loadLlama';

interface Expected {
  readonly prompt: string;
  readonly ids: number[];
  readonly logits: number[];
  readonly hidden: number[][];
  readonly greedy: number[];
}

/** The largest difference, as a share of the largest value. */
function apart(received: ArrayLike<number>, expected: readonly number[]): number {
  let [difference, largest] = [0, 0];
  for (const [i, value] of expected.entries()) {
    difference = Math.max(difference, Math.abs(value - (received[i] as number)));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}

async function main(folder = join(__dirname, 'model')): Promise<void> {
  await useBackend('auto');
  const read = (name: string) => readFile(join(folder, name));
  const json = async (name: string) => JSON.parse((await read(name)).toString());
  const start = performance.now();
  const model = await loadLlama(read);
  console.log(`${tf.getBackend()}: opened in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  const tokenizer = new Tokenizer(await json('tokenizer.json'), {});
  const middle = `layers.${Math.floor((model.config.layers + 1) / 2) - 1}`;
  for (const { prompt, ids, logits, hidden, greedy } of (await json(
    'expected.json',
  )) as Expected[]) {
    const found = tokenizer.encode(prompt).ids;
    if (JSON.stringify(found) !== JSON.stringify(ids)) {
      throw new Error(`Tokens of ${JSON.stringify(prompt)}: expected ${ids}; received ${found}.`);
    }
    let inside: Float32Array | undefined;
    const given = tf.tensor2d(ids, [1, ids.length], 'int32');
    const all = model.forward(given, {
      lastOnly: true,
      hook: (name, x) => {
        if (name === middle) inside = x.dataSync<'float32'>().slice();
        return x;
      },
    });
    const last = await all.data<'float32'>();
    tf.dispose([given, all]);
    const written: number[] = [];
    const times: number[] = [];
    let before = performance.now();
    for await (const token of generate(model, ids, { tokens: greedy.length, stopAtEnd: false })) {
      written.push(token);
      times.push(performance.now() - before);
      before = performance.now();
    }
    const same = written.findIndex((token, i) => token !== greedy[i]);
    const rest = times.slice(1).reduce((a, b) => a + b, 0) / (times.length - 1);
    console.log(JSON.stringify(tokenizer.decode([...ids, ...written])));
    console.log(
      `  logits ${apart(last, logits).toExponential(1)} apart, ` +
        `${middle} ${apart(inside as Float32Array, hidden.flat()).toExponential(1)}; ` +
        `${same < 0 ? written.length : same} of ${greedy.length} greedy tokens the same; ` +
        `first token after ${times[0]?.toFixed(0)} ms, then ${(1000 / rest).toFixed(1)} a second`,
    );
  }
  model.dispose();
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
