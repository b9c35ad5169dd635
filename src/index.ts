/**
 * Gated sparse autoencoders for TensorFlow.js: what Node and browsers both have.
 *
 * @module gated-sae-tfjs
 */
export type { Rows, RowDataset, RowIterator } from './activations/rows';
export { decoderSharpness, type DecoderSharpness } from './analysis/decoderSharpness';
export { explainedVariance } from './analysis/explainedVariance';
export { sparsityReport, type SparsityReport, type SparsityReportArgs } from './analysis/sparsityReport';
export * from './architectures';
export { SAEError, type SAEErrorCode } from './errors';
export type { Encoding, Gradients, Pass, Upstream, WeightSpec } from './layers/contract';
export { type SAELayerArgs, SparseAutoencoderLayer } from './layers/sparseAutoencoder';
export { useFastMatMul } from './math/matMul';
export { type Architecture, ARCHITECTURES } from './models/architectures';
export type { SAECompileArgs, SAEFitArgs, SAEFitDatasetArgs, SAEModelArgs } from './models/args';
export { SAEModel } from './models/saeModel';
export { KerasAdam, type KerasAdamArgs } from './training/kerasAdam';
export { LearningRateSchedule, WarmupCosineDecay, type WarmupCosineDecayArgs } from './training/schedules';
