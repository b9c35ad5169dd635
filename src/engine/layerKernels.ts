import * as tf from '@tensorflow/tfjs-core';
import type { DictionaryShape } from '../kernels/kernelMemory';
import type { Parts, PassNumbers, StepNumbers } from '../kernels/numbers';
import type { KernelSpec, Term } from '../layers/contract';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';

/** A loss, and its terms in order, before weighting. */
export interface Losses {
  readonly loss: number;
  readonly terms: readonly number[];
}

/** Returns what the kernels need to know about a layer when they start. */
export function shapeOf(layer: SparseAutoencoderLayer): DictionaryShape {
  const { name: architecture, norms: derivesNorms = false } = layer.kernels as KernelSpec;
  const { inputDim, outputDim, encodingDim: features, encoder, lossTerms, prefixes } = layer;
  const widths = { inputDim, outputDim, centred: layer.centred, skip: layer.skip };
  const vectors = Object.values(encoder.vectors).map(({ least }) => least ?? -Infinity);
  const reconstructions = lossTerms.some(({ of }) => of === 'second') ? 2 : 1;
  const penaltyByNorm = lossTerms.some((term) => term.of === 'penalty' && term.byDecoderNorm);
  const secondTrains = lossTerms.some(({ trainsDecoder }) => trainsDecoder);
  const ofDead = {
    revives: layer.revival.auxK > 0,
    punishesDead: lossTerms.some(({ of }) => of === 'dead'),
  };
  const ofDecoder = { penaltyByNorm, derivesNorms, secondTrains, ...(prefixes && { prefixes }) };
  return { architecture, ...widths, features, vectors, reconstructions, ...ofDead, ...ofDecoder };
}

/** Returns the numbers for a step, besides the optimizer's. */
export function stepNumbers(layer: SparseAutoencoderLayer): StepNumbers {
  const { own } = layer.kernels as KernelSpec;
  const { lossTerms, revival, decoderRows, projectsGradient: project } = layer;
  const weights = { reconstruction: 0, penalty: 0, second: 0, revival: 0, dead: 0 };
  for (const { of, weight } of lossTerms) weights[of] = weight;
  // 1 for each dead feature; undefined if dead features are not tracked.
  const dead = tf.tidy(() => layer.dead()?.dataSync<'float32'>());
  const revived = dead && { dead, auxK: revival.auxK };
  const nested = ofPrefixes(layer.trainedPrefixes);
  const ofDecoder = { unitRows: decoderRows === 'unit', project, ...nested };
  return { ...(own && { own }), weights, ...ofDecoder, ...revived };
}

/** Returns the numbers for a pass without training. */
export function passNumbers(layer: SparseAutoencoderLayer): PassNumbers {
  const { own, floor } = layer.kernels as KernelSpec;
  return { ...(own && { own }), ...(floor && { floor: floor() }), ...ofPrefixes(layer.prefixes) };
}

/**
 * Nested dictionaries, and the weights of their reconstructions in the loss, which are all equal.
 */
const ofPrefixes = (prefixes: readonly number[] | undefined) =>
  prefixes && { prefixes, prefixWeights: prefixes.map(() => 1) };

/** Returns the loss of these terms, and each of them, from the parts that the kernels computed. */
export function lossOf(terms: readonly Term[], parts: Parts): Losses {
  const values = terms.map(({ of }) => parts[of]);
  const loss = terms.reduce((sum, { weight }, i) => sum + weight * (values[i] as number), 0);
  return { loss, terms: values };
}
