import * as tf from '@tensorflow/tfjs-core';
import { modelNotFinite, notOneExample, wrongOption } from '../../errors';
import type { SAEModel } from '../../models/saeModel';
import {
  checkOptions,
  flag,
  integer,
  oneOf,
  positiveInteger,
  type Rules,
  wholeOr0,
} from '../../options';
import { eachOf, examplesIn } from '../capture/inputBatches';
import { examplesAt, type FiredBatch, pairsOf, positionsIn, withoutEach } from '../cost/ablated';
import { attributionOf } from '../cost/effects';
import { firingsIn } from '../cost/firings';
import { assertDifferentiable, gradientAt } from '../cost/gradient';
import { type Head, originalOf, outputIn, outputsOf, predictionsOf } from '../cost/outputs';
import type { Host, ModelInputs } from '../host';
import { type HostModel, hostOf } from '../hosts';
import { spliceAt } from '../spliceSAE';
import type { AttributedFeature, Attribution } from './attribution';

/** Options of {@link attribute}. */
export interface AttributeArgs {
  /** The number of the class whose output is explained. */
  output: number;
  /** For outputs with positions: the position to explain; -1, the default, is the last. */
  position?: number;
  /** `'gradient'`, the default: gradient × activation. `'integrated'`: integrated gradients. */
  method?: 'gradient' | 'integrated';
  /** Steps of integrated gradients; 32 by default. */
  steps?: number;
  /** The number of features to list; 10 by default. */
  top?: number;
  /** Whether to turn off each listed feature and measure the effect; true by default. */
  check?: boolean;
  /** The number of the output to use, for a model with several; 0 by default. */
  head?: number;
  /** Whether to accept a dictionary that was made for another layer; false by default. */
  force?: boolean;
}

const RULES: Rules<AttributeArgs> = {
  output: wholeOr0(),
  position: { ...integer, fallback: -1 },
  method: oneOf<'gradient' | 'integrated'>(['gradient', 'integrated'], 'gradient'),
  steps: positiveInteger(32),
  top: positiveInteger(10),
  check: flag(true),
  head: wholeOr0(0),
  force: flag(false),
};

const WHERE = 'attribute';
const ADVICE = 'measure features by evaluateSplice with effects: "ablation".';
/** Copies of the input that share one run. */
const COPIES = 16;

/** The part of a model's outputs that is explained. */
interface Explained extends Head {
  readonly output: number;
  readonly position: number;
}

/**
 * Finds the features that a model's output depends on, for one input.
 *
 * With $f_{ri}$ the code of feature $i$ on row $r$ of the layer, $s_r$ the scale that a normalizing
 * dictionary has divided out, and $x_0 = x - \sum_{ri} f_{ri} s_r W_{dec,i}$ the activations
 * without any feature:
 *
 * $$
 * \begin{aligned}
 * A_i &= \sum_r f_{ri}\, s_r\, W_{dec,i} \cdot \frac{\partial o}{\partial x_r}(x) && \text{gradient} \\
 * A_i &= \sum_r f_{ri}\, s_r\, W_{dec,i} \cdot \int_0^1 \frac{\partial o}{\partial x_r}(x_0 + \alpha (x - x_0))\,
 * d\alpha && \text{integrated}
 * \end{aligned}
 * $$
 *
 * (Sundararajan et al. 2017, arXiv:1703.01365, with the codes as inputs; Marks et al. 2024,
 * arXiv:2403.19647.) The integral is computed at the midpoints of `steps` intervals. The
 * reconstruction error is kept unchanged.
 *
 * @param model a `tf.LayersModel`, a `tf.GraphModel`, or the result of {@link hookedModel}; it is
 *   not changed
 * @param layer the layer's name, as {@link listLayers} returns it
 * @param sae a dictionary of the layer's width; it is not changed
 * @param input one example, with its batch axis: `[1, ...]`
 * @param args `output`, the class, and how to explain it
 * @returns plain JSON; there is nothing to dispose.
 * @throws SAE_OPTION for an invalid model, layer or option; SAE_DATA for more than one example;
 *   SAE_SHAPE for a dictionary of another width; SAE_UNSUPPORTED for a model or a backend without
 *   gradients; SAE_NOT_FINITE for an output that is not finite.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { attribute, GatedSAE } from 'gated-sae-tfjs';
 * const model = tf.sequential({
 *   layers: [
 *     tf.layers.dense({ units: 8, inputShape: [4], activation: 'relu', name: 'hidden' }),
 *     tf.layers.dense({ units: 3, activation: 'softmax' }),
 *   ],
 * });
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * const { features } = await attribute(model, 'hidden', sae, tf.ones([1, 4]), { output: 2, top: 3 });
 * for (const { feature, attribution, change } of features) console.log(feature, attribution, change);
 * ```
 */
export async function attribute(
  model: HostModel,
  layer: string,
  sae: SAEModel,
  input: ModelInputs,
  args: AttributeArgs,
): Promise<Attribution> {
  const checked = checkOptions<AttributeArgs>(WHERE, RULES, args);
  const { method, steps, top, check, head, force, output, position } = checked;
  const host = hostOf(WHERE, model);
  spliceAt(WHERE, host, layer, sae, { force });
  assertDifferentiable(WHERE, host, ADVICE);
  const examples = examplesIn(WHERE, input);
  if (examples !== 1) throw notOneExample(WHERE, examples);
  const explained: Explained = { where: WHERE, head, output, position };

  const original = await originalOf(explained, host, input, 1, layer);
  try {
    const value = await numberIn(explained, original.outputs);
    const { shape } = original.hidden;
    const firings = await firingsIn(sae, original.hidden);
    const batch: FiredBatch = { inputs: input, shape, firings };
    const decoder = await sae.sae.wDec.read().data<'float32'>();
    const codes = addedBy(batch, decoder, sae.inputDim);
    const baseline = await withoutAny(explained, host, layer, batch, codes);
    const alphas =
      method === 'gradient' ? [1] : Array.from({ length: steps }, (_, i) => (i + 0.5) / steps);
    const gradient = await meanGradient(explained, host, layer, batch, codes, alphas);

    const all = attributed(batch, decoder, sae, gradient);
    const total = all.reduce((sum, { attribution }) => sum + attribution, 0);
    if (!Number.isFinite(total + value + baseline)) {
      throw modelNotFinite(WHERE, 'finite outputs and gradients', String(total + value + baseline));
    }
    all.sort((a, b) => Math.abs(b.attribution) - Math.abs(a.attribution) || a.feature - b.feature);
    const features = all.slice(0, top);
    if (check) await measure(explained, host, layer, batch, sae, features, value);
    const completenessError = total - (value - baseline);
    const found = { value, baseline, total, completenessError, active: all.length, features };
    return { layer, output, method, ...found };
  } finally {
    tf.dispose([original.outputs, original.hidden]);
  }
}

/** Returns the explained number of each example, `[examples]`; call it within `tf.tidy`. */
function explainedIn({ where, output, position }: Explained, outputs: tf.Tensor): tf.Tensor1D {
  const all = predictionsOf(outputs);
  const [, predictions, classes] = all.shape;
  if (output >= classes) throw wrongOption(`${where}.output`, `a number below ${classes}`, output);
  const at = position < 0 ? predictions + position : position;
  if (at < 0 || at >= predictions) {
    const expected = `a position of ${predictions}, or from -1 down to -${predictions}`;
    throw wrongOption(`${where}.position`, expected, position);
  }
  return tf.reshape(tf.slice(all, [0, at, output], [-1, 1, 1]), [-1]);
}

async function numberIn(explained: Explained, outputs: tf.Tensor): Promise<number> {
  const number = tf.tidy(() => explainedIn(explained, outputs));
  const [value] = await number.data();
  number.dispose();
  return value as number;
}

/**
 * Returns what all features together add to the layer's activations, `[positions, width]`, flat.
 */
function addedBy(
  { firings: { offsets, rows, factors }, shape }: FiredBatch,
  decoder: Float32Array,
  width: number,
): Float32Array {
  const added = new Float64Array(positionsIn(shape) * width);
  for (let feature = 0; feature < offsets.length - 1; feature++) {
    for (let at = offsets[feature] as number; at < (offsets[feature + 1] as number); at++) {
      const row = (rows[at] as number) * width;
      for (let i = 0; i < width; i++) {
        const more = (factors[at] as number) * (decoder[feature * width + i] as number);
        added[row + i] = (added[row + i] as number) + more;
      }
    }
  }
  return Float32Array.from(added);
}

/** Returns the output with every feature off. */
async function withoutAny(
  explained: Explained,
  host: Host,
  layer: string,
  { inputs, shape }: FiredBatch,
  codes: Float32Array,
): Promise<number> {
  const change = tf.tensor(codes, [...shape]);
  const edit = (hidden: tf.Tensor) => tf.sub(hidden, change);
  try {
    const outputs = await outputsOf(explained, host, inputs, 1, { layer, edit });
    return await numberIn(explained, outputs).finally(() => outputs.dispose());
  } finally {
    change.dispose();
  }
}

/**
 * Returns the mean gradient at several points on the way from no features to all,
 * `[positions, width]`, flat.
 */
async function meanGradient(
  explained: Explained,
  host: Host,
  layer: string,
  { inputs, shape }: FiredBatch,
  codes: Float32Array,
  alphas: readonly number[],
): Promise<Float32Array> {
  const sums = new Float64Array(codes.length);
  for (let from = 0; from < alphas.length; from += COPIES) {
    const some = alphas.slice(from, from + COPIES);
    const gradient = tf.tidy(() => {
      const same = some.map(() => 0);
      const copies = eachOf(inputs, (t) => examplesAt(t, same, tf.tensor1d(same, 'int32')));
      const away = tf.tensor2d(
        some.map((alpha) => alpha - 1),
        [some.length, 1],
      );
      const changes = tf.mul(away, tf.reshape(tf.tensor1d(codes), [1, -1])); // [copies, positions · width]
      const change = tf.reshape(changes, [some.length, ...shape.slice(1)]);
      const read = (all: readonly tf.Tensor[]) =>
        tf.sum(explainedIn(explained, outputIn(explained, all, some.length)));
      return gradientAt(WHERE, host, copies, layer, change, read, ADVICE);
    });
    const values = await gradient.data<'float32'>();
    gradient.dispose();
    for (let i = 0; i < values.length; i++) {
      const at = i % sums.length;
      sums[at] = (sums[at] as number) + (values[i] as number) / alphas.length;
    }
  }
  return Float32Array.from(sums);
}

/** Returns every feature that fires, with its attribution by a gradient. */
function attributed(
  { firings }: FiredBatch,
  decoder: Float32Array,
  { encodingDim, inputDim }: SAEModel,
  gradient: Float32Array,
): AttributedFeature[] {
  const { offsets, rows, codes } = firings;
  const found: AttributedFeature[] = [];
  for (let feature = 0; feature < encodingDim; feature++) {
    const positions: AttributedFeature['positions'] = [];
    for (let at = offsets[feature] as number; at < (offsets[feature + 1] as number); at++) {
      positions.push({
        position: rows[at] as number,
        code: codes[at] as number,
        attribution: attributionOf(firings, at, decoder, feature, gradient, inputDim),
      });
    }
    if (positions.length === 0) continue;
    const attribution = positions.reduce((sum, one) => sum + one.attribution, 0);
    positions.sort((a, b) => Math.abs(b.attribution) - Math.abs(a.attribution));
    found.push({ feature, attribution, positions });
  }
  return found;
}

/** Turns off each feature and records the change. */
async function measure(
  explained: Explained,
  host: Host,
  layer: string,
  batch: FiredBatch,
  sae: SAEModel,
  features: readonly AttributedFeature[],
  value: number,
): Promise<void> {
  const byNumber = new Map(features.map((one) => [one.feature, one]));
  const wDec = sae.sae.wDec.read() as tf.Tensor2D;
  const pairs = pairsOf(batch, byNumber.keys());
  await withoutEach(explained, host, layer, batch, wDec, pairs, COPIES, async (ablated) => {
    const numbers = tf.tidy(() => explainedIn(explained, ablated.outputs));
    const values = await numbers.data();
    numbers.dispose();
    for (const [i, { feature }] of ablated.pairs.entries()) {
      const one = byNumber.get(feature);
      if (one) one.change = value - (values[i] as number);
    }
  });
}
