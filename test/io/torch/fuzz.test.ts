import { SAEError } from '../../../src/errors';
import { crc32 } from '../../../src/io/bytes/crc32';
import { bytesSource } from '../../../src/io/bytes/source';
import { openTorch } from '../../../src/io/torch/read';
import { zipMembers } from '../../../src/io/zip/read';
import { cpuTime } from '../../cpuTime';
import { flipped } from '../../flipped';
import { fileOf, written } from './written';

const RUNS = 2000;
const MOST_MS = 250;

/** Files in which every tensor is all of its storage, so that its checksum is compared. */
const SEALED = ['state_dict', 'dictionary_learning_batchtopk', 'optimizer', 'parameters', 'tensor'];
/** Files in which damage to numbers cannot be seen. */
const UNSEALED = ['views, legacy', 'nested, legacy', 'without checksums', 'big-endian', 'views'];

/** Everything in a file, as one text. */
async function fingerprint(bytes: Uint8Array): Promise<string> {
  const { tensors, values } = await openTorch(bytesSource(bytes, 'ae.pt'));
  const parts: unknown[] = [...values].map(([name, value]) => [name, `${value}`]);
  for (const [name, tensor] of tensors) {
    const sum = crc32(await tensor.bytes());
    await tensor.floats();
    parts.push([name, tensor.dtype, tensor.shape, sum]);
  }
  return JSON.stringify(parts);
}

/** What came of it: 'same', 'refused', or 'other'. */
async function outcome(bytes: Uint8Array, right: string, seed: number): Promise<string> {
  const start = cpuTime();
  const result = await fingerprint(bytes).then(
    (found) => (found === right ? 'same' : 'other'),
    (error: Error) => {
      if (error instanceof SAEError) return 'refused';
      throw new Error(`seed ${seed}: ${error.stack}`, { cause: error });
    },
  );
  const ms = cpuTime() - start;
  if (ms > MOST_MS) throw new Error(`seed ${seed} took ${ms} ms`);
  return result;
}

test(`${RUNS} damaged files with checksums: what was written, or a refusal`, async () => {
  const counts: Record<string, number> = {};
  const good = SEALED.map((name) => fileOf(written(name)));
  const right = await Promise.all(good.map(fingerprint));
  for (let seed = 0; seed < RUNS; seed++) {
    const i = seed % good.length;
    const bytes = flipped(good[i] as Uint8Array, seed);
    const result = await outcome(bytes, right[i] as string, seed);
    if (result === 'other') throw new Error(`seed ${seed}: ${SEALED[i]} gives something else`);
    counts[result] = (counts[result] ?? 0) + 1;
  }
  expect(counts['refused']).toBeGreaterThan(RUNS / 4);
}, 60_000);

test(`${RUNS} damaged files without checksums: no foreign error, no hang`, async () => {
  const counts: Record<string, number> = {};
  const good = UNSEALED.map((name) => fileOf(written(name)));
  for (let seed = 0; seed < RUNS; seed++) {
    const result = await outcome(flipped(good[seed % good.length] as Uint8Array, seed), '', seed);
    counts[result] = (counts[result] ?? 0) + 1;
  }
  expect(counts['refused']).toBeGreaterThan(RUNS / 4);
  expect(counts['other']).toBeGreaterThan(RUNS / 20);
}, 60_000);

test(`${RUNS} damaged pickles with a checksum that fits: no foreign error, no hang`, async () => {
  const counts: Record<string, number> = {};
  const good = ['views', 'nested', 'values', 'state_dict'].map((name) => fileOf(written(name)));
  for (let seed = 0; seed < RUNS; seed++) {
    const file = good[seed % good.length] as Uint8Array;
    const members = await zipMembers(bytesSource(file));
    const pickle = members.find(({ name }) => name.endsWith('data.pkl')) as (typeof members)[0];
    const end = pickle.offset + pickle.size;
    const bytes = flipped(file, seed, pickle.offset, end);
    reseal(bytes, pickle.crc, crc32(bytes.subarray(pickle.offset, end)));
    const result = await outcome(bytes, '', seed);
    counts[result] = (counts[result] ?? 0) + 1;
  }
  expect(counts['refused']).toBeGreaterThan(RUNS / 4);
  expect(counts['other']).toBeGreaterThan(RUNS / 100);
}, 60_000);

/** Writes another checksum wherever the old one stands in the archive's headers. */
function reseal(bytes: Uint8Array, old: number, crc: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 4 <= bytes.length; at++) {
    if (view.getUint32(at, true) === old) view.setUint32(at, crc, true);
  }
}
