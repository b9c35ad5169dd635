import type { SparseProbing } from './probing/result';

/** How many of some numbers lie in each of some intervals that follow on each other. */
export interface Histogram {
  /** Where the intervals begin, and where the last one ends: one more than there are intervals. */
  edges: number[];
  /** By interval, its upper edge not included, but for the last one. */
  counts: number[];
}

/** How many features fire on a row. Row by row: all of it can be had by class of position. */
export interface RowSparsity {
  /**
   * L0: the mean over rows of $\#\{i : f_i > 0\}$. SAELens `l0`, dictionary_learning `l0`, SAEBench `l0`.
   */
  l0Mean: number;
  /** The median over rows of the same; no peer has it. */
  l0Median: number;
  /** $\mathbb{E} \sum_i f_i$. SAELens `l1`, dictionary_learning `l1_loss`, SAEBench `l1`. */
  l1Mean: number;
}

/** How sparse and how alive the codes are. */
export interface Sparsity extends RowSparsity {
  /** Features that fire on at least one of the {@link Evaluation.rows}. */
  alive: number;
  /**
   * Features that fire on none of the {@link Evaluation.rows}. SAELens' synthetic `dead_latents`;
   * dictionary_learning `frac_alive` and SAEBench `frac_alive` are `alive / features`.
   */
  dead: number;
  /** The share of features that fire on more than a tenth of the rows. SAEBench `freq_over_10_percent`. */
  denseFrac: number;
  /**
   * Of the features that are alive, $\log_{10}$ of the share of rows on which they fire, in half
   * decades. SAELens and SAEBench give the shares themselves, `feature_density`.
   */
  densityHistogram: Histogram;
}

/** How good reconstructions $\hat x$ are of their targets $x$: an autoencoder's rows, a transcoder's `ys`. */
export interface Reconstruction {
  /**
   * $\mathbb{E}\,\lVert x - \hat x \rVert^2$: summed over a row's values, the mean over rows. SAELens `mse`.
   * SAEBench 0.6 divides it by the number of rows of a batch once more.
   */
  mse: number;
  /**
   * $1 - \mathbb{E}\lVert x - \hat x \rVert^2 / (\mathbb{E}\lVert x \rVert^2 - \lVert \mathbb{E} x \rVert^2)$: 1 for
   * a perfect reconstruction, 0 for the mean row, below 0 for worse; null where all rows are alike.
   *
   * SAELens `explained_variance`. SAEBench 0.6 takes the mean over columns of squares for the mean row, and
   * rates that mean row far above 0; dictionary_learning `frac_variance_explained` is blind to an offset
   * that all reconstructions share.
   */
  explainedVariance: number | null;
  /**
   * The fraction of variance unexplained, $\sum \lVert x - \hat x \rVert^2 / \sum \lVert x - \bar x \rVert^2$:
   * 1 less the explained variance. sparsify's `fvu`, which takes each batch's own mean $\bar x$.
   */
  fvu: number | null;
  /**
   * $\mathbb{E}\,(\lVert x - \hat x \rVert^2 / \lVert x \rVert^2)$, over rows that are not zero. OpenAI's
   * `normalized_mean_squared_error`; null where all rows are zero.
   */
  nmse: number | null;
  /**
   * $\mathbb{E}\cos(x, \hat x)$, over rows that are not zero; 0 for a reconstruction that is. SAELens,
   * dictionary_learning and SAEBench `cossim`, which is NaN where one row or reconstruction is zero.
   */
  cosine: number | null;
  /**
   * The relative reconstruction bias $\gamma = \mathbb{E}\lVert \hat x \rVert^2 / \mathbb{E}[x \cdot \hat x]$: below
   * 1 where reconstructions are too short (Rajamanoharan et al. 2024, arXiv:2404.16014, equation 10).
   * `relative_reconstruction_bias` of SAELens, dictionary_learning and SAEBench, which take the mean of it
   * over batches; null where the products sum to 0.
   */
  relativeReconstructionBias: number | null;
  /**
   * $\mathbb{E}\,(\lVert \hat x \rVert / \lVert x \rVert)$, over rows that are not zero. `l2_ratio` of SAELens,
   * dictionary_learning and SAEBench; `shrinkage` of SAELens' synthetic data.
   */
  normRatio: number | null;
  /** Rows that are zero, which the quotients by a row's norm leave out. */
  zeroRows: number;
}

/** How the dictionary's weights lie to each other, whatever the data. */
export interface WeightGeometry {
  /**
   * The mean over features of the cosine between the encoder's column and the decoder's row; null for a
   * transcoder of two widths. The mean of SAELens' `encoder_decoder_cosine_sim`; of a Gated SAE W_gate counts.
   */
  encoderDecoderCosine: number | null;
  /**
   * The mean over features of the largest cosine between a feature's decoder row and another's; null for
   * one feature alone. SAEBench `average_max_decoder_cosine_sim`.
   */
  maxDecoderCosine: number | null;
  /** The features by that largest cosine, from −1 to 1. */
  maxDecoderCosineHistogram: Histogram;
}

/** How a dictionary compares with the features that data was made of. */
export interface TruthRecovery {
  /** How the features were paired: greedily where there are too many of them to do it best. */
  matching: 'hungarian' | 'greedy';
  /**
   * The mean of $|\cos|$ between decoder rows and true directions that are matched one to one, so that their
   * sum is largest. SAELens `mcc`; of dictionaries of which both have the same size, all are matched.
   */
  mcc: number;
  /**
   * Of the true directions, how many are some feature's nearest by $|\cos|$, divided by the number of
   * features. SAELens `uniqueness`.
   */
  uniqueness: number;
  /** With `trueCodes`: of each feature as a detector of its nearest true direction. */
  detection?: Detection;
}

/**
 * The means over features of how well a feature's firing tells that its nearest true direction is in a
 * row. SAELens `classification`: undefined quotients count as 0 there and here.
 */
export interface Detection {
  /** Of the rows on which the feature fires, the share with the true one: $TP / (TP + FP)$. */
  precision: number;
  /** Of the rows with the true one, the share on which the feature fires: $TP / (TP + FN)$. */
  recall: number;
  /** The mean of each feature's $2PR / (P + R)$. SAELens `f1_score`. */
  f1: number;
  /** $(TP + TN) / \text{rows}$. */
  accuracy: number;
}

/** The row metrics of one class of positions. */
export interface PositionMetrics {
  /** As it was given. */
  position: string;
  /** Rows of it. */
  rows: number;
  /** Of these rows. */
  sparsity?: RowSparsity;
  /** Of these rows; `explainedVariance` is of their own variance. */
  reconstruction?: Reconstruction;
}

/**
 * What `evaluateSAE` has found: plain JSON. A group that was not asked for, or for which something was not
 * given, is left out.
 */
export interface Evaluation {
  /** The model's name. */
  name: string;
  /** The model's class: `GatedSAE`. */
  className: string;
  /** Width of the rows. */
  inputDim: number;
  /** Width of the reconstructions; `inputDim` but for transcoders. */
  outputDim: number;
  /** All features. */
  features: number;
  /** Rows that were read: what `dead` is over. */
  rows: number;
  /** How sparse and how alive its codes are. */
  sparsity?: Sparsity;
  /** How good reconstructions are. */
  reconstruction?: Reconstruction;
  /** How its weights lie to each other. */
  weights?: WeightGeometry;
  /** With `labels`. */
  probing?: SparseProbing;
  /** With `trueFeatures`. */
  truth?: TruthRecovery;
  /** With `positions`, in the order in which they come. */
  positions?: PositionMetrics[];
}
