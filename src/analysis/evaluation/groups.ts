/** The groups of metrics, in their order; here, for the command line names them before tfjs is loaded. */
export const METRIC_GROUPS = ['sparsity', 'reconstruction', 'weights', 'probing', 'truth'] as const;

/** A group of metrics. */
export type MetricGroup = (typeof METRIC_GROUPS)[number];
