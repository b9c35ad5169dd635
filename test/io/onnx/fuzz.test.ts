import { exposeTensors, listTensors, SAEError, steerable } from '../../../src';
import { cpuTime } from '../../cpuTime';
import { flipped } from '../../flipped';
import { BERT, bytesOf } from './fixtures';

const RUNS = 2000;
const MOST_MS = 250;
const FILES = ['mlp.onnx', 'legacy.onnx', 'fused.onnx', 'half.onnx', 'quantised.onnx', BERT];

/** What came of it: 'same', 'other' or 'refused'. */
async function outcome(
  run: () => Promise<unknown>,
  right: string,
  seed: number,
  attempts = 3,
): Promise<string> {
  const start = cpuTime();
  const result = await run().then(
    (found) => (JSON.stringify(found) === right ? 'same' : 'other'),
    (error: Error) => {
      if (error instanceof SAEError) return 'refused';
      throw new Error(`seed ${seed}: ${error.stack}`, { cause: error });
    },
  );
  const ms = cpuTime() - start;
  if (ms <= MOST_MS) return result;
  // What is collected meanwhile counts, too: what is slow by itself is slow again.
  if (attempts === 1) throw new Error(`seed ${seed} took ${ms} ms`);
  return outcome(run, right, seed, attempts - 1);
}

async function counted(run: (bytes: Uint8Array) => Promise<unknown>) {
  const counts: Record<string, number> = {};
  const good = FILES.map(bytesOf);
  const right = await Promise.all(good.map(async (bytes) => JSON.stringify(await run(bytes))));
  for (let seed = 0; seed < RUNS; seed++) {
    const i = seed % good.length;
    const bytes = flipped(good[i] as Uint8Array, seed);
    const result = await outcome(() => run(bytes), right[i] as string, seed);
    counts[result] = (counts[result] ?? 0) + 1;
  }
  return counts;
}

test(`${RUNS} damaged files: a list or a refusal, and no foreign error, no hang`, async () => {
  const counts = await counted(listTensors);
  expect(counts['refused']).toBeGreaterThan(RUNS / 10);
  expect(counts['same']).toBeGreaterThan(RUNS / 10); // damage to weights cannot be seen
}, 60_000);

test(`${RUNS} damaged files, changed: bytes or a refusal`, async () => {
  const counts = await counted(async (bytes) => {
    const tensors = await listTensors(bytes);
    const hidden = tensors.filter(({ role }) => role === 'hidden').map(({ name }) => name);
    const exposed = await exposeTensors(bytes, hidden);
    // What was written can be read again, and says the same.
    const again = await listTensors(exposed);
    expect(again.map(({ name }) => name)).toEqual(tensors.map(({ name }) => name));
    const steered = await steerable(exposed, hidden[0] as string, { input: 'steer by this' });
    return steered.length;
  });
  expect(counts['refused']).toBeGreaterThan(RUNS / 10);
}, 120_000);

test('a file that breaks off anywhere: a list or a refusal', async () => {
  const bytes = bytesOf('mlp.onnx');
  let refused = 0;
  for (let length = 0; length < bytes.length; length++) {
    const found = await outcome(() => listTensors(bytes.subarray(0, length)), '', length);
    if (found === 'refused') refused++;
  }
  // Protobuf knows of no end but those of its messages: what follows the graph may be missing.
  expect(refused).toBeGreaterThan(bytes.length * 0.95);
});
