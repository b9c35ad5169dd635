/**
 * The sparse step in another version of Node: a contestant in a process of its own, which talks as
 * python-interop/bench/answers.py says.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { libraryStep, type Start } from './ownContestants';
import { WEIGHTS } from './state';

const [folder = '', threads] = process.argv.slice(2);
const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const peak = () => process.resourceUsage().maxRSS * 1024;

/** What a contestant needs of a state that `writeState` has written. */
function readState(folder: string): Start {
  const meta = readFileSync(join(folder, 'meta.json'), 'utf8');
  const { shapes } = JSON.parse(meta) as { shapes: { x: number[]; b_gate: number[] } };
  const read = (name: string) => {
    const { buffer, byteOffset, byteLength } = readFileSync(join(folder, `${name}.f32`));
    return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  };
  const [batch, inputDim] = shapes.x as [number, number];
  const [features] = shapes.b_gate as [number];
  return { batch, inputDim, features, weights: WEIGHTS.map(read), x: read('x') };
}

async function main(): Promise<void> {
  tf.enableProdMode();
  say({ versions: {}, bytes: peak() });
  const compile = { step: 'sparse', threads: Number(threads) } as const;
  const contestant = await libraryStep('this one', readState(folder), compile);
  for await (const line of createInterface({ input: process.stdin })) {
    const { steps } = JSON.parse(line) as { steps: number };
    say({ ...(await contestant.take(steps)), bytes: peak() });
  }
  await contestant.end();
}

void main();
