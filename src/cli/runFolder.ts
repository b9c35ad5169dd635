import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { badFile, fileRefused } from '../errors';
import { fileSystem } from '../io/files/fileSystem';
import { MODEL_JSON } from '../io/files/names';
import { SAEModel } from '../models/saeModel';
import { checkOptions, nonNegative, type Rules } from '../options';
import type { LossRow } from '../viz/lossCurve';
import { lossCsv, readLossCsv } from './lossTable';
import { checkSettings, type Settings } from './settings';

/** Where each part of a run lies in its folder. */
const FILES = {
  model: 'model',
  report: 'report.json',
  losses: 'loss.csv',
  picture: 'loss.svg',
  gallery: 'gallery.png',
  dashboard: 'dashboard.html',
  /** There as long as the run is not finished. */
  progress: 'progress.json',
} as const;
/** Where the first save of a run goes that replaces another, until it is whole. */
const NEXT = 'next-run.tmp';

/** What it takes to go on with a run, beside its model. */
export interface Progress {
  settings: Settings;
  /** Optimizer steps taken. */
  step: number;
  /** Seconds spent in training. */
  seconds: number;
}

const PROGRESS_RULES: Rules<Omit<Progress, 'settings'>> = {
  step: nonNegative(),
  seconds: nonNegative(),
};

/** A run that goes on where it was saved. */
export interface SavedRun extends Progress {
  model: SAEModel;
  losses: LossRow[];
}

/** What came of a run. */
export interface Outcome {
  report: object;
  /** SVG. */
  picture: string;
  /** PNG. */
  gallery: Uint8Array;
  /** HTML. */
  dashboard: string;
}

/** What is in a folder so far. */
export type Contents = 'nothing' | 'an unfinished run' | 'a finished run';

/** The folder of one run: its model, its progress, and what came of it. */
export class RunFolder {
  private replacing = false;

  constructor(readonly path: string) {}

  private file(part: keyof typeof FILES): string {
    return join(this.path, FILES[part]);
  }

  /**
   * What is there, once a replacement that was cut off has been completed.
   *
   * @throws SAE_FILE where the system does not let it be seen.
   */
  async contents(): Promise<Contents> {
    await this.takeNext();
    const [model, progress, report] = await Promise.all(
      [join(this.file('model'), MODEL_JSON), this.file('progress'), this.file('report')].map(
        exists,
      ),
    );
    // Without a model there is nothing to go on with yet.
    if (model && progress) return 'an unfinished run';
    return model || report ? 'a finished run' : 'nothing';
  }

  /**
   * Prepares the folder for a new run; another run's files stay until this one has something to
   * put in their place.
   *
   * @throws SAE_FILE where a run is in it and must not be replaced, or where it cannot be made.
   */
  async begin(overwrite: boolean): Promise<void> {
    const contents = await this.contents();
    if (contents !== 'nothing' && !overwrite) {
      const resume = contents === 'an unfinished run' ? 'go on with it by --resume, ' : '';
      throw badFile(
        this.path,
        'a folder without a run',
        contents,
        `Choose another --out, ${resume}or replace it by --overwrite.`,
      );
    }
    this.replacing = contents !== 'nothing';
    await makeFolder(this.path);
  }

  /** Saves all that it takes to go on, so that a crash at any moment leaves something whole. */
  async save(model: SAEModel, progress: Progress, losses: readonly LossRow[]): Promise<void> {
    const target = this.replacing ? new RunFolder(join(this.path, NEXT)) : this;
    await makeFolder(target.path);
    // The model comes last: it knows its step, and the others may be ahead of it, not behind.
    await writeWhole(target.file('losses'), lossCsv(losses));
    await writeWhole(target.file('progress'), json(progress));
    await model.save(fileSystem(target.file('model')));
    if (this.replacing) await this.takeNext();
    this.replacing = false;
  }

  /**
   * Puts a run that is whole in the place of the one before it. As long as its model.json is there
   * this may be done again from the start, by the next command where a crash has cut it off.
   */
  private async takeNext(): Promise<void> {
    const next = new RunFolder(join(this.path, NEXT));
    const marker = join(next.file('model'), MODEL_JSON);
    if (!(await exists(marker))) return;
    await fileSystem(this.file('model')).save(await fileSystem(next.file('model')).load());
    for (const part of ['losses', 'progress'] as const) {
      await writeWhole(this.file(part), await readText(next.file(part)));
    }
    const outcome = (['report', 'picture', 'gallery', 'dashboard'] as const).map((part) =>
      this.file(part),
    );
    for (const old of [...outcome, marker, next.path]) await remove(old);
  }

  /**
   * How far an unfinished run is. Its settings are needed before its model can be loaded: they
   * name the backend.
   *
   * @throws SAE_FILE where there is nothing to go on with, or it is damaged.
   */
  async progress(): Promise<Progress> {
    const contents = await this.contents();
    if (contents !== 'an unfinished run') {
      const advice =
        contents === 'nothing'
          ? 'Name the folder of the run by --out, or begin one without --resume.'
          : 'Begin another run with another --out, or in its place by --overwrite.';
      throw badFile(this.path, 'an unfinished run to go on with', contents, advice);
    }
    const file = this.file('progress');
    const text = await readText(file);
    try {
      const { settings, ...rest } = JSON.parse(text) as Progress;
      const checked = checkOptions<Omit<Progress, 'settings'>>('progress', PROGRESS_RULES, rest);
      return { ...checked, settings: checkSettings('settings', settings) };
    } catch (error) {
      const { message } = error as Error;
      throw badFile(file, 'the progress of a run', message, 'Begin anew with --overwrite.', error);
    }
  }

  /**
   * The run as it was saved, with its optimizer's state.
   *
   * @throws SAE_FILE where a part of it is damaged.
   */
  async load(progress: Progress): Promise<SavedRun> {
    const [folder, table] = [this.file('model'), this.file('losses')];
    const text = await readText(table);
    const model = await loadLayersModel(fileSystem(folder));
    if (!(model instanceof SAEModel) || model.optimizer == null) {
      const expected = "a sparse autoencoder with its optimizer's state";
      throw badFile(folder, expected, 'another model', 'Begin anew with --overwrite.');
    }
    const step = model.optimizer.iterations;
    const losses = readLossCsv(table, text, step);
    return { ...progress, step, model, losses };
  }

  /** Writes what came of the run; from here on it counts as finished. */
  async finish({ report, ...pictures }: Outcome): Promise<void> {
    for (const part of ['picture', 'gallery', 'dashboard'] as const) {
      await writeWhole(this.file(part), pictures[part]);
    }
    await writeWhole(this.file('report'), json(report));
    await remove(this.file('progress'));
  }
}

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

/** Writes a file so that at no moment half of it is there. */
function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  // A rename may reach the disk before what is not flushed.
  const written = writeFile(`${file}.tmp`, content, { flush: true });
  const work = written.then(() => rename(`${file}.tmp`, file));
  return refusing(file, 'a file that can be written', work);
}

const readText = (file: string) =>
  refusing(file, 'a file that can be read', readFile(file, 'utf8'));

const remove = (path: string) =>
  refusing(path, 'something that can be removed', rm(path, { recursive: true, force: true }));

const makeFolder = (path: string) =>
  refusing(path, 'a folder, or a place for one', mkdir(path, { recursive: true }));

const exists = (path: string) =>
  refusing(
    path,
    'a path that can be looked up',
    access(path).then(
      () => true,
      (error) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
        throw error;
      },
    ),
  );

/** The work's result, or what the system has against it as an SAEError. */
const refusing = <T>(path: string, expected: string, work: Promise<T>): Promise<T> =>
  work.catch((error) => {
    throw fileRefused(path, expected, error);
  });
