import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
// So that tfjs knows the class of any model that may have been trained.
import '../architectures';
import { badFile, SAEError } from '../errors';
import { SAEModel } from '../models/saeModel';
import { misfitOf, type TrainingPlace } from '../models/trainingPlace';
import { checkOptions, type Rules } from '../options';
import { type Checkpoint, decodeCheckpoint } from './format';
import { openStore } from './openStore';
import { goOnWith } from './runs';
import type { CheckpointStore } from './store';

/** Options of {@link resume}. */
export interface ResumeArgs {
  /**
   * Opens the checkpoint of the best epoch by this log, as named in `best.monitor`; the newest
   * checkpoint by default.
   */
  best?: string;
}

/** A training that can continue: the result of {@link resume}. */
export interface Resumed {
  /** The model with its optimizer's state, compiled; the caller disposes it. */
  readonly model: SAEModel;
  /** Where to continue: the option `resumeAt` of `fit` and `fitDataset`. */
  readonly place: TrainingPlace;
  /** What `extra` of `checkpoint` returned. */
  readonly extra: unknown;
}

const RULES: Rules<ResumeArgs> = {
  best: {
    expected: 'the name of a log that was watched',
    accepts: (v) => typeof v === 'string',
    fallback: undefined,
  },
};

/**
 * Opens the training that was saved at a place, in the state of its newest intact checkpoint. A
 * torn or damaged checkpoint is skipped, with a message on the console.
 *
 * Training continues bit for bit as if it had not stopped, given the same data and arguments on the
 * same backend.
 *
 * @param from the value that `checkpoint` was given as `to`
 * @param args `best`, to open the checkpoint of the best epoch instead of the newest
 * @returns the model, its place in the data, and the caller's extra data
 * @throws SAE_FILE if there is no checkpoint, or no intact one; SAE_MISSING for a schedule or an
 *   optimizer whose class is not registered; SAE_OPTION for an unknown option or a wrong value.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import * as tf from '@tensorflow/tfjs';
 * import { checkpoint, GatedSAE, resume } from 'gated-sae-tfjs';
 * const x = tf.randomUniform([64, 8]);
 * const to = `${tmpdir()}/checkpoints-${Math.random()}`;
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * sae.compile();
 * await sae.fit(x, { epochs: 2, verbose: 0, callbacks: checkpoint({ to }) });
 * // Later, in another process:
 * const { model, place } = await resume(to);
 * const args = { epochs: 4, verbose: 0, callbacks: checkpoint({ to }) } as const;
 * await model.fit(x, { ...args, resumeAt: place });
 * console.log(model.optimizer.iterations); // 8
 * ```
 */
export async function resume(from: string, args: ResumeArgs = {}): Promise<Resumed> {
  const { best } = checkOptions<ResumeArgs>('resume', RULES, args);
  const store = openStore('resume', from);
  const newest = await newestWhole(store);
  const checkpoint = best === undefined ? newest : await bestOf(store, newest, best);
  return goOn(store.where, checkpoint);
}

/**
 * Returns the training of a checkpoint.
 *
 * @param where how errors refer to the place that it came from
 */
export async function goOn(where: string, { training, artifacts }: Checkpoint): Promise<Resumed> {
  const model = await modelFrom(where, artifacts);
  const { step, run, place, backend, extra } = training;
  const misfit = misfitOf(place, model.sae);
  if (misfit) {
    model.dispose();
    const { expected, received } = misfit;
    const advice = 'Name another checkpoint, or begin anew.';
    throw badFile(where, `a model ${expected}, as its place is`, `one ${received}`, advice);
  }
  if (step) model.computeBy(step.step, step.threads || undefined);
  goOnWith({ name: run, best: training.best }, model);
  if (backend !== tf.getBackend()) {
    console.warn(
      `resume: ${where} was trained on ${backend}, and here is ${tf.getBackend()}: training ` +
        'goes on, but is not the same bit for bit.',
    );
  }
  return { model, place, extra };
}

/**
 * Returns the newest intact checkpoint.
 *
 * @throws SAE_FILE if there is none.
 */
export async function newestWhole(store: CheckpointStore): Promise<Checkpoint> {
  const names = (await store.names()).sort().reverse();
  for (const name of names) {
    try {
      return await read(store, name);
    } catch (error) {
      if (!(error instanceof SAEError)) throw error;
      console.warn(`resume: passed over a checkpoint. ${error.message}`);
    }
  }
  throw badFile(
    store.where,
    'a checkpoint that is whole',
    names.length === 0 ? 'none' : `${names.length} that are not`,
    'Name the place that checkpoint wrote to, or begin anew.',
  );
}

async function bestOf(
  store: CheckpointStore,
  newest: Checkpoint,
  monitor: string,
): Promise<Checkpoint> {
  const { best } = newest.training;
  if (Object.hasOwn(best, monitor)) return read(store, (best[monitor] as { name: string }).name);
  const watched = Object.keys(best).join(', ') || 'none';
  const advice = 'Resume the newest, or watch that log by best of checkpoint.';
  throw badFile(store.where, `an epoch that was best by ${monitor}`, watched, advice);
}

/** Reads one checkpoint and compares its checksums. @throws SAE_FILE if it is not intact. */
export async function read(store: CheckpointStore, name: string): Promise<Checkpoint> {
  const source = await store.open(name);
  try {
    return await decodeCheckpoint(source);
  } finally {
    await source.close();
  }
}

/** @throws SAE_FILE for anything but a compiled sparse autoencoder. */
export async function modelFrom(where: string, artifacts: tf.io.ModelArtifacts): Promise<SAEModel> {
  const expected = 'a sparse autoencoder that was being trained';
  const model = await loadLayersModel(tf.io.fromMemory(artifacts)).catch((error) => {
    if (error instanceof SAEError) throw error;
    throw badFile(where, expected, String(error), 'Name another checkpoint, or begin anew.', error);
  });
  if (model instanceof SAEModel && model.optimizer != null) return model;
  model.dispose();
  throw badFile(where, expected, 'another model', 'Name the place that checkpoint wrote to.');
}
