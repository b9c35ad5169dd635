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
  readonly terms: readonly Term[];
  activate(p: tf.Tensor2D, training: boolean): Activation;
  differentiate(saved: Saved, d: ActivationGradient): ProductGradient;
  /** The value of a weight; it stays the layer's. */
  read<T extends tf.Tensor>(name: string): T;
}

/**
 * The encoder's products: the rows less `b_dec`, times the encoder's matrix.
 *
 * @param x `[batch, inputDim]`
 * @returns `xc [batch, inputDim]` and `p [batch, features]`; the caller disposes both.
 */
function products(layer: Mathematics, x: tf.Tensor2D) {
  const xc = tf.sub<tf.Tensor2D>(x, layer.read('b_dec')); // [batch, inputDim]
  return { xc, p: matMul(xc, layer.read(layer.encoder.matrix)) }; // [batch, features]
}

/** Rows `[batch, inputDim]` of codes: `codes · W_dec + b_dec`; the caller disposes them. */
export function decoding(layer: Pick<Mathematics, 'read'>, codes: tf.Tensor2D): tf.Tensor2D {
  return tf.add(matMul(codes, layer.read('W_dec')), layer.read('b_dec'));
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
 * @param target what the reconstructions are to be, `[batch, inputDim]`: the rows themselves
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
  const [xHat, xHatSecond] = (second ? tf.split(decoded, 2) : [decoded]) as tf.Tensor2D[];
  const error = tf.sub<tf.Tensor2D>(xHat as tf.Tensor2D, target); // [batch, inputDim]
  const secondError = xHatSecond && tf.sub<tf.Tensor2D>(xHatSecond, target); // [batch, inputDim]

  const sums = [...penalties];
  const termOf = ({ of }: Term): tf.Scalar => {
    if (of === 'penalty') return meanRowSum(sums.shift() as tf.Tensor2D);
    return meanRowSum(tf.square((of === 'second' ? secondError : error) as tf.Tensor2D));
  };
  const values = layer.terms.map(termOf);
  const terms = Object.fromEntries(
    layer.terms.map(({ name }, i) => [name, values[i] as tf.Scalar]),
  );
  const weighted = layer.terms.map(({ weight }, i) => tf.mul(values[i] as tf.Scalar, weight));
  const loss = tf.addN<tf.Scalar>(weighted as tf.Scalar[]);
  const kept = { xc, codes, error, ...(secondError && { secondError }) };
  return {
    ...{ codes, reconstruction: xHat as tf.Tensor2D, loss, terms },
    saved: { ...saved, ...kept },
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
  const { xc, codes, error, secondError } = saved;
  const scale = tf.div<tf.Scalar>(dLoss, error.shape[0]); // the loss is a mean over the batch
  const weightOf = (kind: Term['of']) => layer.terms.find(({ of }) => of === kind)?.weight ?? 0;

  const dError = (e: tf.Tensor2D, of: Term['of']) =>
    tf.mul<tf.Tensor2D>(e, tf.mul(scale, 2 * weightOf(of))); // [batch, inputDim]
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
    penalties: penalties.map(({ weight }) => tf.mul(scale, weight)),
  });

  const { matrix } = layer.encoder;
  const w = layer.read<tf.Tensor2D>(matrix); // [inputDim, features]
  // b_dec is in the reconstruction and, with its sign turned, in xc.
  const dXc = tf.reshape(matMul(w, tf.reshape(dPSum, [-1, 1])), [-1]); // [inputDim]
  return {
    weights: {
      ...vectors,
      [matrix]: matMul(xc, dP, true), // [inputDim, features]
      W_dec: matMul(codes, dXHat, true), // [features, inputDim]
      b_dec: tf.sub(tf.sum(dXHat, 0), dXc), // [inputDim]
    },
    input: () => {
      const dX = tf.sub<tf.Tensor2D>(matMul(dP, w, false, true), dTarget);
      return dSecond ? tf.sub(dX, dSecond) : dX;
    },
  };
}
