import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { badFile } from '../errors';
import { fileSystem } from '../io/files/fileSystem';
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
  /** There as long as the run is not finished. */
  progress: 'progress.json',
} as const;

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

/** What is in a folder so far. */
export type Contents = 'nothing' | 'an unfinished run' | 'a finished run';

/** The folder of one run: its model, its progress, and what came of it. */
export class RunFolder {
  private replacing = false;

  constructor(readonly path: string) {}

  /** A path inside it, for reading, and for telling the user. */
  file(part: keyof typeof FILES): string {
    return join(this.path, FILES[part]);
  }

  async contents(): Promise<Contents> {
    if (await exists(this.file('progress'))) return 'an unfinished run';
    const others = await Promise.all(
      [this.file('model'), this.file('report'), this.file('losses')].map(exists),
    );
    return others.includes(true) ? 'a finished run' : 'nothing';
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
    await mkdir(this.path, { recursive: true });
  }

  /** Saves all that it takes to go on, so that a crash at any moment leaves something whole. */
  async save(model: SAEModel, progress: Progress, losses: readonly LossRow[]): Promise<void> {
    if (this.replacing) {
      const old = Object.keys(FILES) as (keyof typeof FILES)[];
      await Promise.all(old.map((part) => rm(this.file(part), { recursive: true, force: true })));
      this.replacing = false;
    }
    // The model comes last: it knows its step, and the others may be ahead of it, not behind.
    await writeWhole(this.file('losses'), lossCsv(losses));
    await writeWhole(this.file('progress'), json(progress));
    await model.save(fileSystem(this.file('model')));
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
    try {
      const { settings, ...rest } = JSON.parse(await readFile(file, 'utf8')) as Progress;
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
    const folder = this.file('model');
    const model = await loadLayersModel(fileSystem(folder));
    if (!(model instanceof SAEModel) || model.optimizer == null) {
      const expected = "a sparse autoencoder with its optimizer's state";
      throw badFile(folder, expected, 'another model', 'Begin anew with --overwrite.');
    }
    const step = model.optimizer.iterations;
    const file = this.file('losses');
    const losses = readLossCsv(file, await readFile(file, 'utf8'), step);
    return { ...progress, step, model, losses };
  }

  /** Writes what came of the run; from here on it counts as finished. */
  async finish(report: object, picture: string): Promise<void> {
    await writeWhole(this.file('picture'), picture);
    await writeWhole(this.file('report'), json(report));
    await rm(this.file('progress'));
  }
}

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

/** Writes a file so that at no moment half of it is there. */
async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.tmp`, text);
  await rename(`${file}.tmp`, file);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
