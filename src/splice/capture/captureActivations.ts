import { wrongOption } from '../../errors';
import {
  checkOptions,
  finite,
  optional,
  positiveInteger,
  type Rule,
  type Rules,
} from '../../options';
import type { HostModel } from '../hosts';
import { hostOf } from '../hosts';
import { type Capture, HiddenRows } from './hiddenRows';
import { batchesOf, type ModelData } from './inputBatches';
import type { MaskArgs, PositionArgs } from './positions';
import { SharedPass } from './sharedPass';

/** Options of {@link captureActivations}. */
export interface CaptureArgs extends PositionArgs {
  /** Examples that go through the model at a time; 32 by default. A dataset has its own batches. */
  batchSize?: number;
  /** Rows in a batch; by default as many as a batch of examples gives. */
  rowsPerBatch?: number;
}

const positions: Rule<'all' | 'mean' | number> = {
  expected: '"all", "mean" or the number of a position',
  accepts: (v) => v === 'all' || v === 'mean' || Number.isSafeInteger(v),
  fallback: 'all',
  words: ['all', 'mean'],
};
const aboveOne: Rule<number> = {
  expected: 'a number > 1',
  accepts: (v) => finite.accepts(v) && (v as number) > 1,
};
const tokenNumbers: Rule<readonly number[]> = {
  expected: 'a list of integers',
  accepts: (v) => Array.isArray(v) && v.every(Number.isSafeInteger),
};
const maskRule: Rule<NonNullable<MaskArgs['mask']>> = {
  expected: 'a function of the inputs',
  accepts: (v) => typeof v === 'function',
};

export const MASK_RULES: Rules<MaskArgs> = {
  mask: optional(maskRule),
  excludeTokens: optional(tokenNumbers),
};

export const CAPTURE_RULES: Rules<CaptureArgs> = {
  batchSize: positiveInteger(32),
  rowsPerBatch: optional(positiveInteger()),
  positions,
  ...MASK_RULES,
  maxNorm: optional(aboveOne),
};

/**
 * Captures the activations of a model's hidden layers as rows. They are computed a batch at a time
 * whenever they are read, and the model runs only up to the layer. For tokens and feature maps each
 * position is a row.
 *
 * @param model a `tf.LayersModel`, a `tf.GraphModel`, or the result of {@link hookedModel}; it is
 *   not changed
 * @param layer the layer's name, as {@link listLayers} returns it; or a list of names. Several
 *   layers share a pass if their readers take turns, as in {@link trainTogether}
 * @param data the model's inputs: a tensor, several tensors, or a dataset of batches of them
 * @param args which positions to use, and how many examples go through at a time; every option has
 *   a default
 * @returns a dataset of `{xs, origin}`: rows `[rows, width]`, with the example and position of
 *   each; for several layers, an object with one dataset per layer name. It holds no tensors
 *   between batches.
 * @throws SAE_OPTION for an invalid model, layer or option; SAE_DATA, when read, for invalid inputs
 *   or a mask of another shape.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { captureActivations, GatedSAE } from 'gated-sae-tfjs';
 * const model = tf.sequential({
 *   layers: [
 *     tf.layers.conv2d({ filters: 6, kernelSize: 3, inputShape: [8, 8, 1], name: 'conv' }),
 *     tf.layers.globalAveragePooling2d({ name: 'pool' }),
 *   ],
 * });
 * const rows = captureActivations(model, 'conv', tf.randomUniform([64, 8, 8, 1]));
 * const sae = new GatedSAE({ inputDim: 6, encodingDim: 24 });
 * sae.compile();
 * await sae.fitDataset(rows, { epochs: 1, verbose: 0 }); // 36 rows of each image
 * ```
 */
export function captureActivations(
  model: HostModel,
  layer: string,
  data: ModelData,
  args?: CaptureArgs,
): HiddenRows;
/**
 * Captures several layers, which share a pass if their readers take turns.
 *
 * @typeParam Layer the layers' names
 * @param model a model of any kind
 * @param layers the layers' names
 * @param data the model's inputs
 * @param args which positions to use, and how many examples go through at a time
 * @returns a dataset of each layer's rows, by layer name
 * @throws SAE_OPTION for an invalid model, layer or option.
 */
export function captureActivations<Layer extends string>(
  model: HostModel,
  layers: readonly Layer[],
  data: ModelData,
  args?: CaptureArgs,
): Record<Layer, HiddenRows>;
export function captureActivations(
  model: HostModel,
  layers: string | readonly string[],
  data: ModelData,
  args: CaptureArgs = {},
): HiddenRows | Record<string, HiddenRows> {
  const where = 'captureActivations';
  const checked = checkOptions<CaptureArgs>(where, CAPTURE_RULES, args);
  const { batchSize, rowsPerBatch, ...others } = checked;
  const host = hostOf(where, model);
  const names = typeof layers === 'string' ? [layers] : layers;
  const areNames = Array.isArray(names) && names.every((name) => typeof name === 'string');
  if (!areNames || names.length === 0) {
    const expected = 'the name of a layer, or a list of some';
    const advice = 'Take one that listLayers(model) names.';
    throw wrongOption(`${where}.layer`, expected, layers, advice);
  }
  host.check?.(names);
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  const positions = Object.fromEntries(given) as PositionArgs;
  let pass: SharedPass | undefined;
  let joined = new Set<string>();
  const capture: Capture = {
    where,
    size: batchesOf(where, data, batchSize),
    join: (layer) => {
      // A pass that has advanced, or that this layer reads already, cannot be joined at its
      // beginning.
      if (pass === undefined || !pass.isAtStart || joined.has(layer)) {
        void pass?.end();
        pass = new SharedPass(where, host, names, data, batchSize);
        joined = new Set();
      }
      joined.add(layer);
      return pass;
    },
    alone: (layer, from) => new SharedPass(where, host, [layer], data, batchSize, from),
  };
  const rows = (name: string) => new HiddenRows(capture, name, positions, rowsPerBatch);
  if (typeof layers === 'string') return rows(layers);
  return Object.fromEntries(names.map((name) => [name, rows(name)]));
}
