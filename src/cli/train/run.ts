import { windowRowsFor } from '../../activations/rowSizes';
import type { RowSource } from '../../activations/storedRows';
import { takeAbout } from '../../models/rowsAbout';
import { lossCurve } from '../../viz/lossCurve';
import { aboutOf, openArrays } from '../data/openArrays';
import { InterruptibleRows } from '../interruption';
import { commandLine } from '../invocation';
import { spareL0 } from '../training/options';
import { allSteps, newModel } from '../training/recipe';
import { RunFolder, type SavedRun } from '../training/runFolder';
import {
  describe,
  inSession,
  type RunArgs,
  savedRun,
  say,
  startBackend,
  startProgress,
} from '../training/session';
import type { Wanted } from '../training/settings';
import { trainRun } from '../training/steps';
import { count, some } from '../wording';
import { reportTable, rowsReport } from './report';
import { assertSameRows, heldOutOf, rowsOf, type SplitRows, signatureOf, splitRows } from './rows';
import { checkSettings, OPTION_OF, rowsOfPass, type Settings, trainedRows } from './settings';

/** The parts of a run that are known only once its rows are open. */
type OfRows = 'inputDim' | 'rows' | 'rowsCrc32';
/** Settings as they were given: what has no value yet depends on the rows. */
export type Asked = Omit<
  Wanted<Settings>,
  OfRows | 'shuffleRows' | 'validation' | 'encodingDim' | 'epochs'
> & {
  encodingDim?: number;
  epochs?: number;
  /** A share or a number. */
  validation?: number;
  shuffleRows?: number;
};

/** The arguments of the command. */
export interface TrainArgs extends Omit<RunArgs<Settings>, 'settings'> {
  readonly data: readonly string[];
  readonly settings: Asked;
  /** Names of arrays in files that have several. */
  readonly array?: readonly string[];
  /** Values in a row, if the array's shape does not determine it. */
  readonly width?: number;
}

/**
 * Rows that a training reads if no number of epochs is given: twenty times those of Fashion-MNIST.
 */
const ENOUGH_ROWS = 1_200_000;
const MOST_EPOCHS = 100;
/** Features per value of a row. */
const EXPANSION = 8;

/**
 * Trains a dictionary on rows: opens them, trains, measures, writes and prints.
 *
 * @param folders the folders to look for packages from, nearest first
 * @throws SAEError if something is missing or wrong; Interruption after Ctrl-C.
 */
export async function runTrain(args: TrainArgs, folders: readonly string[]): Promise<void> {
  const { out, resume, overwrite, saveEvery, data } = args;
  const folder = new RunFolder(out, checkSettings);
  const again = commandLine('train', [...data, ...dataWords(args), '--resume', '--out', out]);
  await inSession<Settings>(folder, again, rowsOfPass, async (session) => {
    const { signal, shown } = session;
    const array = await openArrays(data, { ...(args.array && { array: args.array }), folders });
    try {
      const source = rowsOf(array, args.width);
      const wanted = await settingsFor(args, source);
      const before = resume
        ? await savedRun(folder, { ...args, settings: wanted }, OPTION_OF)
        : undefined;
      if (before) assertSameRows(before.settings, wanted);
      const settings = await startBackend<Settings>(before?.settings ?? wanted, folders);
      const rows = splitRows(source, settings);
      if (before) session.run = await before.load();
      else {
        await folder.begin(overwrite);
        session.run = await newRun(settings, rows, signal);
        takeAbout('DATA', session.run.model, await aboutOf(data), false);
      }
      const { run } = session;
      const count = rowsOfPass(settings);
      const what = `${some(trainedRows(settings), 'row')} of ${settings.inputDim} values`;
      const progress = startProgress(run, what, allSteps(settings, count));
      shown.progress = progress;
      const course = { folder, progress, signal, everySeconds: saveEvery };
      await trainRun(run, { batches: rows.training, count }, course);
      signal.throwIfAborted();
      await report(run, folder, rows, args, signal);
    } finally {
      await array.close();
    }
  });
}

/** Returns the options that DATA needs on a command line. */
const dataWords = ({ array, width }: TrainArgs): string[] => [
  ...arrayWords(array),
  ...(width === undefined ? [] : ['--width', String(width)]),
];

const arrayWords = (array: readonly string[] | undefined): string[] =>
  array === undefined ? [] : ['--array', array.join(',')];

/** Returns the settings, completed with what depends on the rows. */
async function settingsFor(
  { settings: asked, given }: TrainArgs,
  source: RowSource,
): Promise<Wanted<Settings>> {
  const { rows, width: inputDim } = source;
  const { encodingDim = EXPANSION * inputDim, shuffleRows = windowRowsFor(inputDim) } = asked;
  const validation = heldOutOf(rows, asked.validation);
  const enough = Math.min(MOST_EPOCHS, Math.ceil(ENOUGH_ROWS / (rows - validation)));
  return {
    ...asked,
    l0: given.includes('l0') ? asked.l0 : spareL0(asked.l0, encodingDim),
    epochs: asked.epochs ?? enough,
    ...{ encodingDim, inputDim, rows, validation, shuffleRows },
    rowsCrc32: await signatureOf(source),
  };
}

async function newRun(
  settings: Settings,
  rows: SplitRows,
  signal: AbortSignal,
): Promise<SavedRun<Settings>> {
  const { normalize, inputDim } = settings;
  const on = { inputDim, rows: rowsOfPass(settings) };
  const model = newModel(settings, on, { normalize });
  await model.initDecoderBias(new InterruptibleRows(rows.training.sample(), signal));
  return { settings, step: 0, seconds: 0, model, losses: [] };
}

/** Measures, draws, writes and prints the results of a run. */
async function report(
  run: SavedRun<Settings>,
  folder: RunFolder<Settings>,
  { measured, measuredRows }: SplitRows,
  args: TrainArgs,
  signal: AbortSignal,
): Promise<void> {
  const { settings } = run;
  const held = settings.validation > 0 ? 'held-out ' : '';
  say(`Measuring on ${count(measuredRows)} ${held}rows …`);
  const result = await rowsReport(run, new InterruptibleRows(measured, signal), measuredRows);
  const picture = lossCurve(run.losses, {
    title: `Training of ${describe(settings)}`,
    subtitle:
      `${some(trainedRows(settings), 'row')} of ${settings.inputDim} values, ` +
      `${some(settings.epochs, 'epoch')}, batches of ${settings.batchSize}, ` +
      `seed ${settings.seed}, ${settings.backend}`,
  });
  signal.throwIfAborted();
  await folder.finish({ report: result, picture });
  const { path } = folder;
  const words = [...args.data, ...dataWords(args)];
  const table = reportTable(result, (more) =>
    commandLine('train', [...words, ...more, '--out', path, '--overwrite']),
  );
  const look = commandLine('dashboard', [
    ...[`${path}/model`, args.data[0] as string],
    ...arrayWords(args.array),
  ]);
  process.stdout.write(`\n${table}\n\n${fileList(path)}\nLook at the features:\n\n  ${look}\n`);
}

const fileList = (path: string) => `In ${path}:
  model/           the dictionary; tf.loadLayersModel opens it
  report.json      these numbers, and the settings
  loss.csv         the losses of each step
  loss.svg         the same as a picture
`;
