import * as tf from '@tensorflow/tfjs-core';
import { denseCodes, type SparseCodes, sparseCodes } from '../kernels/sparseCodes';
import { normalized, scaleFrame } from '../layers/normalization';
import { decoding, encoding, skipping } from '../layers/pass';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { choose, chosen } from './choice';
import type { EpochTally } from './epochTally';
import type { KernelDictionary } from './kernelDictionary';
import { type Losses, lossOf, passNumbers } from './layerKernels';
import { measuredPass, readMeasures } from './measuredPass';

/** The losses of some rows. */
export interface LossesOfRows extends Losses {
  /** `[batch, outputDim]`, if requested; the caller disposes it. */
  readonly reconstruction?: tf.Tensor2D;
}

/** Codes of rows, and their reconstruction. */
export interface CodedRows {
  readonly codes: SparseCodes;
  /** `[batch, outputDim]`; the caller disposes it. */
  readonly reconstruction: tf.Tensor2D;
}

/** A dictionary as a layer and in WebAssembly. */
interface Dictionary {
  readonly layer: SparseAutoencoderLayer;
  readonly weights: KernelDictionary;
}

/**
 * Passes over rows without training: by the kernels if the CPU computes, since only active features
 * cost anything after the encoder; otherwise by tfjs.
 */
export class Inference {
  constructor(private readonly dictionary: () => Dictionary) {}

  /** Returns the codes of `x [batch, inputDim]`. */
  encode(x: tf.Tensor2D): Promise<SparseCodes> {
    const { layer } = this.dictionary();
    return normalized(layer, x, x, (rows) => this.codesOf(rows));
  }

  private codesOf(x: tf.Tensor2D): Promise<SparseCodes> {
    return this.by(
      async ({ layer, weights }) => {
        const rows = await x.data<'float32'>();
        return weights.use(x.shape[0], undefined, async (kernels) => {
          await kernels.encode(rows, passNumbers(layer));
          return kernels.codes(x.shape[0]);
        });
      },
      async ({ layer }) => {
        const codes = tf.tidy(() => encoding(layer, x).codes);
        const sparse = sparseCodes(await codes.data<'float32'>(), layer.encodingDim);
        codes.dispose();
        return sparse;
      },
    );
  }

  /** Returns rows `[batch, outputDim]`, flat, from codes that have been checked. */
  decode(codes: SparseCodes): Promise<Float32Array> {
    const rows = codes.rowOffsets.length - 1;
    return this.by(
      ({ layer, weights }) =>
        weights.use(rows, undefined, async (kernels) => {
          const values = await kernels.decode(codes);
          const scale = tf.tidy(() => scaleFrame(layer)?.inverse.dataSync<'float32'>()[0]);
          return scale === undefined ? values : values.map((value) => value * scale);
        }),
      async ({ layer }) => {
        const xHat = tf.tidy(() => {
          const dense = denseCodes(codes, layer.encodingDim);
          return layer.decode(tf.tensor2d(dense, [rows, layer.encodingDim]));
        });
        const values = await xHat.data<'float32'>();
        xHat.dispose();
        return values;
      },
    );
  }

  /** Returns the reconstructions of rows, `[batch, outputDim]`; the caller disposes them. */
  reconstruct(x: tf.Tensor2D): Promise<tf.Tensor2D> {
    return this.withAnyTarget(x, async (target) => {
      const { reconstruction } = await this.losses(x, target, true);
      return reconstruction as tf.Tensor2D;
    });
  }

  /**
   * Returns the codes and the reconstruction `[batch, outputDim]` of `x [batch, inputDim]`, in one
   * pass; the caller disposes the latter.
   */
  async encodeAndReconstruct(x: tf.Tensor2D): Promise<CodedRows> {
    const { layer } = this.dictionary();
    return this.withAnyTarget(x, (target) =>
      normalized(layer, x, target, async (rows, wanted, back) => {
        const { codes, reconstruction } = await this.codedRows(rows, wanted);
        return { codes, reconstruction: back(reconstruction) };
      }),
    );
  }

  /** Calls `use` with a target of the right shape, for passes whose losses are not read. */
  private async withAnyTarget<T>(
    x: tf.Tensor2D,
    use: (target: tf.Tensor2D) => Promise<T>,
  ): Promise<T> {
    const { isTranscoder, outputDim } = this.dictionary().layer;
    if (!isTranscoder) return use(x);
    const target = tf.zeros<tf.Rank.R2>([x.shape[0], outputDim]);
    try {
      return await use(target);
    } finally {
      target.dispose();
    }
  }

  private codedRows(x: tf.Tensor2D, target: tf.Tensor2D): Promise<CodedRows> {
    const rows = x.shape[0];
    return this.by(
      async ({ layer, weights }) => {
        const values = await x.data<'float32'>();
        const wanted = target === x ? undefined : await target.data<'float32'>();
        return weights.use(rows, undefined, async (kernels) => {
          await kernels.encodeAndDecode(values, wanted, passNumbers(layer));
          const xHat = kernels.reconstruction(wanted ?? values);
          return { codes: kernels.codes(rows), reconstruction: tf.tensor2d(xHat, target.shape) };
        });
      },
      async ({ layer }) => {
        const { dense, reconstruction } = tf.tidy(() => {
          const dense = encoding(layer, x).codes;
          const decoded = decoding(layer, dense);
          const skipped = skipping(layer, x);
          return { dense, reconstruction: skipped ? tf.add(decoded, skipped) : decoded };
        });
        const codes = sparseCodes(await dense.data<'float32'>(), layer.encodingDim);
        dense.dispose();
        return { codes, reconstruction: reconstruction as tf.Tensor2D };
      },
    );
  }

  /**
   * Returns the losses of `x [batch, inputDim]` against `target [batch, outputDim]`, and counts
   * them in `tally`.
   */
  losses(
    x: tf.Tensor2D,
    target: tf.Tensor2D,
    reconstruct: boolean,
    tally?: EpochTally,
  ): Promise<LossesOfRows> {
    const { layer } = this.dictionary();
    return normalized(layer, x, target, async (rows, wanted, back) => {
      const { reconstruction, ...losses } = await this.lossesOf(rows, wanted, reconstruct, tally);
      return { ...losses, ...(reconstruction && { reconstruction: back(reconstruction) }) };
    });
  }

  private lossesOf(
    x: tf.Tensor2D,
    target: tf.Tensor2D,
    reconstruct: boolean,
    tally: EpochTally | undefined,
  ): Promise<LossesOfRows> {
    const rows = x.shape[0];
    return this.by(
      async ({ layer, weights }) => {
        const values = await x.data<'float32'>();
        const wanted = target === x ? undefined : await target.data<'float32'>();
        return weights.use(rows, undefined, async (kernels) => {
          const { parts } = await kernels.forward(values, wanted, passNumbers(layer));
          const losses = lossOf(layer.lossTerms, parts);
          tally?.add(kernels.measures(wanted ?? values));
          if (!reconstruct) return losses;
          const xHat = kernels.reconstruction(wanted ?? values);
          return { ...losses, reconstruction: tf.tensor2d(xHat, target.shape) };
        });
      },
      async ({ layer }) => {
        const { scalars, reconstruction } = tf.tidy(() => {
          const pass = layer.forward(x, target, false);
          const scalars = tf.stack([pass.loss, ...Object.values(pass.terms)]);
          const measured = tally ? [measuredPass(pass, target)] : [];
          return {
            scalars: tf.concat([scalars, ...measured]),
            reconstruction: pass.reconstruction,
          };
        });
        const numbers = await scalars.data<'float32'>();
        scalars.dispose();
        const losses = 1 + layer.termNames.length;
        const [loss, ...terms] = Array.from(numbers.subarray(0, losses)) as [number, ...number[]];
        tally?.add(readMeasures(numbers.subarray(losses), target.shape));
        if (reconstruct) return { loss, terms, reconstruction };
        reconstruction.dispose();
        return { loss, terms };
      },
    );
  }

  private by<T>(
    kernels: (dictionary: Dictionary) => Promise<T>,
    tensors: (dictionary: Dictionary) => Promise<T>,
  ): Promise<T> {
    return chosen(async () => {
      const dictionary = this.dictionary();
      const choice = choose('auto', dictionary.weights.obstacle);
      return choice === 'sparse' ? kernels(dictionary) : tensors(dictionary);
    });
  }
}
