import { exposeTensors, listTensors, SAEError, steerable } from '../../../src';
import { cpuTime } from '../../cpuTime';
import { flipped } from '../../flipped';
import { BERT, bytesOf } from './fixtures';

/** `npm run test:matrix` has more of them. */
const RUNS = Number(process.env['ONNX_FUZZ_RUNS'] ?? 500);
/** What a damaged file may cost: so many times what the whole one costs on this machine, and a little. */
const MOST_TIMES = 8;
const LEAST_MS = 250;
/** Of all of them, on a machine that is busy. */
const MOST_TIME = 20_000 + 60 * RUNS;
const FILES = ['mlp.onnx', 'legacy.onnx', 'fused.onnx', 'half.onnx', 'quantised.onnx', BERT];

/** What the file that is not damaged gives, and how long a damaged one may take. */
type Whole = { right: string; mostMs: number };

async function wholeOf(run: () => Promise<unknown>): Promise<Whole> {
  const start = cpuTime();
  const right = JSON.stringify(await run());
  return { right, mostMs: Math.max(LEAST_MS, MOST_TIMES * (cpuTime() - start)) };
}

/** What came of it: 'same', 'other' or 'refused'. */
async function outcome(
  run: () => Promise<unknown>,
  { right, mostMs }: Whole,
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
  if (ms <= mostMs) return result;
  // What is collected meanwhile counts, too: what is slow by itself is slow again.
  if (attempts === 1) throw new Error(`seed ${seed} took ${ms} ms`);
  return outcome(run, { right, mostMs }, seed, attempts - 1);
}

async function counted(run: (bytes: Uint8Array) => Promise<unknown>) {
  const counts: Record<string, number> = {};
  const good = FILES.map(bytesOf);
  const wholes: Whole[] = [];
  for (const bytes of good) wholes.push(await wholeOf(() => run(bytes)));
  for (let seed = 0; seed < RUNS; seed++) {
    const i = seed % good.length;
    const bytes = flipped(good[i] as Uint8Array, seed);
    const result = await outcome(() => run(bytes), wholes[i] as Whole, seed);
    counts[result] = (counts[result] ?? 0) + 1;
  }
  return counts;
}

test(
  `${RUNS} damaged files: a list or a refusal, and no foreign error, no hang`,
  async () => {
    const counts = await counted(listTensors);
    expect(counts['refused']).toBeGreaterThan(RUNS / 10);
    expect(counts['same']).toBeGreaterThan(RUNS / 10); // damage to weights cannot be seen
  },
  MOST_TIME,
);

test(
  `${RUNS} damaged files, changed: bytes or a refusal`,
  async () => {
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
  },
  MOST_TIME,
);

test('a file that breaks off anywhere: a list or a refusal', async () => {
  const bytes = bytesOf('mlp.onnx');
  const whole = await wholeOf(() => listTensors(bytes));
  let refused = 0;
  for (let length = 0; length < bytes.length; length++) {
    const found = await outcome(() => listTensors(bytes.subarray(0, length)), whole, length);
    if (found === 'refused') refused++;
  }
  // Protobuf knows of no end but those of its messages: what follows the graph may be missing.
  expect(refused).toBeGreaterThan(bytes.length * 0.95);
});
