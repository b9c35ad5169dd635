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

/** What {@link checkpoint} takes. */
export interface CheckpointArgs {
  /**
   * Where checkpoints go. In Node a folder, which is made; in a page a folder of its own file system
   * (OPFS), or in IndexedDB where there is none, and where it is named `indexeddb://…`.
   */
  to: string;
  /** A checkpoint after so many steps; by default it goes by time. */
  everySteps?: number;
  /** A checkpoint after so many seconds; 30 by default, where `everySteps` is not given. */
  everySeconds?: number;
  /** How many of the newest stay; 2 by default. */
  keep?: number;
  /** The epoch to keep as well: the best one by a log. None by default. */
  best?: BestArgs;
  /** Whether to replace the checkpoints of another training in the same place; false by default. */
  overwrite?: boolean;
  /**
   * Called with each checkpoint for what else is to be kept in it, which JSON can hold; `resume` gives
   * it back. Nothing by default.
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
 * A callback of `fit` and `fitDataset` that saves the training as it goes, so that {@link resume} goes
 * on bit for bit after a crash: weights, the optimizer with its state, the place in the data, the
 * order of the rows, and the logs so far.
 *
 * A checkpoint is one file with a checksum, there whole or not at all. The first is made before the
 * first step, the last when training ends, on an error too.
 *
 * @param args where to, how often, and which stay
 * @returns what `callbacks` takes, alone or among others
 * @throws SAE_OPTION for an unknown option or a wrong value. `fit` rejects with SAE_FILE where
 * checkpoints cannot be written, or where those of another training are; with SAE_OPTION for a
 * monitor that is no log.
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
  /** Step and time of the last checkpoint, and which place it has. */
  private last = { step: 0, time: 0, place: '' };
  /** For each checkpoint, those of the best epochs that it knows. */
  private readonly known = new Map<string, readonly string[]>();
  /** The checkpoints that there are, as far as this training goes by: all that it may remove. */
  private expected = new Set<string>();
  /** The checkpoint that is being written; undefined where somebody has waited for it. */
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
    this.course = undefined; // of an earlier training, which a fault in this one must not save
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
    // So that it shows now, and not after an hour, when nothing can be written there.
    else {
      await this.save().catch((error) => {
        this.course = undefined; // the fault would have it tried again
        throw error;
      });
    }
  }

  override async onBatchEnd(): Promise<void> {
    // Told of now, and not with the next checkpoint.
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
    await this.written().catch(() => {}); // its place is taken by the one that is made now
    // The fault is what the caller is to hear of.
    await this.save().catch((error) => console.warn(`checkpoint: ${error}`));
  }

  /** The logs that there will be of an epoch, as far as nobody else adds some. */
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
   * Refuses to go on where another training, or this one resumed a second time, has made a checkpoint
   * since this one began: what each of them keeps, the other would remove.
   *
   * @param made what is to be taken back then
   */
  private async assertAlone(made?: string): Promise<void> {
    const others = (await this.store.names()).filter((name) => !this.expected.has(name));
    if (others.length === 0) return;
    this.course = undefined; // or the fault would have it saved
    if (made !== undefined) await this.store.remove(made);
    throw badFile(
      this.store.where,
      'a place to which one training writes',
      `the checkpoint ${others.sort().at(-1)} of another, made meanwhile`,
      'Give each training a place of its own, and resume one in one process at a time.',
    );
  }

  /** Makes a checkpoint of how it is now, unless there is one. */
  private async save(): Promise<void> {
    await this.take();
    await this.written();
  }

  /** Reads what a checkpoint is of. It is written while training goes on: the numbers are copies. */
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
      // Before it, so that what the other has made stays; and after it, should both begin at once.
      await this.assertAlone();
      await this.store.write(name, chunks);
      this.expected.add(name);
      await this.assertAlone(name);
    } catch (error) {
      this.last.place = ''; // which has none
      throw error;
    }
    await this.prune(name);
  }

  /** Resolves when nothing is being written; tells of a fault once. */
  private async written(): Promise<void> {
    const { writing } = this;
    this.writing = undefined;
    this.writingHasFailed = false;
    await writing;
  }

  /** Removes what is not to stay: older ones, and those of a training that has been replaced. */
  private async prune(newest: string): Promise<void> {
    const own = (name: string) => partsOf(name)?.run === this.run?.name;
    const names = [...this.expected].sort();
    // One of a later step is damaged, or of a way that training has not gone.
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
