import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { GatedSAE } from '../../../src';
import {
  adam,
  type Case,
  difference,
  Figures,
  LOSSES,
  modelOf,
  type OptimizerJSON,
  relativeDifference,
  WEIGHTS,
} from '../fixture';

/** What `make_fixtures.py full` has written: its docstring says what each field is. */
const folder = process.env['GATED_SAE_FULL'] ?? join(__dirname, '..', '..', '..', '.cache', 'full');

type Log = Record<'loss' | 'L_reconstruct' | 'L_sparsity' | 'L_aux' | 'grad_norm', number>;

interface Manifest {
  config: Case['config'];
  optimizer: OptimizerJSON;
  iterations: number;
  arrays: Record<string, { file: string; shape: number[] }>;
  steps: Log[];
  /** The same steps in double precision. */
  steps_float64: Log[];
  gates: { step: number; file: string; open: number }[];
}
const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
const array = (name: string) => {
  const { file, shape } = manifest.arrays[name] as { file: string; shape: number[] };
  const bytes = readFileSync(join(folder, file));
  return { shape, numbers: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) };
};
const tensor = (name: string) => {
  const { shape, numbers } = array(name);
  return tf.tensor(numbers, shape);
};

const figures = new Figures('Against gated-sae-tf at full size, ten steps from a trained state');
afterAll(() => figures.write());

/** What all bodies of the step have come to, for comparing them with each other. */
const weightsOf: Record<string, Float32Array[]> = {};

test.each([
  ['sparse step, 1 thread', { step: 'sparse', threads: 1 }],
  ['sparse step, 2 threads', { step: 'sparse', threads: 2 }],
  ['sparse step, 2 threads, again', { step: 'sparse', threads: 2 }],
  ['tensor step', { step: 'tensor' }],
] as const)(
  '%s: losses, active sets and weights',
  async (body, how) => {
    const sae = modelOf(manifest.config);
    const optimizer = adam(manifest.optimizer);
    sae.compile({ optimizer, ...how });
    const state = [
      { name: 'iter', tensor: tf.scalar(manifest.iterations, 'int32') },
      ...WEIGHTS.map((name) => ({ name: `${name}/v`, tensor: tensor(`velocities/${name}`) })),
    ];
    await optimizer.setWeights(state);
    tf.dispose(state.map(({ tensor }) => tensor));
    tf.tidy(() => sae.setWeights(WEIGHTS.map((name) => tensor(`weights/${name}`))));

    const all = tensor('batches');
    const batches = tf.unstack(all) as tf.Tensor2D[];
    all.dispose();
    for (const [step, expected] of manifest.steps.entries()) {
      const x = batches[step] as tf.Tensor2D;
      const gates = manifest.gates.find((recorded) => recorded.step === step);
      if (gates) compareGates(sae, x, gates, step);
      const logs = (await sae.trainOnBatch(x)) as number[];
      const exact = manifest.steps_float64[step] as Log;
      [...LOSSES, 'grad_norm' as const].forEach((name, i) => {
        const ours = [logs[i] as number];
        const keras = relativeDifference(ours, [expected[name]]);
        const float64 = relativeDifference(ours, [exact[name]]);
        figures.within(1e-5, `${name} of the ${body}, relative`, keras, `step ${step}`);
        figures.within(1e-5, 'losses against float64, relative', float64, `step ${step}`);
      });
    }
    weightsOf[body] = sae.getWeights().map((weight) => weight.dataSync() as Float32Array);
    weightsOf[body]?.forEach((ours, i) => {
      const name = WEIGHTS[i] as string;
      const keras = difference(ours, array(`weights_after/${name}`).numbers);
      figures.within(1e-6, `weights after ten steps, ${body}`, keras, name);
      const float64 = difference(ours, array(`weights_after_float64/${name}`).numbers);
      figures.within(1e-6, `weights after ten steps against float64, ${body}`, float64, name);
    });
    tf.dispose(batches);
    sae.dispose();
    optimizer.dispose();
  },
  300_000,
);

test('the same bit for bit from run to run, and on any number of threads', () => {
  const [one, two, again] = ['1 thread', '2 threads', '2 threads, again'].map(
    (threads) => weightsOf[`sparse step, ${threads}`],
  ) as [Float32Array[], Float32Array[], Float32Array[]];
  const bytes = (weights: Float32Array[]) => weights.map(({ buffer }) => Buffer.from(buffer));
  for (const other of [one, again]) {
    expect(bytes(two).every((weight, i) => weight.equals(bytes(other)[i] as Buffer))).toBe(true);
  }
});

/** The same gates are open, pair by pair. */
function compareGates(
  sae: GatedSAE,
  x: tf.Tensor2D,
  gates: Manifest['gates'][number],
  step: number,
): void {
  const bits = readFileSync(join(folder, gates.file));
  const { codes, piGate, reluPiGate } = sae.encodeDetailed(x);
  const ours = piGate.dataSync();
  let open = 0;
  let different = 0;
  for (let pair = 0; pair < ours.length; pair++) {
    const theirs = (((bits[pair >> 3] as number) >> (pair & 7)) & 1) === 1;
    if (theirs) open += 1;
    if ((ours[pair] as number) > 0 !== theirs) different += 1;
  }
  expect(open).toBe(gates.open);
  figures.within(0, 'gates that differ', different, `step ${step}`);
  tf.dispose([codes, piGate, reluPiGate]);
}
