import * as tf from '@tensorflow/tfjs-core';
import { matMul } from '../math/matMul';
import type { ArchitectureLayer } from './architectureLayer';
import type { Encoding, Gradients, Pass, Saved, Term, Upstream } from './contract';
import { nestedDecodings, nestedGradients } from './nested';
import { revive, withRevival } from './revival';

type Layer = ArchitectureLayer<object, tf.NamedTensorMap, tf.NamedTensorMap>;

/**
 * Returns the encoder's products: the rows, minus `b_dec` if they are centred, times the encoder's
 * matrix.
 *
 * @param x `[batch, inputDim]`
 * @returns `xc [batch, inputDim]` and `p [batch, features]`; the caller disposes both.
 */
function products(layer: Layer, x: tf.Tensor2D) {
  const xc = layer.centred ? tf.sub<tf.Tensor2D>(x, layer.read('b_dec')) : tf.clone(x);
  return { xc, p: matMul(xc, layer.read(layer.encoder.matrix)) }; // [batch, features]
}

/**
 * Returns rows `[batch, outputDim]` from codes: `codes · W_dec + b_dec`; the caller disposes them.
 */
export function decoding(layer: Pick<Layer, 'read'>, codes: tf.Tensor2D): tf.Tensor2D {
  return tf.add(matMul(codes, layer.read('W_dec')), layer.read('b_dec'));
}

/**
 * Returns the skip connection's output `x · W_skip`, `[batch, outputDim]`; undefined without one.
 */
export function skipping(
  layer: Pick<Layer, 'read' | 'skip'>,
  x: tf.Tensor2D,
): tf.Tensor2D | undefined {
  return layer.skip ? matMul(x, layer.read('W_skip')) : undefined;
}

/** Returns the norm of each decoder row, `[features]`; the caller disposes it. */
export const decoderNorms = (layer: Pick<Layer, 'read'>): tf.Tensor1D =>
  tf.norm(layer.read('W_dec'), 2, 1) as tf.Tensor1D;

/**
 * Returns the derivative with respect to W_dec of its rows' norms, each times a number
 * `[features]`; 0 for rows of zeros.
 */
function byNorms(layer: Pick<Layer, 'read'>, numbers: tf.Tensor1D): tf.Tensor2D {
  const perNorm = tf.divNoNan(numbers, decoderNorms(layer)); // [features]
  return tf.mul(layer.read('W_dec'), tf.expandDims(perNorm, 1)); // [features, outputDim]
}

/**
 * Returns codes of rows and the encoder's intermediate values, by name; the caller disposes them.
 */
export function encoding(layer: Layer, x: tf.Tensor2D): Encoding {
  return tf.tidy(() => {
    const { codes, details } = layer.activate(products(layer, x).p, false);
    return { codes, ...details };
  });
}

/**
 * Returns codes, reconstruction and loss of rows: centring, product, activation, decoder, errors,
 * terms.
 *
 * @param x the rows, `[batch, inputDim]`
 * @param target what the reconstructions should be, `[batch, outputDim]`: for an autoencoder, the
 *   rows themselves
 * @param training whether a step follows
 * @returns the whole pass; the caller disposes it, best by calling from within `tf.tidy`.
 */
export function forward(
  layer: Layer,
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  training: boolean,
): Pass {
  const { xc, p } = products(layer, x);
  const { codes, second, penalties, saved } = layer.activate(p, training);
  const prefixes = training ? layer.trainedPrefixes : layer.prefixes;
  const { xHat, xHatSecond, smaller } = decodings(layer, codes, prefixes, second);
  const skipped = skipping(layer, x);
  // The part left to the dictionary: the skip connection is added to every reconstruction.
  const wanted = skipped ? tf.sub<tf.Tensor2D>(target, skipped) : target; // [batch, outputDim]
  const error = tf.sub<tf.Tensor2D>(xHat, wanted); // [batch, outputDim]
  const secondError = xHatSecond && tf.sub<tf.Tensor2D>(xHatSecond, wanted); // [batch, outputDim]
  const nestedErrors =
    smaller.length > 0 && tf.concat<tf.Tensor2D>(smaller.map((each) => tf.sub(each, wanted)));
  const dead = training ? layer.dead() : undefined; // [features]
  const { auxK } = layer.revival;
  const revived = dead && auxK > 0 && revive(layer, p, error, dead, auxK);

  const sums = [...penalties];
  const weighed: tf.Tensor1D[] = [];
  const penaltyOf = ({ byDecoderNorm, weight }: Term): tf.Scalar => {
    const sum = sums.shift() as tf.Tensor2D;
    if (!byDecoderNorm) return meanRowSum(sum);
    weighed.push(tf.mul(tf.sum(sum, 0), weight)); // [features]
    return meanRowSum(tf.mul<tf.Tensor2D>(sum, decoderNorms(layer)));
  };
  const batch = target.shape[0];
  const squares = (errors: tf.Tensor2D) =>
    tf.div<tf.Scalar>(tf.sum(tf.sum(tf.square(errors), 1)), batch);
  const partOf: Readonly<Record<Term['of'], (term: Term) => tf.Scalar>> = {
    penalty: penaltyOf,
    dead: penaltyOf,
    second: () => meanRowSum(tf.square(secondError as tf.Tensor2D)),
    reconstruction: () => {
      const whole = meanRowSum(tf.square(error));
      return nestedErrors ? tf.add(whole, squares(nestedErrors)) : whole;
    },
    revival: () =>
      revived ? tf.mul(squares(revived.revivalError), revived.revivalScale) : tf.scalar(0),
  };
  const { lossTerms } = layer;
  const values = lossTerms.map((term) => partOf[term.of](term));
  const terms = Object.fromEntries(lossTerms.map(({ name }, i) => [name, values[i] as tf.Scalar]));
  const weighted = lossTerms.map(({ weight }, i) => tf.mul(values[i] as tf.Scalar, weight));
  const loss = tf.addN<tf.Scalar>(weighted as tf.Scalar[]);
  const kept = { xc, codes, error, ...(secondError && { secondError }) };
  const trainsDecoder = lossTerms.some((term) => term.trainsDecoder);
  const more = {
    ...(second && trainsDecoder && { second }),
    ...(weighed.length > 0 && { penaltySums: tf.addN<tf.Tensor1D>(weighed) }),
    ...(nestedErrors && { nestedErrors }),
    ...revived,
  };
  return {
    ...{ codes, reconstruction: skipped ? tf.add(xHat, skipped) : xHat, loss, terms },
    saved: { ...saved, ...kept, ...more },
  };
}

/**
 * Returns the mean over the rows of each row's sum, which every term of a loss is; the caller
 * disposes it.
 */
const meanRowSum = (x: tf.Tensor2D): tf.Scalar => tf.tidy(() => tf.mean(tf.sum(x, 1)));

/** A value for the codes, and one for those of a second reconstruction. */
type Halves = [tf.Tensor2D, tf.Tensor2D?];

/**
 * Returns the reconstruction of the codes, of the second codes, and of smaller nested dictionaries.
 */
function decodings(
  layer: Layer,
  codes: tf.Tensor2D,
  prefixes: readonly number[] | undefined,
  second?: tf.Tensor2D,
) {
  if (prefixes) {
    const all = nestedDecodings(codes, layer.read('W_dec'), layer.read('b_dec'), prefixes);
    return { xHat: all.pop() as tf.Tensor2D, smaller: all };
  }
  // Both reconstructions go through the decoder in one product.
  const decoded = decoding(layer, second ? tf.concat([codes, second]) : codes);
  const [xHat, xHatSecond] = (second ? tf.split(decoded, 2) : [decoded]) as Halves;
  return { xHat, xHatSecond, smaller: [] };
}

/**
 * Returns the gradient of that loss, written out, with fewer products than autodiff.
 *
 * @param saved what the forward pass kept
 * @param upstream the derivatives from the layers after this one
 * @returns the gradients; the caller disposes them, best by calling from within `tf.tidy`.
 */
export function backward(
  layer: Layer,
  saved: Saved,
  { dLoss, dReconstruction, dCodes, prefixes: passed }: Upstream,
): Gradients {
  const { xc, codes, error, secondError, second, penaltySums, nestedErrors } = saved;
  const { revived, revivalError, revivalScale } = saved;
  const scale = tf.div<tf.Scalar>(dLoss, error.shape[0]); // the loss is a mean over the batch
  const weightOf = (kind: Term['of']) => layer.lossTerms.find(({ of }) => of === kind)?.weight ?? 0;

  const dError = (e: tf.Tensor2D, of: Term['of']) =>
    tf.mul<tf.Tensor2D>(e, tf.mul(scale, 2 * weightOf(of))); // [batch, outputDim]
  const dTarget = dError(error, 'reconstruction');
  const dXHat = dReconstruction ? tf.add<tf.Tensor2D>(dTarget, dReconstruction) : dTarget;
  const dSecond = secondError && dError(secondError, 'second');
  const dNested = nestedErrors && dError(nestedErrors, 'reconstruction');
  const prefixes = nestedErrors && (passed ?? layer.trainedPrefixes);
  const d = { dXHat, dSecond, dNested, prefixes };
  const { dF, dSecondCodes, dWDec, dSum } = decodingGradients(layer, codes, second, d);
  const penalties = layer.lossTerms.filter(({ of }) => of === 'penalty' || of === 'dead');
  const ofCodes = layer.differentiate(saved, {
    codes: dCodes ? tf.add(dF, dCodes) : dF,
    second: dSecondCodes,
    penalties: penalties.map(({ weight, byDecoderNorm }) =>
      tf.mul(scale, byDecoderNorm ? tf.mul(decoderNorms(layer), weight) : weight),
    ),
  });
  const norms = [ofCodes.norms, penaltySums && tf.mul<tf.Tensor1D>(penaltySums, scale)];
  const ofNorms = norms.filter((one) => one !== undefined).map((one) => byNorms(layer, one));

  const awake = {
    ...ofCodes,
    dWDec: ofNorms.length > 0 ? tf.addN<tf.Tensor2D>([dWDec, ...ofNorms]) : dWDec,
  };
  const { dP, dPSum, vectors, ...decoder } =
    revived && revivalError && revivalScale
      ? withRevival(
          layer,
          awake,
          { revived, revivalError, revivalScale },
          tf.mul(scale, weightOf('revival')),
        )
      : awake;

  const { matrix } = layer.encoder;
  const w = layer.read<tf.Tensor2D>(matrix); // [inputDim, features]
  const dBias = tf.sum<tf.Tensor1D>(dSum, 0); // [outputDim]
  // If rows are centred, b_dec is in xc too, with a negative sign.
  const dXc = () => tf.reshape(matMul(w, tf.reshape(dPSum, [-1, 1])), [-1]); // [inputDim]
  return {
    weights: {
      ...vectors,
      [matrix]: matMul(xc, dP, true), // [inputDim, features]
      W_dec: decoder.dWDec, // [features, outputDim]
      b_dec: layer.centred ? tf.sub(dBias, dXc()) : dBias, // [outputDim]
      ...(layer.skip && { W_skip: matMul(xc, dSum, true) }), // [inputDim, outputDim]
    },
    input: () => {
      const dX = tf.sub<tf.Tensor2D>(matMul(dP, w, false, true), dTarget);
      const others = [
        dSecond,
        ...(dNested ? tf.split(dNested, dNested.shape[0] / error.shape[0]) : []),
      ];
      return others.reduce<tf.Tensor2D>((sum, other) => (other ? tf.sub(sum, other) : sum), dX);
    },
  };
}

/**
 * Returns the derivatives with respect to the codes `[batch, features]`, to those of the second
 * reconstruction and to W_dec, and the tensor `[batch, inputDim]` whose sum is the derivative of
 * b_dec.
 *
 * @param second the codes of the second reconstruction, if the decoder gets a gradient from them
 * @param d the derivatives with respect to the reconstructions: of all features, of the second one,
 *   and of smaller dictionaries, stacked, with their numbers of features
 */
function decodingGradients(
  layer: Layer,
  codes: tf.Tensor2D,
  second: tf.Tensor2D | undefined,
  d: {
    dXHat: tf.Tensor2D;
    dSecond?: tf.Tensor2D;
    dNested?: tf.Tensor2D;
    prefixes?: readonly number[] | undefined;
  },
) {
  const { dXHat, dSecond, dNested, prefixes } = d;
  const wDec = layer.read<tf.Tensor2D>('W_dec');
  if (prefixes) {
    const smaller = dNested ? tf.split<tf.Tensor2D>(dNested, prefixes.length - 1) : [];
    const { dCodes, dWDec, dSum } = nestedGradients(codes, wDec, [...smaller, dXHat], prefixes);
    return { dF: dCodes, dSecondCodes: undefined, dWDec, dSum };
  }
  const back = dSecond ? tf.concat<tf.Tensor2D>([dXHat, dSecond]) : dXHat;
  const dBoth = matMul(back, wDec, false, true);
  const [dF, dSecondCodes] = (dSecond ? tf.split(dBoth, 2) : [dBoth]) as Halves;
  // If the second reconstruction trains the decoder, it has decoded twice as many rows.
  const trained =
    second && dSecond
      ? {
          dWDec: matMul(tf.concat<tf.Tensor2D>([codes, second]), back, true),
          dSum: tf.add<tf.Tensor2D>(dXHat, dSecond),
        }
      : { dWDec: matMul(codes, dXHat, true), dSum: dXHat };
  return { dF, dSecondCodes, ...trained };
}
