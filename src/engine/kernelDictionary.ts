import * as tf from '@tensorflow/tfjs-core';
import { kernelsLost, notEnoughMemory, type SAEError } from '../errors';
import { ThreadLost } from '../kernels/crew';
import { DictionaryKernels, type Parts } from '../kernels/dictionaryKernels';
import type { KernelUse } from '../kernels/kernelMemory';
import { obstacle, threadsAllowed } from '../kernels/module';
import type { KernelSpec, Term } from '../layers/contract';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { nodeModule } from '../nodeModule';
import type { KerasAdam } from '../optimizers/kerasAdam';
import { KernelsRefused } from './choice';
import { KernelMoments } from './kernelMoments';
import { Turns } from './turns';

/** What the kernels are wanted for: training, or only to encode and decode. */
export type Purpose = KernelUse['training'];

/** A loss, and its terms in their order, before their weights. */
export interface Losses {
  readonly loss: number;
  readonly terms: readonly number[];
}

/**
 * A layer's weights in the kernels' memory, and the moments of the optimizer that trains them. What
 * somebody writes into the layer counts from the next call; what training has changed here is in the
 * layer after `sync`.
 */
export class KernelDictionary {
  private kernels: DictionaryKernels | undefined;
  /** The data of each variable when it was last the same as here. */
  private known: (tf.DataId | undefined)[] = [];
  /** Whether training has come further here than in the layer. */
  private ahead = false;
  private readonly turns = new Turns();
  private refusal: string | undefined;
  private moments: KernelMoments | undefined;

  /**
   * @param where how errors name it
   * @param threads as many as the user wants; undefined for as many as help
   */
  constructor(
    private readonly where: string,
    private readonly layer: SparseAutoencoderLayer,
    private readonly threads?: number,
  ) {
    layer.syncBeforeReading(() => this.sync());
  }

  /**
   * Has the threads end, after a `sync`, when nobody has `owner` any more and nobody disposed it.
   *
   * Not this object's own end: tfjs keeps variables that nobody disposes, and with them the layer.
   */
  belongTo(owner: object): void {
    abandoned.register(owner, this);
  }

  /** Why the kernels cannot do it, in words; undefined where they can. */
  get obstacle(): string | undefined {
    if (this.layer.kernels === undefined) return `${this.layer.getClassName()} has no kernels`;
    return this.refusal ?? obstacle();
  }

  /** Threads that compute; 0 as long as nothing has been computed. */
  get running(): number {
    return this.kernels?.use.threads ?? 0;
  }

  /** Bytes of WebAssembly memory. */
  get bytes(): number {
    return this.kernels?.bytes ?? 0;
  }

  /**
   * Calls `act` with the kernels, brought up to what the layer holds; one call at a time.
   *
   * @param rows of the batch
   * @throws KernelsRefused where none can be had; SAE_OPTION where memory does not suffice; SAE_STATE
   * where a thread is lost.
   */
  use<T>(
    rows: number,
    purpose: Purpose,
    act: (kernels: DictionaryKernels) => Promise<T>,
  ): Promise<T> {
    const next = async () => {
      if (this.obstacle !== undefined) throw new KernelsRefused(this.obstacle);
      const kernels = await this.startedFor(rows, purpose);
      try {
        this.takeWhatIsNew(kernels);
        return await act(kernels);
      } catch (error) {
        if (error instanceof RangeError) throw this.fault(notEnoughMemory, error);
        if (error instanceof ThreadLost) throw this.fault(kernelsLost, error);
        throw error;
      }
    };
    return this.turns.take(next);
  }

  /**
   * An optimizer's moments, which are with these kernels from now on; another's are given back.
   *
   * @throws SAE_STATE where the optimizer's state is that of other weights.
   */
  momentsOf(optimizer: KerasAdam, kernels: DictionaryKernels): KernelMoments {
    if (this.moments?.areOf(optimizer)) return this.moments;
    this.moments?.giveBack();
    this.moments = undefined;
    const variables = this.layer.variables.map((weight) => weight.read() as tf.Variable);
    this.moments = new KernelMoments(optimizer, kernels, variables, () => this.turns.ended);
    return this.moments;
  }

  /** Notes that training has changed the weights. */
  changed(): void {
    this.ahead = true;
  }

  /** Writes what training has changed into the layer; of a step that is under way, nothing. */
  sync(): void {
    const { kernels } = this;
    if (!this.ahead || kernels === undefined) return;
    this.ahead = false;
    this.layer.variables.forEach((weight, position) => {
      // What somebody has written since is newer than what is here.
      if (weight.read().dataId !== this.known[position]) return;
      const values = tf.tensor(kernels.readWeight(position), weight.shape as number[]);
      weight.write(values);
      values.dispose();
      this.known[position] = weight.read().dataId;
    });
  }

  /** Ends the threads and frees the memory; what was changed here is in the layer then. */
  dispose(): void {
    this.leave();
  }

  /** The kernels cannot go on. */
  private fault(message: (where: string, error: Error) => SAEError, error: Error): SAEError {
    this.leave();
    return message(this.where, error);
  }

  private leave(): void {
    this.sync();
    this.moments?.giveBack();
    this.moments = undefined;
    this.kernels?.dispose();
    this.kernels = undefined;
    this.known = [];
  }

  private async startedFor(rows: number, purpose: Purpose): Promise<DictionaryKernels> {
    if (this.kernels && !serves(this.kernels.use.training, purpose)) this.leave();
    this.kernels ??= await this.start(rows, purpose);
    return this.kernels;
  }

  private async start(rows: number, training: Purpose): Promise<DictionaryKernels> {
    const { layer } = this;
    const { name: architecture } = layer.kernels as KernelSpec;
    const { inputDim, outputDim, encodingDim: features, encoder, lossTerms, prefixes } = layer;
    const widths = { inputDim, outputDim, centred: !layer.isTranscoder, skip: layer.skip };
    const vectors = Object.values(encoder.vectors).map(({ least }) => least ?? -Infinity);
    const reconstructions = lossTerms.some(({ of }) => of === 'second') ? 2 : 1;
    const penaltyByNorm = lossTerms.some(({ byDecoderNorm }) => byDecoderNorm);
    const secondTrains = lossTerms.some(({ trainsDecoder }) => trainsDecoder);
    const revives = layer.revival.auxK > 0;
    const ofDecoder = { penaltyByNorm, secondTrains, revives, ...(prefixes && { prefixes }) };
    const sizes = { ...widths, features, vectors, reconstructions } as const;
    const shape = { architecture, ...sizes, ...ofDecoder };
    const most = usefulThreads(this.threads, rows * inputDim * features);
    // A page may let no worker start, but compute all the same.
    for (const threads of most > 1 ? [most, 1] : [1]) {
      try {
        const use = { threads, ...(training && { training }) };
        return await DictionaryKernels.start(shape, use, rows);
      } catch (error) {
        if (error instanceof RangeError) throw notEnoughMemory(this.where, error);
        this.refusal = String(error);
        if (threads > 1) this.refusal = undefined;
      }
    }
    throw new KernelsRefused(this.refusal);
  }

  private takeWhatIsNew(kernels: DictionaryKernels): void {
    this.layer.variables.forEach((weight, position) => {
      const variable = weight.read();
      if (variable.dataId === this.known[position]) return;
      kernels.writeWeight(position, variable.dataSync() as Float32Array);
      this.known[position] = variable.dataId;
    });
  }
}

/** The weight of each part in a loss of such terms. */
export function partWeights(terms: readonly Term[]): Parts {
  const weights = { reconstruction: 0, penalty: 0, second: 0, revival: 0 };
  for (const { of, weight } of terms) weights[of] = weight;
  return weights;
}

/** The weights of nested dictionaries' reconstructions in the loss, all the same. */
export const prefixWeights = ({ prefixes }: SparseAutoencoderLayer) =>
  prefixes && { prefixWeights: prefixes.map(() => 1) };

/** The numbers of a pass that trains nothing. */
export function passNumbers(layer: SparseAutoencoderLayer) {
  const { own, floor } = layer.kernels as KernelSpec;
  return { ...(own && { own }), ...(floor && { floor: floor() }), ...prefixWeights(layer) };
}

/** By feature 1 where it is dead; undefined where none is revived. */
export const deadIn = (layer: SparseAutoencoderLayer): Float32Array | undefined =>
  tf.tidy(() => layer.dead()?.dataSync<'float32'>());

/** The loss of such terms, and each of them, from what the kernels have found its parts to be. */
export function lossOf(terms: readonly Term[], parts: Parts): Losses {
  const values = terms.map(({ of }) => parts[of]);
  const loss = terms.reduce((sum, { weight }, i) => sum + weight * (values[i] as number), 0);
  return { loss, terms: values };
}

const abandoned = new FinalizationRegistry<KernelDictionary>((weights) => weights.dispose());

/** Whether what was started for one purpose serves another. */
const serves = (started: Purpose, wanted: Purpose) =>
  wanted === undefined || started?.momentum === wanted.momentum;

/**
 * Multiplications of the encoder for each thread, below which another one costs more than it brings:
 * about half a millisecond of a step in which half of the features are active. Measured on 2 cores.
 */
const WORTH_A_THREAD = 4e6;

/**
 * How many threads to compute with.
 *
 * @param wanted as many as the user wants; undefined for all cores, but never more than help
 * @param products of the encoder in one batch: rows × inputDim × features
 */
function usefulThreads(wanted: number | undefined, products: number): number {
  if (!threadsAllowed()) return 1;
  const helpful = Math.max(1, Math.floor(products / WORTH_A_THREAD));
  return wanted ?? Math.min(cores(), helpful);
}

/** Cores that this process may use. */
function cores(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  const os = nodeModule<typeof import('node:os')>('node:os');
  return os?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1;
}
