import * as tf from '@tensorflow/tfjs-core';
import type { History } from '@tensorflow/tfjs-layers';
import { isDataset, type RowDataset } from '../activations/rows';
import { stoppedTogether, wrongOption } from '../errors';
import { checkOptions, type Rule } from '../options';
import { FIT_DATASET_RULES, FIT_RULES, type SAEFitArgs, type SAEFitDatasetArgs } from './args';
import { inputAndTarget, splitForValidation, type ValidationTensors } from './data';
import { assertDictionary } from './givenModel';
import type { SAEModel } from './saeModel';
import { SharedRows } from './sharedRows';
import { drawnSeed } from './trainingPlace';

/**
 * Options of {@link trainTogether}: those of `fit` for tensors, those of `fitDataset` for datasets.
 */
export type TrainTogetherArgs = Omit<SAEFitArgs, 'callbacks' | 'resumeAt' | 'initialEpoch'> &
  Omit<SAEFitDatasetArgs, 'callbacks' | 'resumeAt' | 'initialEpoch'> & {
    /**
     * Makes the callbacks of each model, in the form that `fit` takes; none by default.
     *
     * @param model one of the models being trained
     */
    callbacks?: (model: SAEModel) => SAEFitArgs['callbacks'];
  };

const callbacks: Rule<TrainTogetherArgs['callbacks']> = {
  expected: 'a function',
  accepts: (v) => v === undefined || typeof v === 'function',
  fallback: undefined,
  advice: 'Give a function that makes them for each model: (sae) => checkpoint({ to: sae.name }).',
};

/**
 * Returns the rules of the options for this kind of data, without those that concern a single
 * training.
 */
function rulesFor(data: unknown) {
  const {
    resumeAt: _,
    initialEpoch: __,
    ...rules
  } = isDataset(data) ? FIT_DATASET_RULES : FIT_RULES;
  return { ...rules, callbacks };
}

/**
 * Trains several dictionaries on the same rows in one pass: each batch is read, shuffled and
 * assembled once, and then every dictionary takes its step on it. Each gets exactly the numbers
 * that it would get alone with the same arguments, bit for bit. The dictionaries may be of any
 * architecture and size, with any optimizers.
 *
 * If the training of one model ends early, through a callback or an error, the others continue to
 * the end. Each model has its own validation, callbacks and checkpoints, from which `resume` can
 * continue it alone.
 *
 * @param models compiled models, each with its own name and optimizer
 * @param data `[..., inputDim]`; `[x, y]` with targets; or a dataset of batches, bare or as `{xs}`
 *   or `{xs, ys}`
 * @param args the options of `fit` for tensors and of `fitDataset` for datasets, except `resumeAt`;
 *   `callbacks` is a function that returns a model's callbacks
 * @returns the logs of each model by its name
 * @throws SAE_OPTION for an unknown option or a wrong value, for something that is not a model, or
 *   for models that share a name or an optimizer; SAE_DATA for missing data. If the training of a
 *   model fails, its error's code, with the model's name, after the others have finished; the
 *   `cause` is the error.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { ReluSAE, TopKSAE, trainTogether } from 'gated-sae-tfjs';
 * const sizes = { inputDim: 8, encodingDim: 32 };
 * const models = [
 *   new TopKSAE({ ...sizes, k: 4, name: 'k4' }),
 *   new TopKSAE({ ...sizes, k: 8, name: 'k8' }),
 *   new ReluSAE({ ...sizes, name: 'relu' }),
 * ];
 * for (const model of models) model.compile();
 * const logs = await trainTogether(models, tf.randomUniform([256, 8]), { epochs: 2, verbose: 0 });
 * console.log(logs.k4?.history.l0, logs.relu?.history.l0);
 * ```
 */
export async function trainTogether(
  models: readonly SAEModel[],
  data: ValidationTensors | RowDataset,
  args: TrainTogetherArgs = {},
): Promise<Record<string, History>> {
  const where = 'trainTogether';
  assertModels(where, models);
  const checked = checkOptions<TrainTogetherArgs>(where, rulesFor(data), args);
  const { callbacks: callbacksOf, ...rest } = checked;
  const { train, dispose } = isDataset(data) ? onDataset(data, rest) : onTensors(data, rest);
  const shared = new SharedRows(where);
  const readers = models.map(() => shared.join());
  try {
    const trained = await Promise.allSettled(
      models.map(async (model, i) => {
        const { read, leave } = readers[i] as (typeof readers)[number];
        try {
          return await train(model, callbacksOf?.(model), read);
        } finally {
          leave();
        }
      }),
    );
    const logs = trained.map((one, i) => {
      if (one.status === 'fulfilled') return one.value;
      throw stoppedTogether(where, (models[i] as SAEModel).where, one.reason);
    });
    return Object.fromEntries(models.map(({ name }, i) => [name, logs[i] as History]));
  } finally {
    shared.dispose();
    dispose();
  }
}

/** How each model is trained on the shared data. */
interface Training {
  train(
    model: SAEModel,
    callbacks: SAEFitArgs['callbacks'],
    read: (source: RowDataset) => RowDataset,
  ): Promise<History>;
  dispose(): void;
}

const onDataset = (dataset: RowDataset, args: SAEFitDatasetArgs): Training => ({
  train: (model, callbacks, read) => model.fitDataset(read(dataset), { ...args, callbacks }),
  dispose: () => {},
});

/** Splits off the validation data once; the order of the rows is the same for all. */
function onTensors(data: ValidationTensors, given: SAEFitArgs): Training {
  const { validationSplit = 0, ...rest } = given;
  const args = { ...rest, seed: rest.seed ?? drawnSeed() };
  const [x, y] = inputAndTarget(data);
  const examples = x instanceof tf.Tensor ? (x.shape[0] ?? 0) : 0;
  const trained = Math.floor(examples * (1 - validationSplit));
  if (trained === 0 || !(y instanceof tf.Tensor) || y.shape[0] !== examples) {
    // The first model reports what is wrong.
    return {
      train: (model, callbacks, read) =>
        model.fitSharing(x, y, { ...args, validationSplit, callbacks }, read),
      dispose: () => {},
    };
  }
  const { training, held, dispose } = splitForValidation([x, y], trained);
  const validationData = args.validationData ?? held;
  const all = { ...args, ...(validationData && { validationData }) };
  return {
    train: (model, callbacks, read) =>
      model.fitSharing(...training, { ...all, callbacks } as SAEFitArgs, read),
    dispose,
  };
}

/**
 * @throws SAE_OPTION for something that is not a model, or models that would interfere with each
 *   other.
 */
function assertModels(where: string, models: readonly SAEModel[]): void {
  if (!Array.isArray(models) || models.length === 0) {
    throw wrongOption(`${where}.models`, 'a list of models', models);
  }
  for (const model of models) assertDictionary(where, model);
  const name = repeated(models.map((model) => model.name));
  if (name !== undefined) {
    const advice = 'Give each a name of its own: new ReluSAE({ …, name: "…" }).';
    throw wrongOption(`${where}.models`, 'models of different names', name, advice);
  }
  if (repeated(models.map(({ optimizer }) => optimizer).filter((one) => one != null))) {
    const advice = 'Compile each with an optimizer of its own.';
    throw wrongOption(`${where}.models`, 'an optimizer for each', 'one for several', advice);
  }
}

/** Returns the first item that occurs a second time. */
const repeated = <T>(all: readonly T[]): T | undefined =>
  all.find((one, i) => all.indexOf(one) < i);
