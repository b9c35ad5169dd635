/** How well a class can be told by a few features of a row. On rows that the probe was not fitted to. */
export interface Probe {
  /** Features that it sees. */
  k: number;
  /** Which, the one that tells most first. */
  features: number[];
  /** Share of the test rows whose class it tells; half of them are of the class. sae-probes `test_acc`. */
  accuracy: number;
  /**
   * Area under the ROC curve: the share of pairs of a row of the class and another in which the former is
   * rated higher; of equal ones half. sae-probes `test_auc`.
   */
  auc: number;
  /** The mean of the F1 scores of the class and of all else. sae-probes `test_f1`. */
  f1: number;
  /** The inverse weight of the penalty that was chosen: scikit-learn's `C`. */
  c: number;
}

/** The probes of one class against all others. */
export interface ClassProbes {
  /** The class. */
  label: number;
  /** Rows that the probes were fitted to, half of them of the class. */
  trainRows: number;
  /** Rows that they were tested on, half of them of the class. */
  testRows: number;
  /** For k = 1, 2 and 5. */
  probes: Probe[];
}

/** The means over classes of what their probes come to. */
export interface MeanProbe {
  /** Features that the probes see. */
  k: number;
  /** The mean of their accuracies. */
  accuracy: number;
  /** The mean of their areas under the ROC curve. */
  auc: number;
  /** The mean of their F1 scores. */
  f1: number;
}

/** k-sparse probing, as sae-probes 0.4 does it (Kantamneni et al. 2025, arXiv:2502.16681). */
export interface SparseProbing {
  /** For k = 1, 2 and 5; none where all classes were skipped. */
  mean: MeanProbe[];
  /** By label. */
  classes: ClassProbes[];
  /** Labels of which, or beside which, there are fewer than 10 rows: no probe can be tested on so few. */
  skipped: number[];
}
