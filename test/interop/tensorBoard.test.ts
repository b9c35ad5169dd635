import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { GatedSAE, tensorBoard } from '../../src';

const root = mkdtempSync(join(tmpdir(), 'gated-sae-tensorboard-'));
afterAll(() => rmSync(root, { recursive: true }));

/** What TensorBoard itself reads from a run's folder: steps and values by tag. */
const READER = `
import json, os, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
runs = {}
for run in os.listdir(sys.argv[1]):
    events = EventAccumulator(sys.argv[1] + "/" + run, size_guidance={"scalars": 0})
    events.Reload()
    runs[run] = {
        tag: [[event.step, event.value] for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }
print(json.dumps(runs))
`;
type Runs = Record<'train' | 'validation', Record<string, [step: number, value: number][]>>;
function read(folder: string): Runs {
  const python = process.env['GATED_SAE_PYTHON'] as string;
  const { stdout, stderr, status } = spawnSync(python, ['-c', READER, folder], {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Runs;
}

function model() {
  const sae = new GatedSAE({ inputDim: 6, encodingDim: 10, seed: 1 });
  sae.compile();
  return sae;
}
const args = { batchSize: 4, verbose: 0 as const };
const steps = (points: [number, number][] | undefined) => points?.map(([step]) => step);

test('TensorBoard reads every epoch’s and batch’s logs, in two runs', async () => {
  const to = join(root, 'whole');
  const x = tf.randomNormal<tf.Rank.R2>([12, 6], 0, 1, 'float32', 1);
  const sae = model();
  const batches: number[] = [];
  const { history } = await sae.fit(x, {
    ...args,
    epochs: 2,
    validationData: x,
    callbacks: [
      tensorBoard({ to, updateFreq: 'batch' }),
      {
        onBatchEnd: async (_batch: number, logs: Record<string, number>) =>
          void batches.push(Number(logs['loss'])),
      },
    ] as never,
  });
  const { train, validation } = read(to);
  for (const [name, values] of Object.entries(history)) {
    const held = name.startsWith('val_');
    const tag = `epoch_${held ? name.slice(4) : name}`;
    const expected = (values as number[]).map((value, i) => [3 * (i + 1), Math.fround(value)]);
    expect({ name, points: (held ? validation : train)[tag] }).toEqual({ name, points: expected });
  }
  expect(train['batch_loss']).toEqual(batches.map((loss, i) => [i + 1, Math.fround(loss)]));
  x.dispose();
  sae.dispose();
});

test('training that goes on goes on in the curves; what a crash has left is dropped', async () => {
  const to = join(root, 'resumed');
  const x = tf.randomNormal<tf.Rank.R2>([12, 6], 0, 1, 'float32', 1);
  const sae = model();
  await sae.fit(x, { ...args, epochs: 1, callbacks: tensorBoard({ to, updateFreq: 'batch' }) });
  // A copy that stops here, and the model that went on to step 6 and was lost in the writing of 6.
  const saved = await new Promise<tf.io.ModelArtifacts>((resolve) => {
    const save = async (artifacts: tf.io.ModelArtifacts) => {
      resolve(artifacts);
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const } };
    };
    void sae.save(tf.io.withSaveHandler(save));
  });
  const on = { ...args, epochs: 2, initialEpoch: 1 };
  await sae.fit(x, { ...on, callbacks: tensorBoard({ to, updateFreq: 'batch' }) });
  const lost = readdirSync(join(to, 'train')).sort().at(-1) as string;
  truncateSync(join(to, 'train', lost), statSync(join(to, 'train', lost)).size - 7);
  const again = (await tf.loadLayersModel(tf.io.fromMemory(saved))) as GatedSAE;
  await again.fit(x, { ...on, callbacks: tensorBoard({ to, updateFreq: 'batch' }) });
  const { train } = read(to);
  expect(steps(train['batch_loss'])).toEqual([1, 2, 3, 4, 5, 6]);
  expect(steps(train['epoch_l0'])).toEqual([3, 6]);
  x.dispose();
  sae.dispose();
  again.dispose();
});
