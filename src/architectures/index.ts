// Every architecture, a line each: importing it makes it known to tfjs and to this library.

// From here, so that whoever asks for the list finds it filled.
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
