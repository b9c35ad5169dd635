import { wrongOption } from '../errors';
import { flag, integer, oneOf, optional, positiveInteger, type Rules } from '../options';
import { type Normalization, normalizeRule } from './normalization';
import { REVIVAL_RULES, type Revival } from './revival';

/** Options of every dictionary, as a layer and as a model. */
export interface DictionaryOptions extends Partial<Revival> {
  /**
   * Number of features in the dictionary, usually several times `inputDim`. Python: `encoding_dim`.
   */
  encodingDim: number;
  /**
   * Width of the reconstructions; by default that of the rows. If it is given, even with the same
   * value, the dictionary is a transcoder: every row needs a target, and `b_dec` is not subtracted
   * from the input. Without it, rows are their own target. Python: `output_dim`.
   */
  outputDim?: number;
  /**
   * Whether to add `x · W_skip` to the reconstruction, with a matrix that starts at zero, so that
   * features only have to represent what is not linear in the input; false by default. It makes the
   * dictionary a transcoder, of width `inputDim` if there is no `outputDim`.
   */
  skip?: boolean;
  /**
   * How rows are normalized before they are encoded; reconstructions are scaled back. Training's
   * losses, and the explained variance that it logs, refer to normalized rows. `'none'` by default,
   * and always for a transcoder.
   */
  normalize?: Normalization;
  /**
   * Whether an autoencoder subtracts `b_dec` from its rows before encoding them; true by default,
   * and always false for a transcoder. SAELens: `apply_b_dec_to_input`.
   */
  centred?: boolean;
  /** An integer that makes the initial weights reproducible; random by default. */
  seed?: number;
  /**
   * Whether each row of `W_dec` is rescaled to norm 1 after every step, `'unit'`, or is `'free'`;
   * by default as the architecture defines it. Python: `decoder_rows`.
   */
  decoderRows?: 'unit' | 'free';
  /**
   * Whether the gradient of each row of `W_dec` loses its component along the row, which unit rows
   * cannot follow, before it is clipped; false by default. Python: `project_gradient`.
   */
  projectGradient?: boolean;
  /**
   * Whether the encoder's matrix starts from Glorot's uniform distribution, `'glorot'`, the
   * default, or as the transpose of the decoder's, whose rows then have norm 1 from the start:
   * `'decoder'`. Only for autoencoders. Python has no such option, since its weights exist by then.
   */
  encoderStart?: 'glorot' | 'decoder';
}

export const DICTIONARY_RULES: Rules<DictionaryOptions> = {
  encodingDim: positiveInteger(),
  outputDim: optional(positiveInteger()),
  skip: flag(false),
  normalize: normalizeRule,
  centred: flag(true),
  seed: optional(integer),
  ...REVIVAL_RULES,
  decoderRows: optional(oneOf<'unit' | 'free'>(['unit', 'free'])),
  projectGradient: flag(false),
  encoderStart: oneOf<'glorot' | 'decoder'>(['glorot', 'decoder'], 'glorot'),
};

/** The user's options for decoder rows. */
export type DecoderOptions = Pick<DictionaryOptions, 'decoderRows' | 'projectGradient'>;

/**
 * Checks the decoder rows, for a loss that supports only one kind of them.
 *
 * @param where the architecture's class, for the error
 * @param given what the user requested
 * @param needed what the loss needs
 * @param loss the loss, for the error
 * @throws SAE_OPTION for the other kind.
 */
export function checkDecoderRows(
  where: string,
  { decoderRows }: DecoderOptions,
  needed: 'unit' | 'free',
  loss: string,
): void {
  if (decoderRows === undefined || decoderRows === needed) return;
  const advice = 'Leave decoderRows out: the loss says which.';
  throw wrongOption(`${where}.decoderRows`, `"${needed}" with loss "${loss}"`, decoderRows, advice);
}

/**
 * Checks that a gradient is projected only if rows keep norm 1.
 *
 * @param where the architecture's class, for the error
 * @throws SAE_OPTION for a projection with free rows.
 */
export function checkProjection(
  where: string,
  { projectGradient }: DecoderOptions,
  rows: 'unit' | 'free',
): void {
  if (!projectGradient || rows === 'unit') return;
  const advice = 'Leave out one of the two: free rows follow the whole gradient.';
  throw wrongOption(`${where}.projectGradient`, 'false with free decoder rows', true, advice);
}

/**
 * Checks that a transcoder has no options that only work for autoencoders: its rows are in another
 * space than its decoder's, and its targets do not have the scale of the rows.
 *
 * @param where the architecture's class, for the error
 * @throws SAE_OPTION for normalized rows, or an encoder that starts from the decoder.
 */
export function checkTranscoder(
  where: string,
  { normalize, encoderStart }: Pick<DictionaryOptions, 'normalize' | 'encoderStart'>,
): void {
  if (normalize !== 'none') {
    const advice = 'Normalise rows and targets before, or leave out what makes a transcoder.';
    throw wrongOption(`${where}.normalize`, '"none" of a transcoder', normalize, advice);
  }
  if (encoderStart !== 'glorot') {
    const advice = "Leave it out: a transcoder's decoder is of its targets, not of its input.";
    throw wrongOption(`${where}.encoderStart`, '"glorot" of a transcoder', encoderStart, advice);
  }
}
