/**
 * Gated sparse autoencoders for TensorFlow.js: everything that works in both Node and browsers.
 *
 * @module gated-sae-tfjs
 */

export type {
  RowDataset,
  RowIterator,
  RowOrigin,
  Rows,
  RowsAbout,
} from './activations/rows';
export { type DecoderSharpness, decoderSharpness } from './analysis/decoderSharpness';
export { encoderWeights } from './analysis/encoderWeights';
export type { EvaluateArgs } from './analysis/evaluation/args';
export {
  type Comparison,
  compareSAEs,
  type NamedSAEs,
} from './analysis/evaluation/comparison/compareSAEs';
export { comparisonTable } from './analysis/evaluation/comparison/comparisonTable';
export type { FrontPoint } from './analysis/evaluation/comparison/front';
export {
  type FeatureMatches,
  type FeaturePair,
  type MatchFeaturesArgs,
  matchFeatures,
  type OneToOne,
  type ShareAbove,
} from './analysis/evaluation/comparison/matchFeatures';
export { evaluateSAE } from './analysis/evaluation/evaluateSAE';
export type {
  Detection,
  Evaluation,
  Histogram,
  PositionMetrics,
  Reconstruction,
  RowSparsity,
  Sparsity,
  TruthRecovery,
  WeightGeometry,
} from './analysis/evaluation/evaluation';
export type { MetricGroup } from './analysis/evaluation/groups';
export type {
  ClassProbes,
  MeanProbe,
  Probe,
  SparseProbing,
} from './analysis/evaluation/probing/result';
export { explainedVariance } from './analysis/explainedVariance';
export type { FeatureReportArgs } from './analysis/featureReport/args';
export type { FeatureEffects } from './analysis/featureReport/effects';
export { featureReport } from './analysis/featureReport/featureReport';
export type {
  EncodedRow,
  EncoderWeights,
  Example,
  FeatureEntry,
  FeatureReport,
  ImageShape,
  Interval,
  ReportData,
  RowContent,
  TokenWindow,
} from './analysis/featureReport/report';
export {
  type SparsityReport,
  type SparsityReportArgs,
  sparsityReport,
} from './analysis/sparsityReport';
export * from './architectures';
export type { BestArgs } from './checkpoints/best';
export { type CheckpointArgs, checkpoint } from './checkpoints/checkpoint';
export { type ResumeArgs, type Resumed, resume } from './checkpoints/resume';
export type { StepName } from './engine/choice';
export type { TallyState } from './engine/epochTally';
export type { StepTaken } from './engine/trainStep';
export { SAEError, type SAEErrorCode } from './errors';
export type { CodeBatch, Codes } from './galleries/codeBatches';
export { type PlotDecoderGalleryArgs, plotDecoderGallery } from './galleries/decoderGallery';
export {
  type DecoderGalleryCallback,
  type DecoderGalleryCallbackArgs,
  decoderGalleryCallback,
} from './galleries/decoderGalleryCallback';
export { type PlotFeatureGalleryArgs, plotFeatureGallery } from './galleries/featureGallery';
export type { OnPart } from './io/bytes/byteSource';
export type { DirectoryHandle, FileHandle, WritableFile } from './io/bytes/directoryHandle';
export type { Dtype } from './io/bytes/dtypes';
export type { ByteSource, Openable, SourceOptions } from './io/bytes/source';
export type { FloatDtype } from './io/bytes/values';
export type { RequestOptions } from './io/bytes/webFile';
export { type FeatureDirections, loadDirections } from './io/dictionaries/directions';
export { type InspectedWeight, inspectSAE, type SAEInspection } from './io/dictionaries/inspect';
export { type LoadSAEArgs, loadSAE } from './io/dictionaries/load';
export type { DictionarySource } from './io/dictionaries/place';
export { encodeSAE, type PublishArgs, type SaveSAEArgs, saveSAE } from './io/dictionaries/save';
export { type SteerableArgs, steerable } from './io/dictionaries/steerable';
export { type ListSAEsArgs, listSAEs } from './io/hub/catalogue/listSAEs';
export { type ResolveSAEArgs, resolveSAE } from './io/hub/catalogue/resolveSAE';
export type { SAEEntry, SAEPlace } from './io/hub/catalogue/table';
export { type HubFolder, hubFolder } from './io/hub/hubFolder';
export { type HubDictionary, listDictionaries } from './io/hub/listDictionaries';
export { type CardMetric, type ModelCardArgs, modelCard } from './io/hub/modelCard';
export type { HubOptions } from './io/hub/settings';
export {
  type Uploaded,
  type UploadFile,
  type UploadFolderArgs,
  uploadFolder,
} from './io/hub/uploadFolder';
export { inspectKeras, type KerasArray, type KerasInspection } from './io/keras/inspect';
export {
  decodeKeras,
  encodeKeras,
  type KerasArchiveOptions,
  type KerasOptions,
  kerasArchive,
} from './io/keras/kerasArchive';
export type { KerasOpenable } from './io/keras/kerasSource';
export { useKerasLayers } from './io/keras/layers/useKerasLayers';
export { loadKerasWeights } from './io/keras/loadWeights';
export type { KerasDtype } from './io/keras/toKeras';
export { exposeTensors } from './io/onnx/exposeTensors';
export { listTensors } from './io/onnx/listTensors';
export type { OnnxDtype } from './io/onnx/schema';
export type { OnnxTensor } from './io/onnx/tensors';
export type { SparseCodes } from './kernels/sparseCodes';
export type {
  Activation,
  ActivationGradient,
  EncoderForm,
  EncoderSpec,
  Encoding,
  Gradients,
  KernelSpec,
  Pass,
  ProductGradient,
  Saved,
  Seen,
  StateSpec,
  Term,
  Upstream,
  VectorSpec,
  WeightSpec,
} from './layers/contract';
export type { Normalization } from './layers/normalization';
export {
  type LayerArgs,
  type SAELayerArgs,
  type SAELayerOptions,
  SparseAutoencoderLayer,
} from './layers/sparseAutoencoder';
export { CSVLogger, type CSVLoggerArgs, csvLogger } from './logs/csvLogger';
export { StepLogger } from './logs/stepLogger';
export { TensorBoard, type TensorBoardArgs, tensorBoard } from './logs/tensorBoard';
export { useFastMatMul } from './math/matMul';
export { type AnnealArgs, anneal, sparsityWarmup } from './models/annealing';
export type { ClassOf } from './models/architectures';
export type {
  DecoderBiasArgs,
  PassArgs,
  SAECompileArgs,
  SAEFitArgs,
  SAEFitDatasetArgs,
  SAEModelArgs,
} from './models/args';
export type { ValidationTensors } from './models/data';
export { type DictionaryMetadata, metadataOf, setMetadata } from './models/metadata';
export { SAEModel } from './models/saeModel';
export type { DataOrder, Numbers, TrainingPlace } from './models/trainingPlace';
export { type TrainTogetherArgs, trainTogether } from './models/trainTogether';
export { KerasAdam, type KerasAdamArgs } from './optimizers/kerasAdam';
export type { KerasOptimizerArgs } from './optimizers/kerasOptimizer';
export { KerasSGD, type KerasSGDArgs } from './optimizers/kerasSGD';
export {
  LearningRateSchedule,
  WarmupCosineDecay,
  type WarmupCosineDecayArgs,
} from './optimizers/schedules';
export { WarmupLinearDecay, type WarmupLinearDecayArgs } from './optimizers/warmupLinearDecay';
export type { AnyRules, Rule, Rules } from './options';
export { type AttributeArgs, attribute } from './splice/attribution/attribute';
export type {
  AttributedFeature,
  AttributedPosition,
  Attribution,
} from './splice/attribution/attribution';
export { type CaptureArgs, captureActivations } from './splice/capture/captureActivations';
export type { HiddenBatch, HiddenIterator, HiddenRows } from './splice/capture/hiddenRows';
export type { ModelData } from './splice/capture/inputBatches';
export type { PositionArgs } from './splice/capture/positions';
export type { EffectMethod, EvaluateSpliceArgs } from './splice/cost/args';
export type { SpliceEffects } from './splice/cost/effects';
export { evaluateSplice } from './splice/cost/evaluateSplice';
export type { MetricFunction, OutputKind, SpliceMetric } from './splice/cost/metrics';
export type { SpliceCost, SpliceEvaluation } from './splice/cost/spliceEvaluation';
export { spliceTable } from './splice/cost/spliceTable';
export type { GivenTargets } from './splice/cost/targets';
export type { Edit, EditAt, HiddenLayer, Host, ModelInputs } from './splice/host';
export type { HostModel } from './splice/hosts';
export type { GraphInput, GraphModelLike } from './splice/hosts/graphModel';
export { type ForwardPass, type Hook, hookedModel } from './splice/hosts/hookedModel';
export type {
  OnnxOutputMetadata,
  OnnxRuntime,
  OnnxRuntimeTensor,
  OnnxSession,
  OnnxTensorMaker,
} from './splice/hosts/onnx/runtime';
export { type OnnxModel, type OnnxModelArgs, onnxModel } from './splice/hosts/onnxModel';
export { listLayers } from './splice/listLayers';
export type { SpliceArgs, SpliceMode } from './splice/spliceArgs';
export {
  type SavedDictionary,
  SplicedSAELayer,
  type SplicedSAELayerArgs,
} from './splice/spliceLayer';
export { type SplicedModel, spliceSAE } from './splice/spliceSAE';
export type { StoreDtype } from './stores/manifest';
export type { DamagedShard } from './stores/open';
export type { StoreSource, StoreTarget } from './stores/place';
export {
  type ActivationStore,
  type ActivationStoreArgs,
  openActivationStore,
} from './stores/store';
export {
  type WriteActivationsArgs,
  type WriteProgress,
  writeActivations,
} from './stores/write';
export {
  type FeatureDashboardArgs,
  featureDashboard,
} from './viz/dashboard/featureDashboard';
export { type DecoderGalleryArgs, drawDecoderGallery } from './viz/decoderGallery';
export { drawFeatureGallery, type FeatureGalleryArgs } from './viz/featureGallery';
export { type FeatureTag, featureTag } from './viz/featureTag';
export { Figure, type FigureArgs, type PNGArgs } from './viz/figure';
export { type DrawnPoint, drawFront, type FrontArgs } from './viz/front';
export {
  type DrawnCost,
  type DrawnEffects,
  type DrawnSplice,
  type DrawSpliceArgs,
  drawSplice,
} from './viz/spliceCosts';
