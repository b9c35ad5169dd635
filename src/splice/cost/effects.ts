import * as tf from '@tensorflow/tfjs-core';
import type { SAEModel } from '../../models/saeModel';
import type { Host } from '../host';
import { type FiredBatch, pairsOf, positionsIn, withoutEach } from './ablated';
import { gradientAt } from './gradient';
import type { Metric, Predicted } from './metrics';
import { type Head, outputIn, predictionsOf } from './outputs';
import { type Targets, targetsAt } from './targets';

/**
 * The effect of each feature on a model's outputs: the mean over all predictions of the output with
 * the feature minus the output without it. `featureReport` takes it as its `effects`.
 */
export interface SpliceEffects {
  /** The names of the classes, or their numbers. */
  classNames: string[];
  /**
   * `[features, classes]`, flat, for all features of the dictionary: 0 for those that were not
   * measured.
   */
  values: Float32Array;
  /**
   * The effect on the task's metric, `[features]`; by gradients, only for cross-entropy and squared
   * errors. A useful feature has a value below 0 for cross-entropy.
   */
  metric?: Float32Array;
}

/** A batch on which features are measured. */
export interface EffectBatch extends FiredBatch {
  readonly examples: number;
  readonly targets: Targets;
  /** The unedited model's outputs, `[examples, ..., classes]`. */
  readonly original: tf.Tensor;
}

/** What to measure, on which features and classes. */
export interface EffectArgs extends Head {
  readonly host: Host;
  readonly layer: string;
  readonly sae: SAEModel;
  readonly metric: Metric;
  readonly features: readonly number[];
  /** The numbers of the classes. */
  readonly classes: readonly number[];
  readonly classNames: string[];
  /** Pairs of a feature and an example that share one run. */
  readonly batchSize: number;
}

/** Sums of effects over batches, in double precision. */
abstract class Effects {
  protected readonly values: Float64Array;
  protected readonly metric: Float64Array;

  constructor(protected readonly args: EffectArgs) {
    const { sae, classes } = args;
    this.values = new Float64Array(sae.encodingDim * classes.length);
    this.metric = new Float64Array(sae.encodingDim);
  }

  /** Adds a batch, which remains the caller's. */
  abstract add(batch: EffectBatch): Promise<void>;

  protected abstract readonly hasMetric: boolean;

  protected count(sums: Float64Array, at: number, value: number): void {
    sums[at] = (sums[at] as number) + value;
  }

  /**
   * @param predictions the number of predictions that counted
   * @param measured the divisor of the metric's mean
   */
  result(predictions: number, measured: number): SpliceEffects {
    return {
      classNames: [...this.args.classNames],
      values: Float32Array.from(this.values, (sum) => sum / predictions),
      ...(this.hasMetric && { metric: Float32Array.from(this.metric, (sum) => sum / measured) }),
    };
  }
}

/** Measures effects by turning off each feature where it fires: exact. */
export class AblationEffects extends Effects {
  protected readonly hasMetric = true;

  async add(batch: EffectBatch): Promise<void> {
    const { host, layer, sae, batchSize, features, classes } = this.args;
    const before = await numbersOf(() => this.byExample(batch));
    const wDec = sae.sae.wDec.read() as tf.Tensor2D;
    const pairs = pairsOf(batch, features);
    await withoutEach(this.args, host, layer, batch, wDec, pairs, batchSize, async (ablated) => {
      const targets = targetsAt(batch.targets, ablated.examples);
      const original = tf.gather(batch.original, ablated.examples);
      const without = await numbersOf(() =>
        this.byExample({ outputs: ablated.outputs, targets, original }),
      );
      tf.dispose([Object.values(targets), original]);
      const width = without.classes.length / ablated.pairs.length;
      const each = without.metric.length / ablated.pairs.length;
      for (const [i, { feature, example }] of ablated.pairs.entries()) {
        for (let j = 0; j < width; j++) {
          const change =
            (before.classes[example * width + j] as number) -
            (without.classes[i * width + j] as number);
          this.count(this.values, feature * classes.length + (j % classes.length), change);
        }
        for (let j = 0; j < each; j++) {
          const change =
            (before.metric[example * each + j] as number) -
            (without.metric[i * each + j] as number);
          this.count(this.metric, feature, change);
        }
      }
    });
  }

  private byExample(given: Omit<Predicted, 'outputs'> & { readonly outputs?: tf.Tensor }) {
    const predicted = { ...given, outputs: given.outputs ?? given.original };
    return {
      classes: this.chosen(predicted.outputs, given.targets),
      metric: this.args.metric.of(predicted),
    };
  }

  /**
   * Returns the chosen classes' outputs, 0 where a prediction does not count; call it within
   * `tf.tidy`.
   */
  private chosen(outputs: tf.Tensor, { keep }: Targets): tf.Tensor3D {
    const all = predictionsOf(outputs);
    const { classes } = this.args;
    const isAll = classes.length === all.shape[2] && classes.every((one, i) => one === i);
    const some = isAll ? all : tf.gather(all, tf.tensor1d([...classes], 'int32'), 2);
    return keep ? tf.mul(some, tf.expandDims(keep, 2)) : some;
  }
}

/** Measures effects by gradient × activation: a backward pass per class, and no run per feature. */
export class GradientEffects extends Effects {
  private decoder: Float32Array | undefined;

  protected get hasMetric(): boolean {
    return this.args.metric.isSmooth;
  }

  async add(batch: EffectBatch): Promise<void> {
    const { classes, sae, metric } = this.args;
    this.decoder ??= await sae.sae.wDec.read().data<'float32'>();
    for (let k = 0; k < classes.length; k++) {
      // By slicing, since wasm has no kernel for the gradient of gather.
      const start = [0, 0, classes[k] as number];
      const { keep } = batch.targets;
      const gradient = this.by(batch, (outputs) => {
        const one = tf.slice(predictionsOf(outputs), start, [-1, -1, 1]);
        return tf.sum(keep ? tf.mul(one, tf.expandDims(keep, 2)) : one);
      });
      await this.take(batch, gradient, (feature, sum) =>
        this.count(this.values, feature * classes.length + k, sum),
      );
    }
    if (!metric.isSmooth) return;
    const gradient = this.by(batch, (outputs) => tf.sum(metric.of({ ...batch, outputs })));
    await this.take(batch, gradient, (feature, sum) => this.count(this.metric, feature, sum));
  }

  private by(batch: EffectBatch, of: (outputs: tf.Tensor) => tf.Tensor): tf.Tensor {
    const { where, host, layer } = this.args;
    const zeros = tf.zeros([...batch.shape]);
    const advice = `give effects: "ablation".`;
    try {
      const read = (all: readonly tf.Tensor[]) => of(outputIn(this.args, all, batch.examples));
      return gradientAt(where, host, batch.inputs, layer, zeros, read, advice);
    } finally {
      zeros.dispose();
    }
  }

  /**
   * Adds the effects of the features' firings by a gradient, `[examples, ...positions, width]`,
   * which it disposes.
   */
  private async take(
    { firings }: EffectBatch,
    gradient: tf.Tensor,
    give: (feature: number, sum: number) => void,
  ): Promise<void> {
    const values = await gradient.data<'float32'>();
    gradient.dispose();
    const width = this.args.sae.inputDim;
    for (const feature of this.args.features) {
      let sum = 0;
      const end = firings.offsets[feature + 1] as number;
      for (let at = firings.offsets[feature] as number; at < end; at++) {
        sum += attributionOf(firings, at, this.decoder as Float32Array, feature, values, width);
      }
      give(feature, sum);
    }
  }
}

/** Returns $f_i\, s\, W_{dec,i} \cdot g$ for one firing, with the gradient at its row. */
export function attributionOf(
  { rows, factors }: FiredBatch['firings'],
  at: number,
  decoder: Float32Array,
  feature: number,
  gradient: Float32Array,
  width: number,
): number {
  const row = (rows[at] as number) * width;
  const direction = feature * width;
  let product = 0;
  for (let i = 0; i < width; i++) {
    product += (decoder[direction + i] as number) * (gradient[row + i] as number);
  }
  return product * (factors[at] as number);
}

/** Returns the values of tensors made within a tidy, by name. */
export async function numbersOf<Name extends string>(
  make: () => Record<Name, tf.Tensor>,
): Promise<Record<Name, Float32Array>> {
  const made = tf.tidy(make as () => tf.NamedTensorMap);
  try {
    const names = Object.keys(made);
    const values = await Promise.all(names.map((name) => made[name]?.data<'float32'>()));
    return Object.fromEntries(names.map((name, i) => [name, values[i]])) as Record<
      Name,
      Float32Array
    >;
  } finally {
    tf.dispose(made);
  }
}

/** Adds to the counts the number of examples in a batch on which each feature fires. */
export function countExamples(batch: FiredBatch, counts: Uint32Array): void {
  const { offsets, rows } = batch.firings;
  const positions = positionsIn(batch.shape);
  for (let feature = 0; feature < counts.length; feature++) {
    let last = -1;
    for (let at = offsets[feature] as number; at < (offsets[feature + 1] as number); at++) {
      const example = Math.floor((rows[at] as number) / positions);
      if (example !== last) counts[feature] = (counts[feature] as number) + 1;
      last = example;
    }
  }
}
