import type { SpliceEffects } from './effects';

/** What a metric of a model is with a dictionary in it: means over all predictions that count. */
export interface SpliceCost {
  /** `'cross-entropy'`, `'kl'`, `'accuracy'`, `'mse'`, or the name of a function of one's own. */
  metric: string;
  /** $H$, of the model as it is; a `kl` of 0. */
  original: number;
  /** $H_{sae}$, with the layer's activations reconstructed by the dictionary. */
  spliced: number;
  /** $H_0$, with the layer's activations 0. */
  zeroAblated: number;
  /** $H_\mu$, with each row of the layer its mean over the data. */
  meanAblated: number;
  /** $H_{sae} - H$. */
  change: number;
  /**
   * $(H_0 - H_{sae}) / (H_0 - H)$: 1 where nothing is lost, 0 where it is no better than no activations; null
   * where these are no worse than the model's own. SAELens' and SAEBench's `ce_loss_score`, and with
   * `kl` their `kl_div_score`.
   */
  recoveredFromZero: number | null;
  /** The same of the mean: $(H_\mu - H_{sae}) / (H_\mu - H)$. */
  recoveredFromMean: number | null;
}

/** What `evaluateSplice` has found. But for the numbers of features, which are typed arrays, it is plain JSON. */
export interface SpliceEvaluation {
  /** The dictionary's name. */
  name: string;
  /** The dictionary's class: `GatedSAE`. */
  className: string;
  /** The layer that it stands behind. */
  layer: string;
  /** All features of the dictionary. */
  features: number;
  /** Examples of the data. */
  examples: number;
  /** Rows of the layer: each position of each example. */
  rows: number;
  /** Predictions that count: one an example, or one for each of its positions. */
  predictions: number;
  /** What the outputs were taken for; undefined where a metric of one's own was all that counted. */
  outputs?: 'probabilities' | 'logits' | 'values';
  /** The task's metric, then all others that could be measured. */
  costs: [SpliceCost, ...SpliceCost[]];
  /** `[features]`: on how many examples each fires somewhere. */
  fires: Uint32Array;
  /** What each feature adds, by turning it off. */
  byAblation?: SpliceEffects;
  /** What each feature adds, by gradient × activation: the first order of the same. */
  byGradient?: SpliceEffects;
}
