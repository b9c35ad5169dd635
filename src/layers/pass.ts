import * as tf from '@tensorflow/tfjs-core';
import { matMul } from '../math/matMul';
import { meanRowSum } from '../math/meanRowSum';
import type {
  Activation,
  ActivationGradient,
  EncoderSpec,
  Encoding,
  Gradients,
  Pass,
  ProductGradient,
  Saved,
  Term,
  Upstream,
} from './contract';

/** What is an architecture's own in a pass, with its weights. */
export interface Mathematics {
  readonly encoder: EncoderSpec;
  /** Whether its target is something else than its input: then `b_dec` is not the input's centre. */
  readonly isTranscoder: boolean;
  /** Whether `x · W_skip` is part of the reconstruction. */
  readonly skip: boolean;
  readonly terms: readonly Term[];
  activate(p: tf.Tensor2D, training: boolean): Activation;
  differentiate(saved: Saved, d: ActivationGradient): ProductGradient;
  /** The value of a weight; it stays the layer's. */
  read<T extends tf.Tensor>(name: string): T;
}

/**
 * The encoder's products: the rows, an autoencoder's less `b_dec`, times the encoder's matrix.
 *
 * @param x `[batch, inputDim]`
 * @returns `xc [batch, inputDim]` and `p [batch, features]`; the caller disposes both.
 */
function products(layer: Mathematics, x: tf.Tensor2D) {
  const xc = layer.isTranscoder ? tf.clone(x) : tf.sub<tf.Tensor2D>(x, layer.read('b_dec'));
  return { xc, p: matMul(xc, layer.read(layer.encoder.matrix)) }; // [batch, features]
}

/** Rows `[batch, outputDim]` of codes: `codes · W_dec + b_dec`; the caller disposes them. */
export function decoding(layer: Pick<Mathematics, 'read'>, codes: tf.Tensor2D): tf.Tensor2D {
  return tf.add(matMul(codes, layer.read('W_dec')), layer.read('b_dec'));
}

/** What the skip connection makes of rows: `x · W_skip`, `[batch, outputDim]`; undefined without one. */
export function skipping(
  layer: Pick<Mathematics, 'read' | 'skip'>,
  x: tf.Tensor2D,
): tf.Tensor2D | undefined {
  return layer.skip ? matMul(x, layer.read('W_skip')) : undefined;
}

/** The norm of each decoder row, `[features]`; the caller disposes it. */
const decoderNorms = (layer: Pick<Mathematics, 'read'>): tf.Tensor1D =>
  tf.norm(layer.read('W_dec'), 2, 1) as tf.Tensor1D;

/** The derivative by W_dec of its rows' norms, each times a number `[features]`; 0 for rows of zeros. */
function byNorms(layer: Pick<Mathematics, 'read'>, numbers: tf.Tensor1D): tf.Tensor {
  const perNorm = tf.divNoNan(numbers, decoderNorms(layer)); // [features]
  return tf.mul(layer.read('W_dec'), tf.expandDims(perNorm, 1)); // [features, outputDim]
}

/** Codes of rows, and how the encoder came to them, by name; the caller disposes them. */
export function encoding(layer: Mathematics, x: tf.Tensor2D): Encoding {
  return tf.tidy(() => {
    const { codes, details } = layer.activate(products(layer, x).p, false);
    return { codes, ...details };
  });
}

/**
 * Codes, reconstruction and loss of rows: centre, product, activation, decoder, errors, terms.
 *
 * @param x the rows, `[batch, inputDim]`
 * @param target what the reconstructions are to be, `[batch, outputDim]`: an autoencoder's rows themselves
 * @param training whether a step follows
 * @returns all of the pass; the caller disposes it, best by calling from within `tf.tidy`.
 */
export function forward(
  layer: Mathematics,
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  training: boolean,
): Pass {
  const { xc, p } = products(layer, x);
  const { codes, second, penalties, saved } = layer.activate(p, training);
  // Both reconstructions go through the decoder in one product.
  const decoded = decoding(layer, second ? tf.concat([codes, second]) : codes);
  const [xHat, xHatSecond] = (second ? tf.split(decoded, 2) : [decoded]) as [
    tf.Tensor2D,
    tf.Tensor2D?,
  ];
  const skipped = skipping(layer, x);
  // What is left to the dictionary: every reconstruction has the skip connection beside it.
  const wanted = skipped ? tf.sub<tf.Tensor2D>(target, skipped) : target; // [batch, outputDim]
  const error = tf.sub<tf.Tensor2D>(xHat, wanted); // [batch, outputDim]
  const secondError = xHatSecond && tf.sub<tf.Tensor2D>(xHatSecond, wanted); // [batch, outputDim]

  const sums = [...penalties];
  let penaltySums: tf.Tensor1D | undefined;
  const penaltyOf = ({ byDecoderNorm }: Term): tf.Scalar => {
    const sum = sums.shift() as tf.Tensor2D;
    if (!byDecoderNorm) return meanRowSum(sum);
    penaltySums = tf.sum<tf.Tensor1D>(sum, 0); // [features]
    return meanRowSum(tf.mul<tf.Tensor2D>(sum, decoderNorms(layer)));
  };
  const termOf = (term: Term): tf.Scalar => {
    const { of } = term;
    if (of === 'penalty') return penaltyOf(term);
    return meanRowSum(tf.square((of === 'second' ? secondError : error) as tf.Tensor2D));
  };
  const values = layer.terms.map(termOf);
  const terms = Object.fromEntries(
    layer.terms.map(({ name }, i) => [name, values[i] as tf.Scalar]),
  );
  const weighted = layer.terms.map(({ weight }, i) => tf.mul(values[i] as tf.Scalar, weight));
  const loss = tf.addN<tf.Scalar>(weighted as tf.Scalar[]);
  const kept = { xc, codes, error, ...(secondError && { secondError }) };
  const trainsDecoder = layer.terms.some((term) => term.trainsDecoder);
  const ofDecoder = {
    ...(second && trainsDecoder && { second }),
    ...(penaltySums && { penaltySums }),
  };
  return {
    ...{ codes, reconstruction: skipped ? tf.add(xHat, skipped) : xHat, loss, terms },
    saved: { ...saved, ...kept, ...ofDecoder },
  };
}

/**
 * The gradient of that loss, written out: fewer products than autodiff's.
 *
 * @param saved what the forward pass has kept
 * @param upstream what comes back from behind the layer
 * @returns the gradients; the caller disposes them, best by calling from within `tf.tidy`.
 */
export function backward(
  layer: Mathematics,
  saved: Saved,
  { dLoss, dReconstruction, dCodes }: Upstream,
): Gradients {
  const { xc, codes, error, secondError, second, penaltySums } = saved;
  const scale = tf.div<tf.Scalar>(dLoss, error.shape[0]); // the loss is a mean over the batch
  const weightOf = (kind: Term['of']) => layer.terms.find(({ of }) => of === kind)?.weight ?? 0;

  const dError = (e: tf.Tensor2D, of: Term['of']) =>
    tf.mul<tf.Tensor2D>(e, tf.mul(scale, 2 * weightOf(of))); // [batch, outputDim]
  const dTarget = dError(error, 'reconstruction');
  const dXHat = dReconstruction ? tf.add<tf.Tensor2D>(dTarget, dReconstruction) : dTarget;
  const dSecond = secondError && dError(secondError, 'second');
  const back = dSecond ? tf.concat<tf.Tensor2D>([dXHat, dSecond]) : dXHat;
  const dBoth = matMul(back, layer.read('W_dec'), false, true);
  const [dFromXHat, dSecondCodes] = (dSecond ? tf.split(dBoth, 2) : [dBoth]) as tf.Tensor2D[];
  const dF = dFromXHat as tf.Tensor2D; // [batch, features]
  const penalties = layer.terms.filter(({ of }) => of === 'penalty');
  const { dP, dPSum, vectors } = layer.differentiate(saved, {
    codes: dCodes ? tf.add(dF, dCodes) : dF,
    second: dSecondCodes,
    penalties: penalties.map(({ weight, byDecoderNorm }) =>
      tf.mul(scale, byDecoderNorm ? tf.mul(decoderNorms(layer), weight) : weight),
    ),
  });
  const ofNorms =
    penaltySums && tf.mul<tf.Tensor1D>(penaltySums, tf.mul(scale, weightOf('penalty')));

  // Where the second reconstruction trains the decoder, that has decoded twice as many rows.
  const trains = second && dSecond;
  const dOutput = trains ? tf.add<tf.Tensor2D>(dXHat, dSecond) : dXHat; // [batch, outputDim]
  const dWDec = trains
    ? matMul(tf.concat<tf.Tensor2D>([codes, second]), back, true)
    : matMul(codes, dXHat, true); // [features, outputDim]

  const { matrix } = layer.encoder;
  const w = layer.read<tf.Tensor2D>(matrix); // [inputDim, features]
  const dBias = tf.sum<tf.Tensor1D>(dOutput, 0); // [outputDim]
  // An autoencoder's b_dec is in xc too, with its sign turned.
  const dXc = () => tf.reshape(matMul(w, tf.reshape(dPSum, [-1, 1])), [-1]); // [inputDim]
  return {
    weights: {
      ...vectors,
      [matrix]: matMul(xc, dP, true), // [inputDim, features]
      W_dec: ofNorms ? tf.add(dWDec, byNorms(layer, ofNorms)) : dWDec, // [features, outputDim]
      b_dec: layer.isTranscoder ? dBias : tf.sub(dBias, dXc()), // [outputDim]
      ...(layer.skip && { W_skip: matMul(xc, dOutput, true) }), // [inputDim, outputDim]
    },
    input: () => {
      const dX = tf.sub<tf.Tensor2D>(matMul(dP, w, false, true), dTarget);
      return dSecond ? tf.sub(dX, dSecond) : dX;
    },
  };
}
