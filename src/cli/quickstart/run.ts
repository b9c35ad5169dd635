import { ByteRows } from '../../activations/byteRows';
import type { RowDataset } from '../../activations/rows';
import { splitRows } from '../../activations/shuffle';
import { featureReport } from '../../analysis/featureReport/featureReport';
import type { Backend } from '../../backends/packages';
import { featureDashboard } from '../../viz/dashboard/featureDashboard';
import { drawFeatureGallery } from '../../viz/featureGallery';
import { lossCurve } from '../../viz/lossCurve';
import { useBackend } from '../backend';
import {
  ALL_IMAGES,
  classFiles,
  HELD_OUT_IMAGES,
  IMAGE_SIZE,
  readFashionMnist,
} from '../data/fashionMnist';
import { heldOutImages, type OpenedData } from '../data/open';
import { passOver, type Shown } from '../data/report';
import { PNG_SCALE } from '../figures/galleryDraw';
import { InterruptibleRows, Interruption, untilInterrupted } from '../interruption';
import { commandLine } from '../invocation';
import { count, some } from '../wording';
import { type TrainingProgress, trainingProgress } from './progress';
import { allSteps, newModel } from './recipe';
import { RunFolder, type SavedRun } from './runFolder';
import { reportTable, runReport } from './runReport';
import { assertSameSettings, type Settings } from './settings';
import { train } from './training';

/** Images that are encoded at a time for the data's mean. */
const BATCH = 500;

/** Settings before it is known what is installed. */
export type WantedSettings = Omit<Settings, 'backend'> & { backend: Backend | 'auto' };

/** What the command was called with. */
export interface QuickstartArgs {
  settings: WantedSettings;
  /** Those of the settings that the user has named; the others are defaults. */
  given: readonly (keyof Settings)[];
  out: string;
  /** Seconds from one checkpoint to the next. */
  saveEvery: number;
  resume: boolean;
  overwrite: boolean;
}

const say = (line: string) => process.stderr.write(`${line}\n`);

/**
 * The whole quickstart: reads the images, trains, measures, writes and prints.
 *
 * @param folders from where packages are looked for, the nearest first
 * @throws SAEError where something is missing or wrong; Interruption after Ctrl-C.
 */
export async function runQuickstart(
  args: QuickstartArgs,
  folders: readonly string[],
): Promise<void> {
  const folder = new RunFolder(args.out);
  let run = undefined as SavedRun | undefined;
  const shown: Shown = {};
  const announce = () => {
    shown.progress?.stop();
    say('Stopping; Ctrl-C again quits at once, without saving.');
  };
  try {
    await untilInterrupted(announce, async (signal) => {
      const before = args.resume ? await savedRun(folder, args) : undefined;
      classFiles(folders); // better to hear at once of images that are not there
      const settings = await startBackend(before?.settings ?? args.settings, folders);
      if (before) run = await before.load();
      else await folder.begin(args.overwrite);
      say('Reading the images of Fashion-MNIST …');
      const data = await readFashionMnist(folders, signal);
      const { pixels } = data;
      const split = splitRows(ALL_IMAGES, HELD_OUT_IMAGES, settings.seed);
      const images = { pixels, rows: split.training.subarray(0, settings.images) };

      if (run === undefined) {
        const args = { bytes: pixels, width: IMAGE_SIZE, order: images.rows, batchSize: BATCH };
        run = await newRun(settings, new InterruptibleRows(new ByteRows(args), signal));
      }
      const progress = startProgress(run);
      shown.progress = progress;
      await train(run, images, folder, progress, signal, args.saveEvery);
      signal.throwIfAborted();
      await report(run, folder, heldOutImages(data, split.heldOut), signal, shown);
    });
  } catch (error) {
    shown.progress?.stop();
    if (error instanceof Interruption) say(farewell(run, args.out));
    throw error;
  } finally {
    await folder.release();
  }
}

/** The run in the folder, if the user wants no other settings than it has. */
async function savedRun(folder: RunFolder, args: QuickstartArgs) {
  const saved = await folder.goOn();
  const { settings, given } = args;
  const named = given.filter((name) => settings[name] !== 'auto');
  assertSameSettings(
    saved.settings,
    Object.fromEntries(named.map((name) => [name, settings[name]])),
  );
  return saved;
}

async function startBackend(
  settings: WantedSettings,
  folders: readonly string[],
): Promise<Settings> {
  const backend = await useBackend(settings.backend, folders, (warning) =>
    say(`Warning: ${warning}`),
  );
  return { ...settings, backend };
}

async function newRun(settings: Settings, images: RowDataset): Promise<SavedRun> {
  const model = newModel(settings);
  await model.initDecoderBias(images);
  return { settings, step: 0, seconds: 0, model, losses: [] };
}

function startProgress({ settings, step }: SavedRun): TrainingProgress {
  say(
    `${step > 0 ? 'Going on with' : 'Training'} ${describe(settings)}: ` +
      `${some(settings.images, 'image')}, batches of ${settings.batchSize}, on ${settings.backend}.`,
  );
  const work = { epochs: settings.epochs, steps: allSteps(settings), stepsBefore: step };
  return trainingProgress(process.stderr, work);
}

const describe = ({ architecture, encodingDim }: Settings) =>
  `a ${architecture} dictionary of ${some(encodingDim, 'feature')}`;

/** Measures, draws, writes and prints what came of a run. */
async function report(
  run: SavedRun,
  folder: RunFolder,
  heldOut: OpenedData,
  signal: AbortSignal,
  shown: Shown,
): Promise<void> {
  const { settings, model } = run;
  say(`Measuring on ${count(heldOut.count)} held-out images …`);
  const rows = new InterruptibleRows(heldOut.rows, signal);
  const result = await runReport(run, rows, heldOut.count);
  say('Drawing the features …');
  const features = await passOver(heldOut, signal, shown, (again, onProgress) =>
    featureReport(model, again, { ...heldOut.known, onProgress }),
  );
  const title = `Fashion-MNIST in ${describe(settings)}`;
  const outcome = {
    report: result,
    picture: lossCurve(run.losses, {
      title: `Training of ${describe(settings)}`,
      subtitle:
        `Fashion-MNIST: ${some(settings.images, 'image')}, ${some(settings.epochs, 'epoch')}, ` +
        `batches of ${settings.batchSize}, seed ${settings.seed}, ${settings.backend}`,
    }),
    gallery: await drawFeatureGallery(features).toPNG({ scale: PNG_SCALE }),
    dashboard: await featureDashboard(features, { title }),
  };
  signal.throwIfAborted();
  await folder.finish(outcome);
  process.stdout.write(`\n${reportTable(result, folder.path)}\n\n${fileList(folder)}`);
}

const fileList = (folder: RunFolder) => `In ${folder.path}:
  model/           the dictionary; tf.loadLayersModel opens it
  report.json      these numbers, and the settings
  loss.csv         the losses of each step
  loss.svg         the same as a picture
  gallery.png      the most active features, and the images that activate them
  dashboard.html   all features, to look through in a browser; it needs no network
`;

/** What to tell somebody who has stopped a run. */
function farewell(run: SavedRun | undefined, out: string): string {
  if (run === undefined || run.step === 0)
    return 'Stopped before the first step; nothing is saved.';
  const steps = `step ${count(run.step)} of ${count(allSteps(run.settings))}`;
  const again = commandLine('quickstart', ['--resume', '--out', out]);
  return `Stopped after ${steps}; all of it is saved. Go on with:\n\n  ${again}\n`;
}
