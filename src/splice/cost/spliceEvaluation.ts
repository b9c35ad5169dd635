import type { SpliceEffects } from './effects';

/**
 * A model's values of one metric, with and without a dictionary: means over all predictions that
 * count.
 */
export interface SpliceCost {
  /** `'cross-entropy'`, `'kl'`, `'accuracy'`, `'mse'`, or the name of a custom function. */
  metric: string;
  /** $H$, of the unedited model; 0 for `kl`. */
  original: number;
  /** $H_{sae}$, with the layer's activations replaced by the dictionary's reconstructions. */
  spliced: number;
  /** $H_0$, with the layer's activations set to 0. */
  zeroAblated: number;
  /** $H_\mu$, with each row of the layer replaced by its mean over the data. */
  meanAblated: number;
  /** $H_{sae} - H$. */
  change: number;
  /**
   * $(H_0 - H_{sae}) / (H_0 - H)$: 1 if nothing is lost, 0 if the dictionary is no better than zero
   * activations; null if those are no worse than the model's own. SAELens' and SAEBench's
   * `ce_loss_score`, and with `kl` their `kl_div_score`.
   */
  recoveredFromZero: number | null;
  /** The same for the mean: $(H_\mu - H_{sae}) / (H_\mu - H)$. */
  recoveredFromMean: number | null;
}

/**
 * The result of `evaluateSplice`. It is plain JSON, except for the numbers per feature, which are
 * typed arrays.
 */
export interface SpliceEvaluation {
  /** The dictionary's name. */
  name: string;
  /** The dictionary's class: `GatedSAE`. */
  className: string;
  /** The name of the layer that it is spliced after. */
  layer: string;
  /** The number of features of the dictionary. */
  features: number;
  /** The number of examples. */
  examples: number;
  /** The number of rows of the layer: each position of each example. */
  rows: number;
  /** The number of predictions that count: one per example, or one per position. */
  predictions: number;
  /** What the outputs were interpreted as; undefined if only a custom metric was measured. */
  outputs?: 'probabilities' | 'logits' | 'values';
  /** The task's metric, then all others that could be measured. */
  costs: [SpliceCost, ...SpliceCost[]];
  /** `[features]`: the number of examples on which each fires somewhere. */
  fires: Uint32Array;
  /** The effect of each feature, measured by turning it off. */
  byAblation?: SpliceEffects;
  /** The effect of each feature by gradient × activation: a first-order approximation. */
  byGradient?: SpliceEffects;
}
