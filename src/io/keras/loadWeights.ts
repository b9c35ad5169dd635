import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { assertModel } from '../../models/givenModel';
import type { KerasOptimizer } from '../../optimizers/kerasOptimizer';
import { Arrays, type Wanted } from './arrays';
import { type LoadOptions, refuseOthers } from './decode';
import { checkArchiveOptions, type KerasArchiveOptions } from './kerasArchive';
import { type KerasOpenable, type KerasSource, withKerasSource } from './kerasSource';
import { type KerasWeights, kerasWeights } from './kerasWeights';
import { TABLE, tfjsEntry } from './layerTable';
import { leavingOut } from './leftOut';
import { openWeights } from './openWeights';
import { type OptimizerState, wantOptimizer } from './optimizerState';
import { optimizerLayout } from './training';

/**
 * Loads weights that Keras saved (a `.weights.h5` file, the shards of a `.weights.json`, or those
 * in a `.keras` archive) into a model with the same layers. If both have an optimizer, its state is
 * loaded too.
 *
 * Nothing is changed unless everything fits.
 *
 * @param model a model with the layers of the file; its weights are overwritten
 * @param source a path (in Node), an address, a `Blob` or `File`, or bytes; for shards their
 *   `.weights.json`, by its path or address, or all files together
 * @param options options as for {@link kerasArchive}, except `dtype`
 * @throws SAE_FILE for a file that is missing, damaged, of another kind or with other layers,
 *   SAE_SHAPE for weights of other sizes, SAE_NOT_FINITE for weights that are NaN, SAE_UNSUPPORTED
 *   for the state of another optimizer if `includeOptimizer` is true, SAE_OPTION for an unknown
 *   option or a wrong value.
 * @example
 * ```ts
 * import { encodeKeras, GatedSAE, loadKerasWeights } from 'gated-sae-tfjs';
 * const bytes = await encodeKeras(new GatedSAE({ inputDim: 8, encodingDim: 32 }));
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * await loadKerasWeights(sae, bytes);
 * ```
 */
export async function loadKerasWeights(
  model: LayersModel,
  source: KerasOpenable,
  options: Omit<KerasArchiveOptions, 'dtype'> = {},
): Promise<void> {
  const { checked, http } = checkArchiveOptions('loadKerasWeights', options);
  assertModel('loadKerasWeights', model);
  await withKerasSource(source, (opened) => loadOpened(model, opened, checked), http);
}

/** Loads from a file that is open. */
export async function loadOpened(
  model: LayersModel,
  opened: KerasSource,
  checked: LoadOptions,
): Promise<void> {
  const { allowNonFinite, includeOptimizer } = checked;
  const { readTree, stream } = await openWeights(opened);
  const tree = await readTree();
  const own = weightsLike(model, tree.groups);
  const arrays = new Arrays(tree);
  for (const weight of own.weights) arrays.want(weight);
  refuseOthers([...tree.datasets.keys()], own);
  const optimizer = includeOptimizer === false ? undefined : kerasOptimizerOf(model);
  const state =
    optimizer &&
    leavingOut(opened.name, checked)('state', () =>
      wantOptimizer(arrays, own, optimizerLayout(optimizer)),
    );
  await stream(arrays.sink());
  // Everything that can be wrong with the file is found before the first write.
  const rate = state?.rate();
  const { values, named } = tf.tidy(() => {
    const tensor = (wanted: Wanted) =>
      tf.tensor(new Float32Array(arrays.floats(wanted, allowNonFinite)), [...wanted.shape]);
    return { values: own.weights.map(tensor), named: state ? stateTensors(state, tensor) : [] };
  });
  try {
    if (optimizer && state) await optimizer.setWeights(named);
    if (optimizer && rate !== undefined) optimizer.learningRate = rate;
    own.weights.forEach(({ variable }, i) => void variable.write(values[i] as tf.Tensor));
  } finally {
    tf.dispose([values, named.map((one) => one.tensor)]);
  }
}

/**
 * Returns the model's weights in the file's order. A file written by Keras has no group for a layer
 * that only tfjs needs, and has the others in the order in which they were created here; a file
 * written by this library has all of them, in the order of the graph.
 */
function weightsLike(model: LayersModel, groups: ReadonlySet<string>): KerasWeights {
  const own = kerasWeights(model);
  const isAsHere = !own.hasRepeats || own.groups.every((group) => groups.has(group));
  return isAsHere ? own : kerasWeights(model, true);
}

function kerasOptimizerOf({ optimizer }: LayersModel): KerasOptimizer | undefined {
  const known = optimizer && tfjsEntry(TABLE.optimizers, optimizer.getClassName());
  return known ? (optimizer as KerasOptimizer) : undefined;
}

/** Returns the tensors that an optimizer's `setWeights` takes. */
const stateTensors = (state: OptimizerState, tensor: (slot: Wanted) => tf.Tensor) => [
  { name: 'iter', tensor: tf.scalar(state.steps(), 'int32') as tf.Tensor },
  ...state.slots.map((slot) => ({ name: slot.tfjs, tensor: tensor(slot) })),
];
