/**
 * A run of the quickstart's in a process of its own, of images made up: `node run.cjs OUT`. It begins,
 * or goes on where there is something to go on with. On its output are the step that it begins at and
 * each that it has taken, with the time in milliseconds. With KILLED_AT in its environment it kills itself
 * after that step.
 */
import '@tensorflow/tfjs-backend-wasm';
import { setBackend } from '@tensorflow/tfjs-core';
import { newModel } from '../../src/cli/quickstart/recipe';
import { RunFolder, type SavedRun } from '../../src/cli/quickstart/runFolder';
import type { Settings } from '../../src/cli/quickstart/settings';
import { train } from '../../src/cli/quickstart/training';
import type { LossRow } from '../../src/viz/lossCurve';

/** As often as a process this short can be killed between two checkpoints, and in one. */
const EVERY_SECONDS = 0.02;

const SETTINGS: Settings = {
  ...{ recipe: 'gated-sae-tf', architecture: 'gated' },
  ...{ encodingDim: 8, epochs: 3, images: 400, batchSize: 8 },
  ...{ lambda: 1e-3, l0: null, learningRate: 1e-3, seed: 0, backend: 'wasm' },
};

async function main(out: string): Promise<void> {
  await setBackend('wasm');
  const folder = new RunFolder(out);
  const contents = await folder.contents();
  if (contents === 'a finished run') {
    // Which says that there is nothing to go on with, and removes what a kill has left.
    await folder.goOn().catch(() => folder.release());
    return;
  }
  let run: SavedRun;
  if (contents === 'an unfinished run') {
    run = await (await folder.goOn()).load();
  } else {
    await folder.begin(false);
    run = { settings: SETTINGS, step: 0, seconds: 0, model: newModel(SETTINGS), losses: [] };
  }
  const images = {
    pixels: Uint8Array.from({ length: 400 * 784 }, (_, i) => (31 * i * (i % 97)) % 256),
    rows: Uint32Array.from({ length: SETTINGS.images }, (_, i) => i),
  };
  const now = () => performance.timeOrigin + performance.now();
  console.log(`${run.step} ${now()}`);
  const tell = ({ step }: LossRow) => {
    console.log(`${step} ${now()}`);
    if (step === Number(process.env['KILLED_AT'])) process.kill(process.pid, 'SIGKILL');
  };
  const told = { step: tell, stop: () => {} };
  await train(run, images, folder, told, new AbortController().signal, EVERY_SECONDS);
  const { losses } = run;
  const gallery = Uint8Array.of(1);
  await folder.finish({ report: { losses }, picture: '<svg/>', gallery, dashboard: '<p>' });
  await folder.release();
}

main(process.argv[2] as string).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
