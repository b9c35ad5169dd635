/**
 * Gated sparse autoencoders for TensorFlow.js: what Node and browsers both have.
 *
 * @module gated-sae-tfjs
 */
export type { RowDataset, RowIterator, Rows } from './activations/rows';
export { type DecoderSharpness, decoderSharpness } from './analysis/decoderSharpness';
export { explainedVariance } from './analysis/explainedVariance';
export {
  type SparsityReport,
  type SparsityReportArgs,
  sparsityReport,
} from './analysis/sparsityReport';
export * from './architectures';
export { SAEError, type SAEErrorCode } from './errors';
export type { SparseCodes } from './kernels/sparseCodes';
export type {
  Encoding,
  Gradients,
  KernelSpec,
  Pass,
  Upstream,
  WeightSpec,
} from './layers/contract';
export { type SAELayerArgs, SparseAutoencoderLayer } from './layers/sparseAutoencoder';
export { useFastMatMul } from './math/matMul';
export type { SAECompileArgs, SAEFitArgs, SAEFitDatasetArgs, SAEModelArgs } from './models/args';
export { SAEModel } from './models/saeModel';
export type { StepName } from './training/chosenStep';
export { KerasAdam, type KerasAdamArgs } from './training/kerasAdam';
export {
  LearningRateSchedule,
  WarmupCosineDecay,
  type WarmupCosineDecayArgs,
} from './training/schedules';
export type { StepTaken } from './training/trainStep';
