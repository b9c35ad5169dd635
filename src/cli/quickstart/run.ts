import { ByteRows } from '../../activations/byteRows';
import type { RowDataset } from '../../activations/rows';
import { splitRows } from '../../activations/shuffle';
import { featureReport } from '../../analysis/featureReport/featureReport';
import { featureDashboard } from '../../viz/dashboard/featureDashboard';
import { drawFeatureGallery } from '../../viz/featureGallery';
import { lossCurve } from '../../viz/lossCurve';
import {
  ALL_IMAGES,
  classFiles,
  HELD_OUT_IMAGES,
  IMAGE_SIZE,
  readFashionMnist,
} from '../data/fashionMnist';
import { heldOutImages, type OpenedData } from '../data/open';
import { passOver } from '../data/report';
import { PNG_SCALE } from '../figures/galleryDraw';
import { InterruptibleRows } from '../interruption';
import { commandLine } from '../invocation';
import type { Shown } from '../progressParts';
import { allSteps } from '../training/recipe';
import {
  describe,
  inSession,
  type RunArgs,
  savedRun,
  say,
  startBackend,
  startProgress,
} from '../training/session';
import { count, some } from '../wording';
import { newModel } from './recipe';
import { RunFolder, type SavedRun } from './runFolder';
import { reportTable, runReport } from './runReport';
import type { Settings } from './settings';
import { train } from './training';

/** Images encoded at a time for the data's mean. */
const BATCH = 500;

/** The arguments of the command. */
export type QuickstartArgs = RunArgs<Settings>;

/**
 * Runs the whole quickstart: reads the images, trains, measures, writes and prints.
 *
 * @param folders the folders to look for packages from, nearest first
 * @throws SAEError if something is missing or wrong; Interruption after Ctrl-C.
 */
export async function runQuickstart(
  args: QuickstartArgs,
  folders: readonly string[],
): Promise<void> {
  const { out, resume, overwrite, saveEvery } = args;
  const folder = new RunFolder(out);
  const goOn = commandLine('quickstart', ['--resume', '--out', out]);
  await inSession<Settings>(folder, goOn, imagesOf, async (session) => {
    const { signal, shown } = session;
    const before = resume ? await savedRun(folder, args) : undefined;
    classFiles(folders); // report missing images at once
    const settings = await startBackend<Settings>(before?.settings ?? args.settings, folders);
    if (before) session.run = await before.load();
    else await folder.begin(overwrite);
    say('Reading the images of Fashion-MNIST …');
    const data = await readFashionMnist(folders, signal);
    const { pixels } = data;
    const split = splitRows(ALL_IMAGES, HELD_OUT_IMAGES, settings.seed);
    const images = { pixels, rows: split.training.subarray(0, settings.images) };

    if (session.run === undefined) {
      const args = { bytes: pixels, width: IMAGE_SIZE, order: images.rows, batchSize: BATCH };
      session.run = await newRun(settings, new InterruptibleRows(new ByteRows(args), signal));
    }
    const { run } = session;
    const steps = allSteps(run.settings, imagesOf(run.settings));
    const progress = startProgress(run, some(imagesOf(run.settings), 'image'), steps);
    shown.progress = progress;
    await train(run, images, folder, progress, signal, saveEvery);
    signal.throwIfAborted();
    await report(run, folder, heldOutImages(data, split.heldOut), signal, shown);
  });
}

const imagesOf = ({ images }: Settings) => images;

async function newRun(settings: Settings, images: RowDataset): Promise<SavedRun> {
  const model = newModel(settings);
  await model.initDecoderBias(images);
  return { settings, step: 0, seconds: 0, model, losses: [] };
}

/** Measures, draws, writes and prints the results of a run. */
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
