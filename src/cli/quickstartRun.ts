import { ByteRows } from '../activations/byteRows';
import type { RowDataset } from '../activations/rows';
import { splitRows } from '../activations/shuffle';
import { lossCurve } from '../viz/lossCurve';
import { type Backend, useBackend } from './backend';
import { ALL_IMAGES, classFiles, IMAGE_SIZE, readFashionMnist } from './fashionMnist';
import { InterruptibleRows, Interruption, untilInterrupted } from './interruption';
import { commandLine } from './invocation';
import { allSteps, newModel } from './recipe';
import { type Progress, RunFolder, type SavedRun } from './runFolder';
import { reportTable, runReport } from './runReport';
import { assertSameSettings, type Settings } from './settings';
import { train } from './training';
import { type TrainingProgress, trainingProgress } from './trainingProgress';
import { count, some } from './wording';

/** Images that are kept from training, for the report. */
export const HELD_OUT_IMAGES = 10_000;
/** Images that are encoded at a time for the report and for the data's mean. */
const REPORT_BATCH = 500;

/** Settings before it is known what is installed. */
export type WantedSettings = Omit<Settings, 'backend'> & { backend: Backend | 'auto' };

/** What the command was called with. */
export interface QuickstartArgs {
  settings: WantedSettings;
  /** Those of the settings that the user has named; the others are defaults. */
  given: readonly (keyof Settings)[];
  out: string;
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
  let progress = undefined as TrainingProgress | undefined;
  const announce = () => {
    progress?.stop();
    say('Stopping; Ctrl-C again quits at once, without saving.');
  };
  try {
    await untilInterrupted(announce, async (signal) => {
      const before = args.resume ? await savedProgress(folder, args) : undefined;
      classFiles(folders); // better to hear at once of images that are not there
      const settings = await startBackend(before?.settings ?? args.settings, folders);
      if (before) run = await folder.load(before);
      else await folder.begin(args.overwrite);
      say('Reading the images of Fashion-MNIST …');
      const { pixels } = await readFashionMnist(folders, signal);
      const split = splitRows(ALL_IMAGES, HELD_OUT_IMAGES, settings.seed);
      const images = { pixels, rows: split.training.subarray(0, settings.images) };
      const inOrder = (order: Uint32Array) =>
        new InterruptibleRows(
          new ByteRows({ bytes: pixels, width: IMAGE_SIZE, order, batchSize: REPORT_BATCH }),
          signal,
        );

      run ??= await newRun(settings, inOrder(images.rows));
      progress = startProgress(run);
      await train(run, images, folder, progress, signal);
      signal.throwIfAborted();
      await report(run, folder, inOrder(split.heldOut));
    });
  } catch (error) {
    progress?.stop();
    if (error instanceof Interruption) say(farewell(run, args.out));
    throw error;
  }
}

/** How far the run in the folder is, if the user wants no other settings than it has. */
async function savedProgress(folder: RunFolder, args: QuickstartArgs): Promise<Progress> {
  const progress = await folder.progress();
  const { settings, given } = args;
  const named = given.filter((name) => settings[name] !== 'auto');
  assertSameSettings(
    progress.settings,
    Object.fromEntries(named.map((name) => [name, settings[name]])),
  );
  return progress;
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

/** Measures, writes and prints what came of a run. */
async function report(run: SavedRun, folder: RunFolder, heldOut: RowDataset): Promise<void> {
  say(`Measuring on ${count(HELD_OUT_IMAGES)} held-out images …`);
  const result = await runReport(run, heldOut, HELD_OUT_IMAGES);
  const { settings } = run;
  const picture = lossCurve(run.losses, {
    title: `Training of ${describe(settings)}`,
    subtitle:
      `Fashion-MNIST: ${some(settings.images, 'image')}, ${some(settings.epochs, 'epoch')}, ` +
      `batches of ${settings.batchSize}, seed ${settings.seed}, ${settings.backend}`,
  });
  await folder.finish(result, picture);
  process.stdout.write(`\n${reportTable(result)}\n\n${fileList(folder)}`);
}

const fileList = (folder: RunFolder) => `In ${folder.path}:
  model/        the dictionary; tf.loadLayersModel opens it
  report.json   these numbers, and the settings
  loss.csv      the losses of each step
  loss.svg      the same as a picture
`;

/** What to tell somebody who has stopped a run. */
function farewell(run: SavedRun | undefined, out: string): string {
  if (run === undefined || run.step === 0)
    return 'Stopped before the first step; nothing is saved.';
  const steps = `step ${count(run.step)} of ${count(allSteps(run.settings))}`;
  const again = commandLine('quickstart', ['--resume', '--out', out]);
  return `Stopped after ${steps}; all of it is saved. Go on with:\n\n  ${again}\n`;
}
