import type * as tf from '@tensorflow/tfjs-core';
import { version } from '../../../package.json';
import { badContent } from '../../errors';
import { openArchive } from './archive';
import { Arrays } from './arrays';
import { type Blueprint, blueprint } from './blueprint';
import { isObject } from './carryClass';
import { tfjsTopology } from './fromKeras';
import type { KerasSource } from './kerasSource';
import type { KerasWeights } from './kerasWeights';
import { isDictionary, type Json } from './layerTable';
import { type Leaving, leavingOut } from './leftOut';
import { type OptimizerState, wantOptimizer } from './optimizerState';
import { maskedLoss, type OnUnsupported, type Training, tfjsTraining } from './training';

/** Options of opening an archive. */
export interface LoadOptions extends Leaving {
  /** Whether to accept weights that are NaN or infinite. */
  readonly allowNonFinite: boolean;
}

/**
 * Returns the artifacts from which tfjs loads a model, from a `.keras` archive.
 *
 * The requirements of the file are compared with its content before memory is allocated for either.
 *
 * @param source the archive; the caller closes it
 * @throws SAE_FILE, SAE_SHAPE, SAE_NOT_FINITE or SAE_UNSUPPORTED
 */
export async function decodeArtifacts(
  source: KerasSource,
  options: LoadOptions,
): Promise<tf.io.ModelArtifacts> {
  const archive = await openArchive(source);
  const topology = tfjsTopology(archive.config);
  const plan = await blueprint(topology.json);
  try {
    const tree = await archive.readTree();
    const arrays = new Arrays(tree);
    for (const weight of plan.weights) arrays.want(weight);
    const onUnsupported = leavingOut(source.name, options);
    const trained =
      options.includeOptimizer === false
        ? undefined
        : onUnsupported('optimizer', () => {
            if (topology.isMasked) throw maskedLoss();
            return trainingOf(archive.config, arrays, plan, onUnsupported);
          });
    refuseOthers([...tree.datasets.keys()], plan);
    await archive.streamWeights(arrays.sink());
    return {
      modelTopology: topology.json as object,
      format: 'layers-model',
      generatedBy: `Keras ${archive.kerasVersion ?? 3}`,
      convertedBy: `gated-sae-tfjs ${version}`,
      ...(archive.carried && { userDefinedMetadata: archive.carried }),
      ...weightsOf(plan, arrays, trained?.state, options),
      ...(trained ? { trainingConfig: trainingConfig(trained) } : {}),
    };
  } finally {
    plan.dispose();
  }
}

/** How the model was trained, and how far. */
interface Trained {
  readonly training: Training;
  /** Undefined for a file that was saved before the optimizer had any state. */
  readonly state: OptimizerState | undefined;
}

/** Returns the training that is included; undefined for a model that was never compiled. */
function trainingOf(
  config: Json,
  arrays: Arrays,
  plan: Blueprint,
  onUnsupported: OnUnsupported,
): Trained | undefined {
  const { compile_config: compile, class_name: className } = isObject(config) ? config : {};
  const about = { isDictionary: isDictionary(String(className)), outputs: plan.model.outputNames };
  const training = tfjsTraining(compile, about, onUnsupported);
  return training && { training, state: wantOptimizer(arrays, plan, training.optimizer) };
}

/** Arrays that Keras writes and tfjs has no place for: states of random numbers, and optimizers. */
const ELSEWHERE = /^optimizer\/|(^|\/)seed_generator\/vars\/\d+$/;

/** @throws SAE_FILE for arrays that do not belong to a model. */
export function refuseOthers(paths: readonly string[], { weights }: KerasWeights): void {
  const known = new Set(weights.map(({ path }) => path));
  const other = paths.find((path) => !known.has(path) && !ELSEWHERE.test(path));
  if (other === undefined) return;
  const advice = 'Its layers keep more than tfjs has a place for: save it without them.';
  throw badContent('the weights of its layers only', `another array at ${other}`, advice);
}

function weightsOf(
  { weights }: Blueprint,
  arrays: Arrays,
  state: OptimizerState | undefined,
  { allowNonFinite }: LoadOptions,
): Pick<tf.io.ModelArtifacts, 'weightData' | 'weightSpecs'> {
  const data: ArrayBuffer[] = [];
  const weightSpecs: tf.io.WeightsManifestEntry[] = [];
  for (const weight of weights) {
    data.push(arrays.floats(weight, allowNonFinite));
    weightSpecs.push({ name: weight.name, shape: [...weight.shape], dtype: 'float32' });
  }
  if (state) {
    data.push(new Int32Array([state.steps()]).buffer);
    weightSpecs.push({ name: 'iter', shape: [], dtype: 'int32', group: 'optimizer' });
    for (const slot of state.slots) {
      data.push(arrays.floats(slot, allowNonFinite));
      const { tfjs: name, shape } = slot;
      weightSpecs.push({ name, shape: [...shape], dtype: 'float32', group: 'optimizer' });
    }
  }
  return { weightData: data, weightSpecs };
}

function trainingConfig({ training: { config }, state }: Trained) {
  const rate = state?.rate();
  if (rate === undefined) return config as unknown as tf.io.TrainingConfig;
  const { optimizer_config: optimizer, ...rest } = config as Record<string, Json>;
  const { config: options, ...named } = optimizer as Record<string, Json>;
  const withRate = { ...(options as object), learningRate: rate };
  return {
    ...rest,
    optimizer_config: { ...named, config: withRate },
  } as unknown as tf.io.TrainingConfig;
}
