import * as tf from '@tensorflow/tfjs-core';
import { Callback } from '@tensorflow/tfjs-layers';
import { EPOCH_MEASURES } from '../engine/epochTally';
import { badFile, wrongMoment, wrongOption } from '../errors';
import type { FaultListener } from '../models/callbacks';
import { type Course, numbersOf } from '../models/course';
import { trainedModel } from '../models/givenModel';
import type { SAEModel } from '../models/saeModel';
import { kerasOptimizer } from '../optimizers/optimizerBefore';
import {
  aFunction,
  checkOptions,
  flag,
  optional,
  positive,
  positiveInteger,
  type Rules,
} from '../options';
import { type BestArgs, BestWatch } from './best';
import { encodeCheckpoint } from './format';
import { openStore } from './openStore';
import { modelFrom, read } from './resume';
import { type Run, runOf } from './runs';
import { type CheckpointStore, checkpointName, partsOf } from './store';

/** Options of {@link checkpoint}. */
export interface CheckpointArgs {
  /**
   * Where to write checkpoints. In Node a folder, which is created; in a page a folder of its
   * private file system (OPFS), or IndexedDB if there is no OPFS or if the name is `indexeddb://…`.
   */
  to: string;
  /** Write a checkpoint after this many steps; by default the interval is in seconds. */
  everySteps?: number;
  /** Write a checkpoint after this many seconds; 30 by default, unless `everySteps` is given. */
  everySeconds?: number;
  /** How many of the newest checkpoints to keep; 2 by default. */
  keep?: number;
  /** An epoch to keep as well: the best one by a log. None by default. */
  best?: BestArgs;
  /** Whether to replace checkpoints of another training in the same place; false by default. */
  overwrite?: boolean;
  /**
   * Called for each checkpoint; returns additional data to keep in it, in a form that JSON can
   * hold. `resume` returns it. Nothing by default.
   */
  extra?: () => unknown;
}

const RULES: Rules<CheckpointArgs> = {
  to: { expected: 'the name of a folder', accepts: (v) => typeof v === 'string' && v !== '' },
  everySteps: optional(positiveInteger()),
  everySeconds: optional(positive()),
  keep: positiveInteger(2),
  best: optional<BestArgs>({
    expected: '{ monitor: … }',
    accepts: (v) => v !== null && typeof v === 'object' && !Array.isArray(v),
  }),
  overwrite: flag(false),
  extra: optional(aFunction<() => unknown>()),
};
const DEFAULT_SECONDS = 30;

/**
 * Returns a callback for `fit` and `fitDataset` that saves the training as it proceeds, so that
 * {@link resume} can continue it bit for bit after a crash: the weights, the optimizer with its
 * state, the place in the data, the order of the rows, and the logs so far.
 *
 * A checkpoint is one file with a checksum, written completely or not at all. The first is written
 * before the first step, the last when training ends, even with an error.
 *
 * @param args where and how often to write, and what to keep
 * @returns a value for `callbacks`, alone or in a list
 * @throws SAE_OPTION for an unknown option or a wrong value. `fit` rejects with SAE_FILE if
 *   checkpoints cannot be written, or if another training's are there; with SAE_OPTION for a
 *   monitor that is not a log.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import * as tf from '@tensorflow/tfjs';
 * import { checkpoint, GatedSAE } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * sae.compile();
 * const to = `${tmpdir()}/checkpoints-${Math.random()}`;
 * await sae.fit(tf.randomUniform([64, 8]), {
 *   epochs: 5,
 *   seed: 0,
 *   validationSplit: 0.1,
 *   verbose: 0,
 *   callbacks: [
 *     checkpoint({ to, everySeconds: 60, best: { monitor: 'val_loss', restore: true } }),
 *     tf.callbacks.earlyStopping({ monitor: 'val_loss', patience: 2 }),
 *   ],
 * });
 * ```
 */
export function checkpoint(args: CheckpointArgs): Callback {
  return new Checkpoints(checkOptions<CheckpointArgs>('checkpoint', RULES, args));
}

type Checked = ReturnType<typeof checkOptions<CheckpointArgs>>;

class Checkpoints extends Callback implements FaultListener {
  private readonly store: CheckpointStore;
  private readonly watch: BestWatch | undefined;
  private run: Run | undefined;
  private course: Course | undefined;
  /** Step, time and place of the last checkpoint. */
  private last = { step: 0, time: 0, place: '' };
  /** For each checkpoint, the names of the best epochs' checkpoints that it knows of. */
  private readonly known = new Map<string, readonly string[]>();
  /** The checkpoints that this training expects to exist, and so all that it may remove. */
  private expected = new Set<string>();
  /** The checkpoint that is being written; undefined once it has been awaited. */
  private writing: Promise<void> | undefined;
  private writingHasFailed = false;

  constructor(private readonly args: Checked) {
    super();
    const { everySteps, everySeconds, best } = args;
    if (everySteps !== undefined && everySeconds !== undefined) {
      throw wrongOption('checkpoint', 'everySteps or everySeconds', { everySteps, everySeconds });
    }
    this.store = openStore('checkpoint.to', args.to);
    this.watch = best && new BestWatch(best);
  }

  private get trained(): SAEModel {
    return trainedModel('checkpoint', this.model);
  }

  override async onTrainBegin(): Promise<void> {
    this.course = undefined; // from an earlier training, which a fault in this one must not save
    const { course } = this.trained;
    if (course === undefined) {
      throw wrongMoment('checkpoint', 'training by fit or fitDataset', 'another');
    }
    course.keepSums();
    this.run = runOf(this.model);
    const names = await this.store.names();
    this.assertFree(names);
    this.expected = new Set(names);
    this.watch?.begin(this.run, this.logNames, names);
    this.last = { step: this.trained.optimizer.iterations, time: performance.now(), place: '' };
    this.course = course;
    if (course.hasBegun) this.last.place = placeText(course);
    // So that a place that cannot be written to is reported now, not after an hour.
    else {
      await this.save().catch((error) => {
        this.course = undefined; // otherwise the fault would make it try again
        throw error;
      });
    }
  }

  override async onBatchEnd(): Promise<void> {
    // Reported now, not with the next checkpoint.
    if (this.writingHasFailed) await this.written();
    if (!this.course?.hasFailed && this.isDue) await this.take();
  }

  override async onEpochEnd(_epoch: number, logs: object = {}): Promise<void> {
    const { course, watch, run } = this;
    if (!course?.isEpochWhole || run === undefined) return;
    const numbers = await numbersOf(logs as Record<string, unknown>);
    course.completeEpoch(numbers);
    const name = this.nextName();
    if (watch?.takes(run, numbers, name) || this.isDue) await this.take();
  }

  override async onTrainEnd(): Promise<void> {
    await this.save();
    const best = this.course?.hasFailed ? undefined : this.watch?.toRestore(this.run);
    if (best === undefined) return;
    const { artifacts } = await read(this.store, best.name);
    const model = await modelFrom(this.store.where, artifacts);
    this.trained.setWeights(model.getWeights());
    const averages = kerasOptimizer(model.optimizer)?.averages;
    if (averages) kerasOptimizer(this.trained.optimizer)?.averages?.load(averages.named());
    model.dispose();
  }

  async onTrainFault(): Promise<void> {
    await this.written().catch(() => {}); // the checkpoint made now takes its place
    // The caller should receive the original fault.
    await this.save().catch((error) => console.warn(`checkpoint: ${error}`));
  }

  /** The logs that an epoch will have, unless other callbacks add some. */
  private get logNames(): string[] {
    const { metrics, doValidation } = this.params as { metrics: string[]; doValidation: boolean };
    const validated = doValidation ? EPOCH_MEASURES.map((name) => `val_${name}`) : [];
    return [...metrics, ...EPOCH_MEASURES, ...validated];
  }

  private get isDue(): boolean {
    const { everySteps, everySeconds = DEFAULT_SECONDS } = this.args;
    const { step, time } = this.last;
    if (everySteps !== undefined) return this.trained.optimizer.iterations - step >= everySteps;
    return performance.now() - time >= everySeconds * 1000;
  }

  private nextName(): string {
    return checkpointName(this.trained.optimizer.iterations, (this.run as Run).name);
  }

  private assertFree(names: readonly string[]): void {
    const others = names.filter((name) => partsOf(name)?.run !== this.run?.name);
    if (others.length === 0 || this.args.overwrite) return;
    throw badFile(
      this.store.where,
      'a place without the checkpoints of another training',
      `${others.length} of them`,
      'Go on with it: resume(…). Or choose another place, or set overwrite: true.',
    );
  }

  /**
   * Throws if another training, or this one resumed a second time, has written a checkpoint since
   * this one began: each would remove what the other keeps.
   *
   * @param made the checkpoint to undo in that case
   */
  private async assertAlone(made?: string): Promise<void> {
    const others = (await this.store.names()).filter((name) => !this.expected.has(name));
    if (others.length === 0) return;
    this.course = undefined; // otherwise the fault would save it
    if (made !== undefined) await this.store.remove(made);
    throw badFile(
      this.store.where,
      'a place to which one training writes',
      `the checkpoint ${others.sort().at(-1)} of another, made meanwhile`,
      'Give each training a place of its own, and resume one in one process at a time.',
    );
  }

  /** Writes a checkpoint of the current state, unless there is one. */
  private async save(): Promise<void> {
    await this.take();
    await this.written();
  }

  /** Copies the state for a checkpoint, which is written while training continues. */
  private async take(): Promise<void> {
    await this.written();
    const { course, run } = this;
    if (course === undefined || run === undefined || placeText(course) === this.last.place) return;
    const place = await course.place();
    if (place === undefined) return;
    const training = {
      ...{ run: run.name, place, best: run.best, extra: this.args.extra?.() ?? null },
      ...{ step: this.trained.stepTaken ?? null, backend: tf.getBackend() },
    };
    const name = this.nextName();
    this.known.set(
      name,
      Object.values(run.best).map((best) => best.name),
    );
    const artifacts = await this.trained.artifacts({ includeOptimizer: true });
    this.last = { step: place.step, time: performance.now(), place: placeText(course) };
    this.writing = this.write(name, encodeCheckpoint({ training, artifacts }));
    this.writing.catch(() => {
      this.writingHasFailed = true;
    });
  }

  private async write(name: string, chunks: readonly Uint8Array[]): Promise<void> {
    try {
      // Checked before, so that the other's checkpoint is kept, and after, in case both begin at
      // once.
      await this.assertAlone();
      await this.store.write(name, chunks);
      this.expected.add(name);
      await this.assertAlone(name);
    } catch (error) {
      this.last.place = ''; // it has no checkpoint
      throw error;
    }
    await this.prune(name);
  }

  /** Resolves when nothing is being written; reports a fault once. */
  private async written(): Promise<void> {
    const { writing } = this;
    this.writing = undefined;
    this.writingHasFailed = false;
    await writing;
  }

  /** Removes checkpoints that are not to be kept: older ones, and those of a replaced training. */
  private async prune(newest: string): Promise<void> {
    const own = (name: string) => partsOf(name)?.run === this.run?.name;
    const names = [...this.expected].sort();
    // A checkpoint of a later step is damaged, or belongs to a continuation that was abandoned.
    const kept = names.filter((name) => own(name) && name <= newest).slice(-this.args.keep);
    const best = [...kept, newest].flatMap((name) => this.known.get(name) ?? []);
    const staying = new Set([...kept, ...best]);
    for (const name of names.filter((name) => !staying.has(name))) {
      await this.store.remove(name);
      this.expected.delete(name);
    }
  }
}

const placeText = ({ epoch, batchesDone }: Course) => `${epoch}/${batchesDone}`;
