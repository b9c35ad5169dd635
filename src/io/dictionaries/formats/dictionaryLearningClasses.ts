import type { WeightInFile } from '../weights';

/** The format's name. */
export const NAME = 'dictionary-learning';
/** The names of the package's files. */
export const CONFIG = 'config.json';
/** The file that the package writes. */
export const PICKLED = 'ae.pt';
/** The file that is written here: it contains no executable code. */
export const WEIGHTS = 'ae.safetensors';

/** A class of the package: the layout of its tensors, and its counterpart here. */
export interface DictClass {
  readonly architecture: string;
  /** The weights by our names. */
  readonly weights: Readonly<Record<string, WeightInFile>>;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Whether it stores a number of firing features, and a threshold, besides its weights. */
  readonly k?: true;
}

/** The layout of matrices in PyTorch's `Linear`. */
const LINEAR = {
  W_enc: ['encoder-rows', 'encoder.weight'],
  W_dec: ['decoder-columns', 'decoder.weight'],
} as const;
const LINEAR_BIAS = { b_enc: ['vector', 'encoder.bias'] } as const;
const PLAIN = {
  W_enc: ['encoder', 'W_enc'],
  b_enc: ['vector', 'b_enc'],
  W_dec: ['decoder', 'W_dec'],
  b_dec: ['bias', 'b_dec'],
} as const;
const TOPK = { ...LINEAR, ...LINEAR_BIAS, b_dec: ['bias', 'b_dec'] } as const;

/** The classes, by their names in a configuration. */
export const CLASSES: Readonly<Record<string, DictClass>> = {
  AutoEncoder: {
    architecture: 'relu',
    weights: { ...LINEAR, ...LINEAR_BIAS, b_dec: ['bias', 'bias'] },
  },
  AutoEncoderNew: {
    architecture: 'relu',
    weights: { ...LINEAR, ...LINEAR_BIAS, b_dec: ['bias', 'decoder.bias'] },
    options: { centred: false, penalty: 'l1-decoder-norm' },
  },
  GatedAutoEncoder: {
    architecture: 'gated',
    weights: {
      W_gate: LINEAR.W_enc,
      b_gate: ['vector', 'gate_bias'],
      r_mag: ['vector', 'r_mag'],
      b_mag: ['vector', 'mag_bias'],
      W_dec: LINEAR.W_dec,
      b_dec: ['bias', 'decoder_bias'],
    },
  },
  JumpReluAutoEncoder: {
    architecture: 'jumprelu',
    weights: { ...PLAIN, threshold: ['vector', 'threshold'] },
    options: { centred: false },
  },
  AutoEncoderTopK: { architecture: 'topk', weights: TOPK, k: true },
  BatchTopKSAE: { architecture: 'batchtopk', weights: TOPK, k: true },
  MatryoshkaBatchTopKSAE: { architecture: 'matryoshka', weights: PLAIN, k: true },
};
