import * as tf from '@tensorflow/tfjs-core';
import { kernelsLost, notEnoughMemory, type SAEError } from '../errors';
import { ThreadLost } from '../kernels/crew';
import { DictionaryKernels } from '../kernels/dictionaryKernels';
import type { KernelUse } from '../kernels/kernelMemory';
import { obstacle, threadsAllowed } from '../kernels/module';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { nodeModule } from '../nodeModule';
import type { KerasAdam } from '../optimizers/kerasAdam';
import { KernelsRefused } from './choice';
import { KernelMoments } from './kernelMoments';
import { shapeOf } from './layerKernels';
import { Turns } from './turns';

/** What the kernels are wanted for: training, or only to encode and decode. */
export type Purpose = KernelUse['training'];

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
    this.sync();
    this.moments?.giveBack();
    this.moments = undefined;
    this.kernels?.dispose();
    this.kernels = undefined;
    this.known = [];
  }

  /** The kernels cannot go on. */
  private fault(message: (where: string, error: Error) => SAEError, error: Error): SAEError {
    this.dispose();
    return message(this.where, error);
  }

  private async startedFor(rows: number, purpose: Purpose): Promise<DictionaryKernels> {
    if (this.kernels && !serves(this.kernels.use.training, purpose)) this.dispose();
    this.kernels ??= await this.start(rows, purpose);
    return this.kernels;
  }

  private async start(rows: number, training: Purpose): Promise<DictionaryKernels> {
    const { layer } = this;
    const most = usefulThreads(this.threads, rows * layer.inputDim * layer.encodingDim);
    // A page may let no worker start, but compute all the same.
    for (const threads of most > 1 ? [most, 1] : [1]) {
      try {
        const use = { threads, ...(training && { training }) };
        return await DictionaryKernels.start(shapeOf(layer), use, rows);
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
