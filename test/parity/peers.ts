/** What python-interop/peers/make_peer_fixtures.py has written: a case of a peer, by our letters. */
import type * as tf from '@tensorflow/tfjs';
import { type ArrayJSON, read, tensor } from './fixture';

export type Arrays = Record<string, ArrayJSON>;

/** What training changes beside the weights: counters of each feature, thresholds. */
export type State = Record<string, number | number[] | null>;

/** A step of which everything is there, at the weights and the state before it. */
export interface RecordedStep {
  weights: Arrays;
  state: State;
  codes: ArrayJSON;
  reconstruction: ArrayJSON;
  /** Of the whole loss, before anybody projects or clips them. */
  gradients: Arrays;
  /** The features that the loss takes for dead, where it has a term of them. */
  dead?: number[];
}

export interface PeerCase {
  case: string;
  peer: 'sae_lens' | 'dictionary_learning';
  architecture: string;
  /** What the peer's model or trainer was given, by its own names. */
  options: Record<string, unknown>;
  training: {
    lr: number;
    betas: [number, number];
    eps: number;
    clip_norm: number | null;
    decoder: 'free' | 'unit';
  };
  weights: Arrays;
  state: State;
  batches: ArrayJSON[];
  first_step?: number;
  steps: { lr: number; loss: number; losses: Record<string, number> }[];
  recorded: Record<string, RecordedStep>;
  weights_after: Record<string, Arrays>;
  state_after: State;
  inference?: { codes: ArrayJSON; reconstruction: ArrayJSON; weights?: Arrays };
}

export const readPeer = (name: string): PeerCase => read<PeerCase>(`peers/${name}`);

/** The width of a case's rows, and its number of features. */
export function sizeOf({ weights }: PeerCase): { inputDim: number; encodingDim: number } {
  const { shape } = weights['W_enc'] as ArrayJSON;
  const [inputDim, encodingDim] = shape as [number, number];
  return { inputDim, encodingDim };
}

/** The batch of a step, `[rows, inputDim]`; the caller disposes it. */
export function batchOf({ batches }: PeerCase, step: number): tf.Tensor2D {
  return tensor(batches[step % batches.length] as ArrayJSON) as tf.Tensor2D;
}
