/** How well a few features predict a class, measured on rows that the probe was not fitted to. */
export interface Probe {
  /** The number of features that it uses. */
  k: number;
  /** Those features, the most informative first. */
  features: number[];
  /**
   * Share of the test rows that it classifies correctly; half of them are of the class. sae-probes
   * `test_acc`.
   */
  accuracy: number;
  /**
   * Area under the ROC curve: the share of pairs (a row of the class, another row) in which the
   * former is rated higher; ties count half. sae-probes `test_auc`.
   */
  auc: number;
  /** The mean of the F1 scores of the class and of all others. sae-probes `test_f1`. */
  f1: number;
  /** The chosen inverse weight of the penalty: scikit-learn's `C`. */
  c: number;
}

/** The probes of one class against all others. */
export interface ClassProbes {
  /** The class. */
  label: number;
  /** Number of rows that the probes were fitted to, half of them of the class. */
  trainRows: number;
  /** Number of rows that they were tested on, half of them of the class. */
  testRows: number;
  /** For k = 1, 2 and 5. */
  probes: Probe[];
}

/** Means over the classes. */
export interface MeanProbe {
  /** The number of features that the probes use. */
  k: number;
  /** The mean of their accuracies. */
  accuracy: number;
  /** The mean of their areas under the ROC curve. */
  auc: number;
  /** The mean of their F1 scores. */
  f1: number;
}

/** k-sparse probing as in sae-probes 0.4 (Kantamneni et al. 2025, arXiv:2502.16681). */
export interface SparseProbing {
  /** The means for k = 1, 2 and 5; empty if all classes were skipped. */
  mean: MeanProbe[];
  /** The classes, by label. */
  classes: ClassProbes[];
  /** Labels with fewer than 10 rows, or with fewer than 10 other rows: too few to test a probe. */
  skipped: number[];
}
