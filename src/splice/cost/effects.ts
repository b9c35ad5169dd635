import * as tf from '@tensorflow/tfjs-core';
import type { SAEModel } from '../../models/saeModel';
import type { Host } from '../host';
import { type FiredBatch, pairsOf, positionsIn, withoutEach } from './ablated';
import { gradientAt } from './gradient';
import type { Metric, Predicted } from './metrics';
import { type Head, outputIn, predictionsOf } from './outputs';
import { type Targets, targetsAt } from './targets';

/**
 * What each feature adds to a model's outputs: the mean over all predictions of the output with the feature
 * less the output without it. `featureReport` takes it as its `effects`.
 */
export interface SpliceEffects {
  /** The classes' names, or their numbers. */
  classNames: string[];
  /** `[features, classes]`, flat, of all features of the dictionary: 0 for those that were not measured. */
  values: Float32Array;
  /**
   * The same of the task's metric, `[features]`; by gradients only of cross-entropy and squared errors. Below
   * 0 in a cross-entropy where the feature is of use.
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

/** What is measured, and of which features and classes. */
export interface EffectArgs extends Head {
  readonly host: Host;
  readonly layer: string;
  readonly sae: SAEModel;
  readonly metric: Metric;
  readonly features: readonly number[];
  /** By number. */
  readonly classes: readonly number[];
  readonly classNames: string[];
  /** Pairs of a feature and an example that share a run. */
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

  /** Takes in a batch, which stays the caller's. */
  abstract add(batch: EffectBatch): Promise<void>;

  protected abstract readonly hasMetric: boolean;

  protected count(sums: Float64Array, at: number, value: number): void {
    sums[at] = (sums[at] as number) + value;
  }

  /**
   * @param predictions that counted
   * @param measured what the metric's mean is over
   */
  result(predictions: number, measured: number): SpliceEffects {
    return {
      classNames: [...this.args.classNames],
      values: Float32Array.from(this.values, (sum) => sum / predictions),
      ...(this.hasMetric && { metric: Float32Array.from(this.metric, (sum) => sum / measured) }),
    };
  }
}

/** By turning each feature off, where it fires: exact. */
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

  /** The chosen classes' outputs, 0 where a prediction does not count; within `tf.tidy`. */
  private chosen(outputs: tf.Tensor, { keep }: Targets): tf.Tensor3D {
    const all = predictionsOf(outputs);
    const { classes } = this.args;
    const isAll = classes.length === all.shape[2] && classes.every((one, i) => one === i);
    const some = isAll ? all : tf.gather(all, tf.tensor1d([...classes], 'int32'), 2);
    return keep ? tf.mul(some, tf.expandDims(keep, 2)) : some;
  }
}

/** By gradient × activation: a backward pass for each class, and no run for a feature. */
export class GradientEffects extends Effects {
  private decoder: Float32Array | undefined;

  protected get hasMetric(): boolean {
    return this.args.metric.isSmooth;
  }

  async add(batch: EffectBatch): Promise<void> {
    const { classes, sae, metric } = this.args;
    this.decoder ??= await sae.sae.wDec.read().data<'float32'>();
    for (let k = 0; k < classes.length; k++) {
      // By a slice: of a gather's gradient wasm has no kernel.
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

  /** What the features' firings come to by a gradient, `[examples, ...positions, width]`; it is disposed. */
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

/** $f_i\, s\, W_{dec,i} \cdot g$: of one firing, by the gradient at its row. */
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

/** The numbers in what is made within a tidy, by name. */
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

/** Examples of a batch on which each feature fires, added to what there was. */
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
