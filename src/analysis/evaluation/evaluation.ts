import type { SparseProbing } from './probing/result';

/** The counts of numbers in consecutive intervals. */
export interface Histogram {
  /**
   * The lower edges of the intervals, followed by the end of the last: one more than there are
   * intervals.
   */
  edges: number[];
  /** The count of each interval, excluding its upper edge, except for the last one. */
  counts: number[];
}

/**
 * The number of features that fire on a row. Every value here can be reported per class of
 * position.
 */
export interface RowSparsity {
  /**
   * L0: the mean over rows of $\#\{i : f_i > 0\}$. SAELens `l0`, dictionary_learning `l0`, SAEBench `l0`.
   */
  l0Mean: number;
  /** The median over rows of the same; the other libraries do not have it. */
  l0Median: number;
  /** $\mathbb{E} \sum_i f_i$. SAELens `l1`, dictionary_learning `l1_loss`, SAEBench `l1`. */
  l1Mean: number;
}

/** How sparse the codes are, and how many features are alive. */
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
   * For the features that are alive, $\log_{10}$ of the share of rows on which they fire, in half
   * decades. SAELens and SAEBench give the shares themselves, `feature_density`.
   */
  densityHistogram: Histogram;
}

/**
 * How close reconstructions $\hat x$ are to their targets $x$: an autoencoder's rows, a
 * transcoder's `ys`.
 */
export interface Reconstruction {
  /**
   * $\mathbb{E}\,\lVert x - \hat x \rVert^2$: summed over a row's values, averaged over rows.
   * SAELens `mse`. SAEBench 0.6 additionally divides it by the number of rows of a batch.
   */
  mse: number;
  /**
   * $1 - \mathbb{E}\lVert x - \hat x \rVert^2 / (\mathbb{E}\lVert x \rVert^2 - \lVert \mathbb{E} x
   * \rVert^2)$: 1 for a perfect reconstruction, 0 for the mean row, below 0 for worse; null if all
   * rows are alike.
   *
   * SAELens `explained_variance`. SAEBench 0.6 uses the mean over columns of squares in place of
   * the mean row, and so rates the mean row far above 0; dictionary_learning
   * `frac_variance_explained` ignores an offset that all reconstructions share.
   */
  explainedVariance: number | null;
  /**
   * The fraction of variance unexplained,
   * $\sum \lVert x - \hat x \rVert^2 / \sum \lVert x - \bar x \rVert^2$: 1 minus the explained
   * variance. sparsify's `fvu`, which uses each batch's own mean $\bar x$.
   */
  fvu: number | null;
  /**
   * $\mathbb{E}\,(\lVert x - \hat x \rVert^2 / \lVert x \rVert^2)$, over rows that are not zero.
   * OpenAI's `normalized_mean_squared_error`; null if all rows are zero.
   */
  nmse: number | null;
  /**
   * $\mathbb{E}\cos(x, \hat x)$, over rows that are not zero; 0 for a reconstruction that is zero.
   * SAELens, dictionary_learning and SAEBench `cossim`, which is NaN if one row or reconstruction
   * is zero.
   */
  cosine: number | null;
  /**
   * The relative reconstruction bias $\gamma = \mathbb{E}\lVert \hat x \rVert^2 / \mathbb{E}[x
   * \cdot \hat x]$: below 1 if reconstructions are too short (Rajamanoharan et al. 2024,
   * arXiv:2404.16014, equation 10). `relative_reconstruction_bias` of SAELens, dictionary_learning
   * and SAEBench, which average it over batches; null if the products sum to 0.
   */
  relativeReconstructionBias: number | null;
  /**
   * $\mathbb{E}\,(\lVert \hat x \rVert / \lVert x \rVert)$, over rows that are not zero. `l2_ratio` of SAELens,
   * dictionary_learning and SAEBench; `shrinkage` of SAELens' synthetic data.
   */
  normRatio: number | null;
  /** The number of rows that are zero; quotients by a row's norm leave them out. */
  zeroRows: number;
}

/** The geometry of the dictionary's weights, independent of data. */
export interface WeightGeometry {
  /**
   * The mean over features of the cosine between the encoder's column and the decoder's row; null
   * for a transcoder with two widths. The mean of SAELens' `encoder_decoder_cosine_sim`; for a
   * Gated SAE it uses W_gate.
   */
  encoderDecoderCosine: number | null;
  /**
   * The mean over features of the largest cosine between a feature's decoder row and another's;
   * null if there is only one feature. SAEBench `average_max_decoder_cosine_sim`.
   */
  maxDecoderCosine: number | null;
  /** A histogram of the features by that largest cosine, from −1 to 1. */
  maxDecoderCosineHistogram: Histogram;
}

/** How a dictionary compares with the features that the data was generated from. */
export interface TruthRecovery {
  /** How the features were matched: greedily if there are too many for the optimal matching. */
  matching: 'hungarian' | 'greedy';
  /**
   * The mean of $|\cos|$ between decoder rows and true directions, matched one to one for the
   * largest sum. SAELens `mcc`; if both sets have the same size, all are matched.
   */
  mcc: number;
  /**
   * The number of true directions that are the nearest of some feature by $|\cos|$, divided by the
   * number of features. SAELens `uniqueness`.
   */
  uniqueness: number;
  /** With `trueCodes`: how well each feature detects its nearest true direction. */
  detection?: Detection;
}

/**
 * How well a feature's firing predicts that its nearest true direction is in a row: means over
 * features. SAELens `classification`; undefined quotients count as 0 there and here.
 */
export interface Detection {
  /**
   * The share of the rows with the true direction among those on which the feature fires:
   * $TP / (TP + FP)$.
   */
  precision: number;
  /**
   * The share of the rows on which the feature fires among those with the true direction:
   * $TP / (TP + FN)$.
   */
  recall: number;
  /** The mean over features of $2PR / (P + R)$. SAELens `f1_score`. */
  f1: number;
  /** The share of correct predictions: $(TP + TN) / \text{rows}$. */
  accuracy: number;
}

/** The metrics of rows of one class of positions. */
export interface PositionMetrics {
  /** The class, as it was given. */
  position: string;
  /** The number of its rows. */
  rows: number;
  /** The sparsity of these rows. */
  sparsity?: RowSparsity;
  /** The reconstruction of these rows; `explainedVariance` is relative to their own variance. */
  reconstruction?: Reconstruction;
}

/**
 * The result of `evaluateSAE`: plain JSON. A group that was not requested, or whose data was not
 * given, is omitted.
 */
export interface Evaluation {
  /** The model's name. */
  name: string;
  /** The model's class: `GatedSAE`. */
  className: string;
  /** Width of the rows. */
  inputDim: number;
  /** Width of the reconstructions; equal to `inputDim` except for transcoders. */
  outputDim: number;
  /** The number of features. */
  features: number;
  /** The number of rows read, on which `dead` is based. */
  rows: number;
  /** How sparse its codes are, and how many features are alive. */
  sparsity?: Sparsity;
  /** How close reconstructions are to their targets. */
  reconstruction?: Reconstruction;
  /** The geometry of its weights. */
  weights?: WeightGeometry;
  /** With `labels`: how well few features predict classes. */
  probing?: SparseProbing;
  /** With `trueFeatures`: how well the true features were recovered. */
  truth?: TruthRecovery;
  /** With `positions`: the metrics of each class, in order of appearance. */
  positions?: PositionMetrics[];
}
