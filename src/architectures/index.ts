// Every architecture, one line each: importing it registers it with tfjs and with this library.

// Exported from here, so that the list is complete for whoever imports it.
export {
  ARCHITECTURES,
  type Architecture,
  type Recipe,
  registerArchitecture,
} from '../models/architectures';
export {
  BatchTopKSAE,
  type BatchTopKSAEArgs,
  BatchTopKSAELayer,
  type BatchTopKSAELayerArgs,
  type BatchTopKSAEOptions,
} from './batchtopk';
export * from './gated';
export * from './jumprelu';
export * from './matryoshka';
export * from './relu';
export {
  type TopKDetails,
  type TopKEncoding,
  TopKSAE,
  type TopKSAEArgs,
  TopKSAELayer,
  type TopKSAELayerArgs,
  type TopKSAEOptions,
} from './topk';
