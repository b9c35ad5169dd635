import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { badFile, SAEError } from '../../errors';
import { fileSystem } from '../../io/files/fileSystem';
import { saveAt } from '../../io/files/saveFile';
import { encodeArtifacts, encodeWeightsFile } from '../../io/keras/encode';
import { inspectKeras } from '../../io/keras/inspect';
import { checkKerasOptions, type KerasOptions } from '../../io/keras/kerasArchive';
import { loadKerasWeights } from '../../io/keras/loadWeights';
import { useAnyBackend } from '../backend';
import { built, readArtifacts } from '../model/open';
import { optimizerOf, sizeOf, withoutTraining } from '../model/parts';
import { assertFree, type Place, placeName } from '../model/place';
import { printable } from '../printable';
import { some } from '../wording';

type Artifacts = tf.io.ModelArtifacts;

/** The arguments of the command. */
export interface ConvertArgs {
  from: Place;
  to: Place;
  /** A model of the same architecture; for a weights file, which does not describe its model. */
  like?: Place;
  overwrite: boolean;
  keras: KerasOptions;
}

const warn = (sentence: string) => process.stderr.write(`warning: ${printable(sentence)}\n`);

/**
 * Runs the whole conversion: reads, writes, and prints the result.
 *
 * @param folders the folders to look for packages from, nearest first
 * @throws SAEError if something is missing or wrong; nothing was written then.
 */
export async function runConvert(args: ConvertArgs, folders: readonly string[]): Promise<void> {
  const { from, to, like, overwrite, keras } = args;
  await assertFree(to, overwrite);
  await useAnyBackend(folders, warn);
  try {
    const artifacts = like
      ? await readWeights(from, like, keras)
      : await readArtifacts(from, keras, warn);
    const written = await write(from, to, artifacts, keras);
    process.stdout.write(`${placeName(from)} → ${placeName(to)}: ${printable(written)}\n`);
  } catch (error) {
    const isNotFinite = error instanceof SAEError && error.code === 'SAE_NOT_FINITE';
    if (isNotFinite) process.stderr.write('hint: --allow-non-finite converts them all the same.\n');
    throw error;
  }
}

/** Reads weights into a model of the same architecture, whose own weights do not matter. */
async function readWeights(from: Place, like: Place, keras: KerasOptions): Promise<Artifacts> {
  const { dtype: _, includeOptimizer, ...options } = keras;
  const { optimizer } = await inspectKeras(from.path);
  if (optimizer === null || includeOptimizer === false) {
    return filled(
      from,
      like,
      await readArtifacts(like, { ...keras, includeOptimizer: false }, warn),
      options,
    );
  }
  const target = await readArtifacts(like, keras, warn);
  try {
    return await filled(from, like, target, { ...options, includeOptimizer: true });
  } catch (error) {
    const isMisfit = error instanceof SAEError && error.code !== 'SAE_NOT_FINITE';
    if (!isMisfit || includeOptimizer) throw error;
    // Of two errors, report that of the weights themselves.
    const without = await filled(from, like, withoutTraining(target), options);
    warn(`${error.message} The model comes without its optimizer.`);
    return without;
  }
}

/**
 * Returns a model with its weights replaced by those of a file.
 *
 * @throws SAEError if they do not fit, or if the optimizer's state is included and does not fit.
 */
async function filled(
  from: Place,
  like: Place,
  target: Artifacts,
  options: Omit<KerasOptions, 'dtype'>,
): Promise<Artifacts> {
  const { includeOptimizer = false } = options;
  if (includeOptimizer && !optimizerOf(target)?.isOfKeras) {
    // Otherwise the state of another training, or none, would be taken for that of these weights.
    const expected = `a model with an optimizer of Keras, to take the state in ${placeName(from)}`;
    const advice = 'Compile it, or leave the state behind by --no-optimizer.';
    throw badFile(placeName(like), expected, 'a model without one', advice);
  }
  const model = await built(like, target);
  await loadKerasWeights(model, from.path, { ...options, includeOptimizer });
  const { weightSpecs, weightData, trainingConfig } = await saved(model, includeOptimizer);
  // The original topology: tfjs drops options of some layers when it saves them.
  return { ...target, weightSpecs, weightData, ...(includeOptimizer ? { trainingConfig } : {}) };
}

async function saved(model: LayersModel, includeOptimizer: boolean): Promise<Artifacts> {
  let taken: Artifacts = {};
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    taken = artifacts;
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  });
  await model.save(handler, { includeOptimizer });
  return taken;
}

/** Writes a model, and describes the result in words. */
async function write(
  from: Place,
  to: Place,
  artifacts: Artifacts,
  keras: KerasOptions,
): Promise<string> {
  const { weights, values } = sizeOf(artifacts);
  const size = `${some(weights, 'weight')}, ${some(values, 'value')}`;
  if (to.format === 'folder') {
    await fileSystem(to.path).save(artifacts);
    return `${classOf(artifacts)}, ${size}, ${training(optimizerOf(artifacts))}`;
  }
  const options = checkKerasOptions('convert', keras, warn);
  const encode = to.format === 'keras' ? encodeArtifacts : encodeWeightsFile;
  await saveAt(to.path, await encode(placeName(from), artifacts, options));
  // Read from the file, since an optimizer may have been left out.
  const { className, optimizer } = await inspectKeras(to.path);
  const known = optimizer && {
    ...optimizer,
    className: optimizer.className ?? optimizerOf(artifacts)?.className,
  };
  return `${className ?? classOf(artifacts)}, ${size}, ${training(known)}`;
}

function classOf({ modelTopology }: Artifacts): string {
  const topology = modelTopology as {
    class_name?: unknown;
    model_config?: { class_name?: unknown };
  };
  return String((topology.model_config ?? topology).class_name);
}

type Optimizer = { readonly className?: string | null | undefined; readonly steps: number | null };

const training = (optimizer: Optimizer | null | undefined): string =>
  optimizer == null
    ? 'no optimizer'
    : `${optimizer.className ?? 'its optimizer'} after ${some(optimizer.steps ?? 0, 'step')}`;
