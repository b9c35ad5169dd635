/** A group of metrics. */
export type MetricGroup = 'sparsity' | 'reconstruction' | 'weights' | 'probing' | 'truth';

/** All groups, in order; here, because the command line lists them before tfjs is loaded. */
export const METRIC_GROUPS: readonly MetricGroup[] = [
  'sparsity',
  'reconstruction',
  'weights',
  'probing',
  'truth',
];
