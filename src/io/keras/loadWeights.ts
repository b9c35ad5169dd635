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
 * Loads weights that Keras has saved, a `.weights.h5` file, the shards of a `.weights.json` or those in
 * a `.keras` archive, into a model that has the same layers. Its optimizer takes the optimizer's state, where both have one.
 *
 * Nothing is changed unless all of it fits.
 *
 * @param model whose layers are those of the file; its weights are written in place
 * @param source a path (in Node), an address, a `Blob` or `File`, or bytes; of shards their
 * `.weights.json`, by its path or address, or all files together
 * @param options as {@link kerasArchive} takes them, without `dtype`
 * @throws SAE_FILE for a file that is missing, damaged, of another kind or of other layers, SAE_SHAPE
 * for weights of other sizes, SAE_NOT_FINITE for weights of NaN, SAE_UNSUPPORTED for
 * the state of another optimizer where `includeOptimizer` is true, SAE_OPTION for an unknown option or a
 * wrong value.
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

/** The same from a file that is open. */
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
  // All that can be wrong with the file before the first write.
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
 * A file of Keras's own has no group for a layer that only tfjs needs, and has the others in the
 * order in which they were made here; one that was saved here has all, in the order of the graph.
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

/** What an optimizer takes by `setWeights`. */
const stateTensors = (state: OptimizerState, tensor: (slot: Wanted) => tf.Tensor) => [
  { name: 'iter', tensor: tf.scalar(state.steps(), 'int32') as tf.Tensor },
  ...state.slots.map((slot) => ({ name: slot.tfjs, tensor: tensor(slot) })),
];
