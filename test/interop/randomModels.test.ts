import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import * as tf from '@tensorflow/tfjs';
import { decodeKeras, encodeKeras, SAEError } from '../../src';
import { type ArrayJSON, apart, disposeModel, tensorOf } from '../io/keras/fixture';
import { Figures } from '../parity/fixture';

/**
 * Small Keras models at random, over the whole table of layers: each predicts here what Keras
 * predicts, and goes back to Keras, or is refused by the name of what stands in the way.
 * python-interop/make_random_models.py makes them; `npm run test:matrix` asks for more.
 */
const COUNT = Number(process.env['RANDOM_MODELS'] ?? 40);
const SEED = Number(process.env['RANDOM_MODELS_SEED'] ?? 1);
/** More than that refused, and the rest would show little. */
const MOST_REFUSED = 0.25;

interface Expected {
  inputs: ArrayJSON[];
  outputs: ArrayJSON[];
}

const figures = new Figures(`${COUNT} Keras models at random`);
const folder = mkdtempSync(join(tmpdir(), 'gated-sae-random-'));
const errors: string[] = [];
const refused: string[] = [];
const numbers = Array.from({ length: COUNT }, (_, i) => i);
let python: ChildProcess;
let lines: AsyncIterator<string>;

beforeAll(async () => {
  const script = join(__dirname, '..', '..', 'python-interop', 'make_random_models.py');
  const args = [script, '--out', folder, '--count', String(COUNT), '--seed', String(SEED)];
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' };
  python = spawn(process.env['GATED_SAE_PYTHON'] ?? 'python3', args, { env });
  python.stderr?.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const reader: Interface = createInterface({ input: python.stdout as NodeJS.ReadableStream });
  lines = reader[Symbol.asyncIterator]();
  await said('made');
  mkdirSync(join(folder, 'back'));
}, 600_000);

afterAll(() => {
  python.kill();
  figures.write();
  rmSync(folder, { recursive: true });
});

/** The next line that begins so. */
async function said(start: string): Promise<string> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error(errors.join('').slice(-3000));
    if (value.startsWith(start)) return value;
  }
}

/** Whether it opened; a refusal names a layer or an option. */
async function open(at: number): Promise<tf.LayersModel | undefined> {
  try {
    return await decodeKeras(readFileSync(join(folder, `${at}.keras`)));
  } catch (error) {
    note(at, error);
    return undefined;
  }
}

function note(at: number, error: unknown): void {
  if (!(error instanceof SAEError)) throw error;
  expect(error.message).toMatch(
    /^SAE_(UNSUPPORTED|FILE) .*((of|received) .*".*"|options of \w+ .* received \w+ = )/,
  );
  refused.push(`${at}: ${error.message}`);
}

test.each(numbers)('model %i', async (at) => {
  const { inputs, outputs } = JSON.parse(
    readFileSync(join(folder, `${at}.json`), 'utf8'),
  ) as Expected;
  const model = await open(at);
  if (model === undefined) return;
  const given = inputs.map(tensorOf);
  const predicted = [model.predict(given.length === 1 ? (given[0] as tf.Tensor) : given)].flat();
  const values = predicted.map((one) => [one.shape, Array.from(one.dataSync())] as const);
  const expected = outputs.map(tensorOf);
  const theirs = expected.map((one) => [one.shape, Array.from(one.dataSync())] as const);
  tf.dispose([...given, ...predicted, ...expected]);
  try {
    const back = await encodeKeras(model);
    writeFileSync(join(folder, 'back', `${at}.keras`), back);
  } catch (error) {
    note(at, error);
  }
  disposeModel(model);
  expect(values.map(([shape]) => shape)).toEqual(theirs.map(([shape]) => shape));
  for (const [i, [, ours]] of values.entries()) {
    figures.within(1e-5, 'predictions here', apart(ours, theirs[i]?.[1] ?? []), `model ${at}`);
  }
});

test('what came back predicts the same in Keras', async () => {
  python.stdin?.write('\n');
  const found = JSON.parse(await said('{')) as Record<string, number | string>;
  expect(Object.values(found).filter((one) => typeof one === 'string')).toEqual([]);
  for (const [at, difference] of Object.entries(found)) {
    figures.within(1e-5, 'predictions in Keras, back again', Number(difference), `model ${at}`);
  }
}, 600_000);

test('few are refused', () => {
  const share = refused.length / COUNT;
  if (process.env['RANDOM_MODELS_SHOWN']) console.log(refused.join('\n'));
  expect(share).toBeLessThan(MOST_REFUSED);
});
