/** A group of metrics. */
export type MetricGroup = 'sparsity' | 'reconstruction' | 'weights' | 'probing' | 'truth';

/** All of them, in their order; here, for the command line names them before tfjs is loaded. */
export const METRIC_GROUPS: readonly MetricGroup[] = [
  'sparsity',
  'reconstruction',
  'weights',
  'probing',
  'truth',
];
