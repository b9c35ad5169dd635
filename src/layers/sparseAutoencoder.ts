import * as tf from '@tensorflow/tfjs-core';
import { InputSpec, type layers, type Shape, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { brand } from '../brand';
import { lossNotTaken, noTarget, wrongInputs } from '../errors';
import { assertRows, inLeadingDims } from '../math/leadingDims';
import { acrossRows } from '../math/norms';
import type { Rules } from '../options';
import { ArchitectureLayer, type SAELayerArgs } from './architectureLayer';
import type { Encoding, Gradients, Pass, Saved, Upstream } from './contract';
import { tellOfKerasLayers } from './kerasLayers';
import { frameOf, into, outOf, SCALE, scaleAfter, scaleFrame } from './normalization';
import { OwnLosses, recordingTape } from './ownLosses';
import { backward, decoding, encoding, forward, skipping } from './pass';
import { checkBackend, checkSizes, rowsShape } from './shapes';
import { handOverAllSteps } from './timeDistributed';
import { afterOptimizerUpdate, trainingCall } from './trainingCall';

export type { LayerArgs, SAELayerArgs, SAELayerOptions } from './architectureLayer';

/** What tfjs passes to a layer's `call` besides its input: whether training is under way. */
export type Kwargs = Parameters<layers.Layer['call']>[1];

/**
 * Tensors, or their symbolic counterparts in a model under construction: what a layer takes and
 * returns.
 */
type Applied = ReturnType<layers.Layer['apply']>;

/**
 * The base of every architecture: a tfjs layer with an encoder, a linear decoder with unit rows,
 * its own loss, and that loss's gradient written out. With `outputDim` or `skip` it is a
 * transcoder, whose target differs from its input.
 *
 * An architecture names its encoder's weights and the terms of its loss, and implements `activate`
 * and `differentiate`, which say what it computes for each pair of a row and a feature. Everything
 * else is here. In another model it works like any layer: under `model.fit` it adds its loss,
 * passes the gradient on to its input, and keeps its decoder rows at norm 1. With `trainable =
 * false` it is a fixed dictionary that adds no loss.
 *
 * @typeParam Options the architecture's own options: λ and the like
 * @typeParam Own what its `activate` keeps for its `differentiate`, by name
 * @typeParam Details what its `encodeDetailed` returns besides the codes, by name
 * @example
 * ```ts
 * import { GatedSAE, ReluSAE, type SparseAutoencoderLayer } from 'gated-sae-tfjs';
 * const sizes = { inputDim: 8, encodingDim: 32 };
 * const layers: SparseAutoencoderLayer[] = [new GatedSAE(sizes).sae, new ReluSAE(sizes).sae];
 * for (const layer of layers) console.log(layer.getClassName(), layer.termNames, layer.wDec.shape);
 * // GatedSAELayer, three terms, [32, 8]; ReluSAELayer, two terms, [32, 8]
 * ```
 */
export abstract class SparseAutoencoderLayer<
  Options extends object = object,
  Own extends tf.NamedTensorMap = tf.NamedTensorMap,
  Details extends tf.NamedTensorMap = tf.NamedTensorMap,
> extends ArchitectureLayer<Options, Own, Details> {
  private readonly ownLosses = new OwnLosses(() => console.warn(lossNotTaken(this.where)));
  private expectUpdate: () => void = () => {};

  /**
   * Checks the options. The weights are created when the layer first sees the width of its input.
   *
   * @param args the options of every layer and the architecture's own
   * @param rules the rules and defaults of the architecture's own options
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: SAELayerArgs & Options, rules: Rules<Options>) {
    super(args, rules);
    this.supportsMasking = true;
    this.addLoss(() => this.ownLosses.take());
  }

  static {
    brand(SparseAutoencoderLayer, 'SparseAutoencoderLayer');
  }

  // ── computation ────────────────────────────────────────────────────────────────────────────

  /**
   * Returns the sparse codes of rows. Unlike a model's `encode`, it lets NaN through.
   *
   * @typeParam T the rank of the rows
   * @param x `[..., inputDim]`, float32
   * @returns `[..., features]`; the caller disposes them.
   * @throws SAE_STATE before the layer is built; SAE_SHAPE or SAE_DATA for rows of another form.
   */
  encode<T extends tf.Tensor>(x: T): T {
    assertRows(this.where, x, this.inputDim);
    return tf.tidy(() => inLeadingDims(x, (rows) => this.encodeDetailed(rows).codes));
  }

  /**
   * Returns the codes of rows and the encoder's intermediate values. Uses differentiable operations
   * only.
   *
   * @param x `[batch, inputDim]`, float32
   * @returns tensors `[batch, features]` by name, including `codes`; the caller disposes them.
   */
  encodeDetailed(x: tf.Tensor2D): Encoding<Details> {
    return tf.tidy(() => encoding(this, into(frameOf(this, x), x))) as Encoding<Details>;
  }

  /**
   * Reconstructs rows from codes: `codes · W_dec + b_dec`. The skip connection depends on the rows
   * and is not included. Neither is scaling back if each row is normalized by itself, since that
   * depends on the row.
   *
   * @typeParam T the rank of the codes
   * @param codes `[..., features]`, float32
   * @returns `[..., outputDim]`; the caller disposes them.
   * @throws SAE_STATE before the layer is built; SAE_SHAPE or SAE_DATA for codes of another form.
   */
  decode<T extends tf.Tensor>(codes: T): T {
    assertRows(this.where, codes, this.encodingDim);
    return tf.tidy(() =>
      inLeadingDims(codes, (rows) => outOf(scaleFrame(this), decoding(this, rows))),
    );
  }

  /**
   * Returns codes, reconstruction and loss of rows; all of them are normalized.
   *
   * @param x the rows, `[batch, inputDim]`
   * @param target what the reconstructions should be, `[batch, outputDim]`: for an autoencoder, the
   *   rows themselves
   * @param training whether a step follows; false by default
   * @returns the whole pass; the caller disposes it, best by calling from within `tf.tidy`.
   * @internal
   */
  forward(x: tf.Tensor2D, target: tf.Tensor2D, training = false): Pass {
    return forward(this, x, target, training);
  }

  /**
   * Returns the gradients of one pass, from what it saved.
   *
   * @param saved what `forward` kept
   * @param upstream the derivatives from the layers after this one
   * @returns the gradients; the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  backward(saved: Saved, upstream: Upstream): Gradients {
    return backward(this, saved, upstream);
  }

  /**
   * Returns one gradient per trainable weight, in the order of `trainableWeights`, as an optimizer
   * takes it. If the architecture asks for it, the gradient of the decoder rows is the part
   * orthogonal to them.
   *
   * @returns the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  gradientList({ weights }: Gradients): tf.Tensor[] {
    return this.trainedNames.map((name) => {
      const gradient = weights[name] as tf.Tensor;
      const isProjected = name === 'W_dec' && this.projectsGradient;
      return isProjected ? acrossRows(gradient as tf.Tensor2D, this.read(name)) : gradient;
    });
  }

  // ── what tfjs-layers calls ─────────────────────────────────────────────────────────────────

  /**
   * Creates the weights once the width of the input is known, and sets them to the option `weights`
   * if it is given; tfjs calls it.
   *
   * @param inputShape `[batch, ..., inputDim]`
   * @throws SAE_SHAPE for input without a width, or `weights` of other shapes; SAE_OPTION if a
   *   matrix of that size is impossible.
   */
  override build(inputShape: Shape | Shape[]): void {
    const inputDim = this.checkedShape(inputShape).at(-1) as number;
    const outputDim = this.outputWidth ?? inputDim;
    checkSizes(this.getClassName(), inputDim, outputDim, this);
    checkBackend(this.getClassName());
    this.makeWeights(inputDim, outputDim, this.seed);
    const last = this.bDec.read() as tf.Variable;
    this.expectUpdate = afterOptimizerUpdate(last, () => this.afterStep());
    this.inputSpec = [new InputSpec({ minNDim: 2, axes: { [-1]: inputDim } })];
    super.build(inputShape);
    // tfjs sets them after `build` only if it calls `apply`, which a wrapper around the layer
    // does not.
    const given = this as unknown as { initialWeights: tf.Tensor[] | null };
    if (given.initialWeights) this.setWeights(given.initialWeights);
    given.initialWeights = null;
  }

  /**
   * Returns the shape of the layer's output.
   *
   * @param inputShape `[batch, ..., inputDim]`
   * @returns the same shape with `outputDim` in place of `inputDim`, or with `features` if the
   *   layer outputs codes
   * @throws SAE_SHAPE for input of another form.
   */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = this.checkedShape(inputShape);
    const output = this.outputWidth ?? (shape.at(-1) as number);
    return [...shape.slice(0, -1), this.returns === 'codes' ? this.encodingDim : output];
  }

  /**
   * Returns the layer's output; while a model trains it, also adds the layer's own loss.
   *
   * @param inputs the rows, `[batch, ..., inputDim]`
   * @param kwargs whether training is under way, from tfjs
   * @returns `[batch, ..., outputDim]`, or codes `[batch, ..., features]`; the caller disposes it.
   * @throws SAE_SHAPE for input of another form; SAE_STATE for a transcoder trained by another
   *   model, which has no target for it.
   */
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor;
    this.invokeCallHook(inputs, kwargs);
    this.checkedShape(x.shape);
    const training = kwargs?.['training'] && this.trainableWeights.length > 0;
    const tape = training ? recordingTape() : undefined;
    if (tape && this.isTranscoder) throw noTarget(this.where);
    return tf.tidy(() =>
      inLeadingDims(x, (rows) => {
        if (tape === undefined) {
          const frame = frameOf(this, rows);
          const { codes } = encoding(this, into(frame, rows));
          if (this.returns === 'codes') return codes;
          const decoded = outOf(frame, decoding(this, codes));
          const skipped = skipping(this, rows);
          return skipped ? tf.add(decoded, skipped) : decoded;
        }
        if (this.normalize === 'mean-norm') this.writeStates({ [SCALE]: scaleAfter(this, rows) });
        const { output, loss } = this.trainingCall(rows, (codes) => {
          // It is not known here whether the step will be finite.
          this.writeStates(this.statesAfter(codes));
        });
        this.ownLosses.add(loss, x, tape);
        this.expectUpdate();
        return output;
      }),
    );
  }

  /**
   * Applies the layer to rows, or to a symbolic tensor of a model under construction.
   *
   * @param inputs the rows `[batch, ..., inputDim]`, as a tensor or a symbolic one
   * @param kwargs passed to `call`, from tfjs
   * @returns for a tensor, the result of `call`; for a symbolic tensor, another symbolic tensor
   * @throws SAE_SHAPE or SAE_DATA for input of another form, or several inputs.
   */
  override apply(inputs: Applied, kwargs?: Kwargs): Applied {
    this.assertNotDisposed();
    const given: unknown[] = Array.isArray(inputs) ? inputs : [inputs];
    if (given.length !== 1) throw wrongInputs(this.where, given.length);
    const [x] = given;
    if (!(x instanceof SymbolicTensor))
      assertRows(this.where, x, this.built ? this.inputDim : null);
    else this.checkedShape(x.shape);
    return super.apply(inputs, kwargs);
  }

  /**
   * Returns the mask of the output, which is the mask of the input. tfjs calls it after `call`.
   * Masked rows are computed like all others, but do not count in the layer's own loss.
   *
   * @param inputs what `call` was given
   * @param mask true for the places that count, `[batch]` or `[batch, steps]`; or none
   */
  override computeMask(
    inputs: tf.Tensor | tf.Tensor[],
    mask?: tf.Tensor | tf.Tensor[],
  ): tf.Tensor | tf.Tensor[] {
    const [x, given] = [inputs, mask].map((t) => (Array.isArray(t) ? t[0] : t));
    if (x && given) {
      this.ownLosses.maskLast(x, given, (rows) => this.trainingCall(rows).loss);
    }
    return super.computeMask(inputs, mask);
  }

  private trainingCall(rows: tf.Tensor2D, onCodes?: (codes: tf.Tensor2D) => void) {
    const weights = this.trainableWeights.map((w) => w.read());
    const frame = frameOf(this, rows);
    const seen = into(frame, rows);
    const { output, loss } = trainingCall(this, seen, this.returns, weights, onCodes);
    return { output: this.returns === 'codes' ? output : outOf(frame, output), loss };
  }

  /**
   * Returns the options by name, without the weights: what `fromConfig` rebuilds the layer from.
   */
  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...super.getConfig(),
      encodingDim: this.encodingDim,
      returns: this.returns,
      ...this.ownConfig,
      ...(this.seed === undefined ? {} : { seed: this.seed }),
    };
  }

  /**
   * Makes a layer from the result of `getConfig`; tfjs calls it when it loads a model.
   *
   * @typeParam T the layer's class
   * @param cls the layer's class
   * @param config its options
   * @throws SAE_OPTION for invalid options, like the constructor.
   */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { customObjects: _, ...args } = config;
    return new cls(args);
  }

  /**
   * Disposes the weights, and whatever it holds of an interrupted training. Disposing twice is
   * harmless.
   */
  override dispose(): ReturnType<layers.Layer['dispose']> {
    this.ownLosses.dispose();
    return super.dispose();
  }

  private checkedShape(inputShape: Shape | Shape[]): Shape {
    return rowsShape(this.where, inputShape, this.built ? this.inputDim : null);
  }
}

handOverAllSteps(
  (layer) =>
    layer instanceof SparseAutoencoderLayer ||
    (layer as { sae?: unknown }).sae instanceof SparseAutoencoderLayer,
);
tellOfKerasLayers();
