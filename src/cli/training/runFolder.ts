import { access, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '../../checkpoints/openStore';
import { goOn, newestWhole } from '../../checkpoints/resume';
import { badFile, fileRefused } from '../../errors';
import { fileSystem } from '../../io/files/fileSystem';
import { ownWeightsIn } from '../../io/files/leftovers';
import { makeFolder } from '../../io/files/makeFolder';
import { isOwnWeights, MODEL_JSON, ownTemp } from '../../io/files/names';
import type { SAEModel } from '../../models/saeModel';
import type { TrainingPlace } from '../../models/trainingPlace';
import { checkOptions, nonNegative, type Rules } from '../../options';
import type { LossRow } from '../../viz/lossCurve';
import { isLockTemp, lockFolder, type RunLock } from './runLock';
import type { RunSettings } from './settings';

/** The place of each part of a run in its folder. */
const FILES = {
  model: 'model',
  report: 'report.json',
  losses: 'loss.csv',
  picture: 'loss.svg',
  gallery: 'gallery.png',
  dashboard: 'dashboard.html',
  /** Present as long as the run is not finished. */
  checkpoints: 'checkpoints',
} as const;
/** The results of a run, besides its model. */
const OUTCOME = ['report', 'losses', 'picture', 'gallery', 'dashboard'] as const;

/** A run at the point where it was saved. */
export interface SavedRun<S extends RunSettings = RunSettings> {
  settings: S;
  /** Optimizer steps taken. */
  step: number;
  /** Seconds spent in training. */
  seconds: number;
  model: SAEModel;
  losses: LossRow[];
  /** Where it continues; undefined at the beginning. */
  place?: TrainingPlace;
}

/** What a checkpoint of a run holds besides the training. */
export type Kept<S extends RunSettings = RunSettings> = Pick<
  SavedRun<S>,
  'settings' | 'seconds' | 'losses'
>;

const KEPT_RULES: Rules<Omit<Kept, 'settings'>> = {
  seconds: nonNegative(),
  losses: { expected: 'a list of losses', accepts: Array.isArray },
};

/** The results of a run. */
export interface Outcome {
  report: object;
  /** The picture as SVG. */
  picture: string;
  /** The gallery as PNG; undefined for rows that are not images. */
  gallery?: Uint8Array;
  /** The dashboard as HTML. */
  dashboard?: string;
}

/** The current contents of a folder. */
export type Contents = 'nothing' | 'an unfinished run' | 'a finished run';

/** The folder of one run: its checkpoints, its model, and its results. */
export class RunFolder<S extends RunSettings = RunSettings> {
  private lock: RunLock | undefined;

  /**
   * @param checkSettings checks settings that were read from a file; throws if they are wrong
   */
  constructor(
    readonly path: string,
    private readonly checkSettings: (where: string, given: unknown) => S,
  ) {}

  private file(part: keyof typeof FILES): string {
    return join(this.path, FILES[part]);
  }

  /** The folder of the run's checkpoints. */
  get checkpoints(): string {
    return this.file('checkpoints');
  }

  /**
   * Returns what is there. Checkpoints are removed last, so a folder with a checkpoint has no
   * results of that run yet.
   *
   * @throws SAE_FILE if the system does not allow access.
   */
  async contents(): Promise<Contents> {
    const places = [join(this.file('model'), MODEL_JSON), this.file('report')];
    const [model, report] = await Promise.all(places.map(exists));
    if ((await this.checkpointNames()).length > 0) return 'an unfinished run';
    return model || report ? 'a finished run' : 'nothing';
  }

  private checkpointNames(): Promise<string[]> {
    return openStore('--out', this.checkpoints).names();
  }

  /**
   * Claims the folder for a new run; another run's files stay until this one's first checkpoint.
   *
   * @throws SAE_FILE if a run is in it and must not be replaced, if another process writes to it,
   *   or if it cannot be created.
   */
  async begin(overwrite: boolean): Promise<void> {
    await makeFolder(this.path);
    this.lock = await lockFolder(this.path);
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
  }

  /**
   * Claims the folder with an unfinished run. Its settings are available before its model, because
   * they name the backend.
   *
   * @returns the settings, and a function that loads the run
   * @throws SAE_FILE if there is nothing to resume, if another process writes to it, or if no
   *   checkpoint is intact.
   */
  async goOn(): Promise<{ settings: S; load: () => Promise<SavedRun<S>> }> {
    const contents = await this.contents();
    if (contents !== 'nothing') this.lock = await lockFolder(this.path);
    if (contents === 'a finished run') await this.tidy();
    await this.assertUnfinished();
    const newest = await newestWhole(openStore('--out', this.checkpoints));
    const { step } = newest.training.place;
    const kept = this.checkKept(newest.training.extra, step);
    const load = async () => {
      const { model, place } = await goOn(this.checkpoints, newest);
      return { ...kept, step, model, place };
    };
    return { settings: kept.settings, load };
  }

  private async assertUnfinished(): Promise<void> {
    const contents = await this.contents();
    if (contents === 'an unfinished run') return;
    const advice =
      contents === 'nothing'
        ? 'Name the folder of the run by --out, or begin one without --resume.'
        : 'Begin another run with another --out, or in its place by --overwrite.';
    throw badFile(this.path, 'an unfinished run to go on with', contents, advice);
  }

  private checkKept(extra: unknown, step: number): Kept<S> {
    try {
      const { settings, ...rest } = (extra ?? {}) as Kept<S>;
      const checked = checkOptions<Omit<Kept, 'settings'>>('checkpoint', KEPT_RULES, rest);
      assertLosses(this.checkpoints, checked.losses, step);
      return { ...checked, settings: this.checkSettings('settings', settings) };
    } catch (error) {
      const { message } = error as Error;
      const expected = 'the checkpoints of a run';
      throw badFile(this.checkpoints, expected, message, 'Begin anew with --overwrite.', error);
    }
  }

  /** Removes what another run has left, once this one has its first checkpoint. */
  async clear(): Promise<void> {
    for (const part of OUTCOME) await remove(this.file(part));
    await remove(join(this.file('model'), MODEL_JSON));
    await this.sweep();
  }

  /** Saves the model and its losses for inspection; a run resumes from its checkpoints. */
  async save(model: SAEModel, losses: readonly LossRow[]): Promise<void> {
    await writeWhole(this.file('losses'), lossCsv(losses));
    await model.save(fileSystem(this.file('model')));
  }

  /** Writes the results of the run, which counts as finished from here on. */
  async finish({ report, ...pictures }: Outcome): Promise<void> {
    for (const part of ['picture', 'gallery', 'dashboard'] as const) {
      const content = pictures[part];
      if (content !== undefined) await writeWhole(this.file(part), content);
    }
    await writeWhole(this.file('report'), json(report));
    await this.tidy();
  }

  /**
   * Removes what a finished run no longer needs; one that was killed at its very end may have left
   * some.
   */
  private async tidy(): Promise<void> {
    await this.sweep();
    for (const name of await this.checkpointNames()) await remove(join(this.checkpoints, name));
    await rmdir(this.checkpoints).catch(() => {}); // it may contain other files
  }

  /** Lets other processes write to the folder. */
  async release(): Promise<void> {
    await this.lock?.release();
    this.lock = undefined;
  }

  /** Removes leftovers of interrupted saves; no other process writes here. */
  private async sweep(): Promise<void> {
    const folder = this.file('model');
    const used = (await ownWeightsIn(join(folder, MODEL_JSON))) ?? [];
    const isLeft = (name: string) =>
      ownTemp(name) !== undefined || (isOwnWeights(name) && !used.includes(name));
    for (const name of await namesIn(folder)) if (isLeft(name)) await remove(join(folder, name));
    const temps = new Set<string>(Object.values(FILES).map(tempOf));
    for (const name of await namesIn(this.path)) {
      if (temps.has(name) || isLockTemp(name)) await remove(join(this.path, name));
    }
    for (const name of await namesIn(this.checkpoints)) {
      if (ownTemp(name) !== undefined) await remove(join(this.checkpoints, name));
    }
  }
}

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
const tempOf = (file: string) => `${file}.tmp`;

/** Writes a file so that it is never half there. */
function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  // A rename may reach the disk before data that is not flushed.
  const written = writeFile(tempOf(file), content, { flush: true });
  const work = written.then(() => rename(tempOf(file), file));
  return refusing(file, 'a file that can be written', work);
}

const namesIn = (folder: string) =>
  refusing(
    folder,
    'a folder that can be read',
    readdir(folder).catch((error) => {
      if (error.code === 'ENOENT') return [] as string[];
      throw error;
    }),
  );

const remove = (path: string) =>
  refusing(path, 'something that can be removed', rm(path, { recursive: true, force: true }));

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

/** Returns the work's result, or throws the system's error as an SAEError. */
const refusing = <T>(path: string, expected: string, work: Promise<T>): Promise<T> =>
  work.catch((error) => {
    throw fileRefused(path, expected, error);
  });

const LEADING = ['epoch', 'step'];

/**
 * Returns the rows as CSV, with full precision, so that reading them back gives the same numbers.
 */
function lossCsv(rows: readonly LossRow[]): string {
  const columns = Object.keys(rows[0] ?? Object.fromEntries(LEADING.map((name) => [name, 0])));
  const lines = rows.map((row) => columns.map((column) => row[column]).join(','));
  return [columns.join(','), ...lines, ''].join('\n');
}

/**
 * Throws for losses of other steps than a run has taken.
 *
 * @throws SAE_FILE
 */
function assertLosses(file: string, rows: readonly LossRow[], steps: number): void {
  const isSound = (row: LossRow, i: number) =>
    row !== null && row.step === i + 1 && Object.values(row).every(Number.isFinite);
  if (rows.length === steps && rows.every(isSound)) return;
  const received = `${rows.length} rows, some of them of other steps`;
  throw badFile(
    file,
    `the losses of steps 1 to ${steps}`,
    received,
    'Begin anew with --overwrite.',
  );
}
