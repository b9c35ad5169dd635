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

/** What tfjs hands a layer's `call` besides its input: whether a training is going on. */
export type Kwargs = Parameters<layers.Layer['call']>[1];

/** Tensors, or what stands for them in a model that is being made: what a layer takes and gives. */
type Applied = ReturnType<layers.Layer['apply']>;

/**
 * What every architecture is: a tfjs layer with an encoder, a linear decoder with unit rows, a
 * loss of its own, and that loss's gradient written out. With `outputDim` or `skip` it is a transcoder,
 * whose target is not its input.
 *
 * An architecture names its encoder's weights and the terms of its loss, and gives `activate` and
 * `differentiate`: what a pair of a row and a feature is. All else is here. In somebody's model it works as any layer does: under `model.fit`
 * it adds its loss, hands the gradient on to its input, and keeps its decoder rows at norm 1.
 * With `trainable = false` it is a fixed dictionary that adds nothing.
 *
 * @typeParam Options the options that are the architecture's own: λ and the like
 * @typeParam Own what its `activate` keeps for its `differentiate`, by name
 * @typeParam Details what its `encodeDetailed` shows beside the codes, by name
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
   * Checks the options; the weights are made when the layer first sees the width of its input.
   *
   * @param args every layer's options and the architecture's own
   * @param rules what the architecture's own options take, and their defaults
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

  // ── what it computes ───────────────────────────────────────────────────────────────────────

  /**
   * The sparse codes of rows. Unlike a model's own `encode` it lets NaN through.
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
   * The codes of rows, and how the encoder came to them. In differentiable operations.
   *
   * @param x `[batch, inputDim]`, float32
   * @returns tensors `[batch, features]` by name, `codes` among them; the caller disposes them.
   */
  encodeDetailed(x: tf.Tensor2D): Encoding<Details> {
    return tf.tidy(() => encoding(this, into(frameOf(this, x), x))) as Encoding<Details>;
  }

  /**
   * Rows from codes: `codes · W_dec + b_dec`. The skip connection is not of codes and not in it, and
   * where each row is normalised by itself, neither is the way back, which is the row's.
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
   * Codes, reconstruction and loss of rows, all of them normalised.
   *
   * @param x the rows, `[batch, inputDim]`
   * @param target what the reconstructions are to be, `[batch, outputDim]`: an autoencoder's rows themselves
   * @param training whether a step follows; false by default
   * @returns all of the pass; the caller disposes it, best by calling from within `tf.tidy`.
   * @internal
   */
  forward(x: tf.Tensor2D, target: tf.Tensor2D, training = false): Pass {
    return forward(this, x, target, training);
  }

  /**
   * The gradients of one pass, from what it saved.
   *
   * @param saved what `forward` has kept
   * @param upstream what comes back from behind the layer
   * @returns the gradients; the caller disposes them, best by calling from within `tf.tidy`.
   * @internal
   */
  backward(saved: Saved, upstream: Upstream): Gradients {
    return backward(this, saved, upstream);
  }

  /**
   * One gradient for each trainable weight, in the order of `trainableWeights`, as an optimizer is to have
   * it: that of the decoder's rows across them, where it is to be so.
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

  // ── what tfjs-layers asks for ──────────────────────────────────────────────────────────────

  /**
   * Makes the weights, once the width of the input is known, and gives them the values of the
   * option `weights`, if any; tfjs calls it.
   *
   * @param inputShape `[batch, ..., inputDim]`
   * @throws SAE_SHAPE for input without a width, or `weights` of other shapes; SAE_OPTION where a
   * matrix of that size cannot be.
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
    // tfjs sets them after `build` only where it calls `apply`: a wrapper around the layer does not.
    const given = this as unknown as { initialWeights: tf.Tensor[] | null };
    if (given.initialWeights) this.setWeights(given.initialWeights);
    given.initialWeights = null;
  }

  /**
   * The shape of what the layer hands on.
   *
   * @param inputShape `[batch, ..., inputDim]`
   * @returns the same with `outputDim` for `inputDim`, or with `features` where the layer hands on codes
   * @throws SAE_SHAPE for input of another form.
   */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = this.checkedShape(inputShape);
    const output = this.outputWidth ?? (shape.at(-1) as number);
    return [...shape.slice(0, -1), this.returns === 'codes' ? this.encodingDim : output];
  }

  /**
   * What the layer hands on; while a model trains it, it also adds its own loss.
   *
   * @param inputs the rows, `[batch, ..., inputDim]`
   * @param kwargs whether a training is going on, from tfjs
   * @returns `[batch, ..., outputDim]`, or codes `[batch, ..., features]`; the caller disposes it.
   * @throws SAE_SHAPE for input of another form; SAE_STATE for a transcoder that a model is to train,
   * whose target is not there.
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
          // Nobody knows here whether the step will be finite.
          this.writeStates(this.statesAfter(codes));
        });
        this.ownLosses.add(loss, x, tape);
        this.expectUpdate();
        return output;
      }),
    );
  }

  /**
   * Applies the layer to rows, or to what stands for them in a model that is being made.
   *
   * @param inputs the rows `[batch, ..., inputDim]`, as a tensor or a symbolic one
   * @param kwargs what `call` is to be told, from tfjs
   * @returns what `call` does of a tensor; of a symbolic one another
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
   * The mask of what the layer hands on: that of its input. tfjs calls it after `call`; masked rows
   * are computed as all others are, but do not count in the layer's own loss.
   *
   * @param inputs what `call` was given
   * @param mask true for what counts, `[batch]` or `[batch, steps]`; or none
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

  /** What `fromConfig` makes the layer anew with, without its weights: its options by their names. */
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
   * A layer from what `getConfig` gave; tfjs calls it when it loads a model.
   *
   * @typeParam T the layer's class
   * @param cls the layer's class
   * @param config its options
   * @throws SAE_OPTION for options that are none, as its constructor does.
   */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { customObjects: _, ...args } = config;
    return new cls(args);
  }

  /**
   * Gives up the weights, and what it holds of a training that was broken off. What is disposed
   * already stays so.
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
