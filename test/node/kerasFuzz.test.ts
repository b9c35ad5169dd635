import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { kerasArchive, SAEError } from '../../src';
import { crc32 } from '../../src/io/bytes/crc32';
import { bytesSource } from '../../src/io/bytes/source';
import { zipMembers } from '../../src/io/zip/read';
import { cpuTime } from '../cpuTime';
import { flipped } from '../flipped';
import { NEWEST } from '../io/keras/fixture';

/** Some of them here; `npm run test:matrix` has 10,000. */
const RUNS = Number(process.env['KERAS_FUZZ_RUNS'] ?? 2000);
const RESEALED = RUNS / 5;
const FILES = [
  'gsae_trained',
  'gsae_const_lr',
  'functional_gsae',
  'sequential_mlp',
  'lstm',
  'gsae_bfloat16',
];
const MOST_MS = 2000;

const goodFiles = FILES.map((name) => readFileSync(join(NEWEST, `${name}.keras`)));

/** The weights as one text, by name. */
function fingerprint({
  weightSpecs = [],
  weightData,
  trainingConfig,
}: tf.io.ModelArtifacts): string {
  const sums = (weightData as ArrayBuffer[]).map((buffer) => crc32(new Uint8Array(buffer)));
  return JSON.stringify([weightSpecs, sums, trainingConfig]);
}

const load = (bytes: Uint8Array) => kerasArchive(bytes, { includeOptimizer: true }).load();

/** What came of it: 'same', 'refused', or 'other arrays'. */
async function outcome(bytes: Uint8Array, right: string, seed: number): Promise<string> {
  const start = cpuTime();
  const result = await load(bytes).then(
    (artifacts) => (fingerprint(artifacts) === right ? 'same' : 'other arrays'),
    (error: Error) => {
      if (error instanceof SAEError) return 'refused';
      throw new Error(`seed ${seed}: ${error.stack}`, { cause: error });
    },
  );
  const ms = cpuTime() - start;
  if (ms > MOST_MS) throw new Error(`seed ${seed} took ${ms} ms`);
  return result;
}

test(`${RUNS} damaged files: the right arrays, or a refusal`, async () => {
  const right = await Promise.all(goodFiles.map(async (bytes) => fingerprint(await load(bytes))));
  const counts: Record<string, number> = {};
  for (let seed = 0; seed < RUNS; seed++) {
    const i = seed % FILES.length;
    const bytes = flipped(goodFiles[i] as Uint8Array, seed);
    const result = await outcome(bytes, right[i] as string, seed);
    if (result === 'other arrays') throw new Error(`seed ${seed}: ${FILES[i]} gives other arrays`);
    counts[result] = (counts[result] ?? 0) + 1;
  }
  expect(counts['refused']).toBeGreaterThan(RUNS / 2);
}, 300_000);

test(`${RESEALED} files with a checksum that fits their damage: no foreign error, no hang`, async () => {
  const counts: Record<string, number> = {};
  for (let seed = 0; seed < RESEALED; seed++) {
    const good = goodFiles[seed % FILES.length] as Uint8Array;
    const members = await zipMembers(bytesSource(good));
    const member = members[1 + (seed % 2)] as (typeof members)[0];
    const bytes = flipped(good, seed, member.offset, member.offset + member.size);
    const crc = crc32(bytes.subarray(member.offset, member.offset + member.size));
    reseal(bytes, member.crc, crc);
    const result = await outcome(bytes, '', seed);
    counts[result] = (counts[result] ?? 0) + 1;
  }
  // Both happen: damage in the data is not to be seen, and damage around it is.
  expect(counts['refused']).toBeGreaterThan(RESEALED / 20);
  expect(counts['other arrays']).toBeGreaterThan(RESEALED / 20);
}, 120_000);

/** Writes another checksum wherever the old one stands in the archive's headers. */
function reseal(bytes: Uint8Array, old: number, crc: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 4 <= bytes.length; at++) {
    if (view.getUint32(at, true) === old) view.setUint32(at, crc, true);
  }
}
