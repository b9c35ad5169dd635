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

/** What the kernels are used for: training, or only encoding and decoding. */
export type Purpose = KernelUse['training'];

/**
 * A layer's weights in the kernels' memory, and the moments of the optimizer that trains them. What
 * is written to the layer counts from the next call; the results of training here are in the layer
 * after `sync`.
 */
export class KernelDictionary {
  private kernels: DictionaryKernels | undefined;
  /** The data of each variable when it last equalled the copy here. */
  private known: (tf.DataId | undefined)[] = [];
  /** Whether the weights here are ahead of those in the layer. */
  private ahead = false;
  private readonly turns = new Turns();
  private refusal: string | undefined;
  private moments: KernelMoments | undefined;

  /**
   * @param where how errors refer to it
   * @param threads the number the user wants; undefined for as many as help
   */
  constructor(
    private readonly where: string,
    private readonly layer: SparseAutoencoderLayer,
    private readonly threads?: number,
  ) {
    layer.syncBeforeReading(() => this.sync());
  }

  /**
   * Ends the threads, after a `sync`, once nothing refers to `owner` any more and it was not
   * disposed.
   *
   * This object itself cannot be the owner: tfjs keeps variables that are not disposed, and with
   * them the layer.
   */
  belongTo(owner: object): void {
    abandoned.register(owner, this);
  }

  /** Why the kernels cannot compute it, in words; undefined if they can. */
  get obstacle(): string | undefined {
    if (this.layer.kernels === undefined) return `${this.layer.getClassName()} has no kernels`;
    return this.refusal ?? obstacle();
  }

  /** The number of computing threads; 0 until something has been computed. */
  get running(): number {
    return this.kernels?.use.threads ?? 0;
  }

  /** Bytes of WebAssembly memory. */
  get bytes(): number {
    return this.kernels?.bytes ?? 0;
  }

  /**
   * Calls `act` with the kernels, updated with the layer's weights; one call at a time.
   *
   * @param rows the rows of the batch
   * @throws KernelsRefused if no kernels can run; SAE_OPTION if memory does not suffice; SAE_STATE
   *   if a thread is lost.
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
   * Returns an optimizer's moments, which these kernels keep from now on; another optimizer's are
   * given back.
   *
   * @throws SAE_STATE if the optimizer's state belongs to other weights.
   */
  momentsOf(optimizer: KerasAdam, kernels: DictionaryKernels): KernelMoments {
    if (this.moments?.areOf(optimizer)) return this.moments;
    this.moments?.giveBack();
    this.moments = undefined;
    const variables = this.layer.variables.map((weight) => weight.read() as tf.Variable);
    this.moments = new KernelMoments(optimizer, kernels, variables, () => this.turns.ended);
    return this.moments;
  }

  /** Records that training has changed the weights. */
  changed(): void {
    this.ahead = true;
  }

  /** Writes the results of training into the layer, excluding a step in progress. */
  sync(): void {
    const { kernels } = this;
    if (!this.ahead || kernels === undefined) return;
    this.ahead = false;
    this.layer.variables.forEach((weight, position) => {
      // A value written meanwhile is newer than the one here.
      if (weight.read().dataId !== this.known[position]) return;
      const values = tf.tensor(kernels.readWeight(position), weight.shape as number[]);
      weight.write(values);
      values.dispose();
      this.known[position] = weight.read().dataId;
    });
  }

  /** Ends the threads and frees the memory, after writing all changes into the layer. */
  dispose(): void {
    this.sync();
    this.moments?.giveBack();
    this.moments = undefined;
    this.kernels?.dispose();
    this.kernels = undefined;
    this.known = [];
  }

  /** Handles kernels that cannot continue. */
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
    // A page may forbid workers, but still allow computing.
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

/** Returns whether kernels started for one purpose serve another. */
const serves = (started: Purpose, wanted: Purpose) =>
  wanted === undefined || started?.momentum === wanted.momentum;

/**
 * Multiplications of the encoder per thread below which another thread costs more than it gains:
 * about half a millisecond of a step in which half of the features are active. Measured on 2 cores.
 */
const WORTH_A_THREAD = 4e6;

/**
 * Returns the number of threads to use.
 *
 * @param wanted the number the user wants; undefined for all cores, but never more than help
 * @param products multiplications of the encoder in one batch: rows × inputDim × features
 */
function usefulThreads(wanted: number | undefined, products: number): number {
  if (!threadsAllowed()) return 1;
  const helpful = Math.max(1, Math.floor(products / WORTH_A_THREAD));
  return wanted ?? Math.min(cores(), helpful);
}

/** Returns the number of cores available to this process. */
function cores(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  const os = nodeModule<typeof import('node:os')>('node:os');
  return os?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1;
}
