import { wrongOption } from '../errors';
import { flag, integer, oneOf, optional, positiveInteger, type Rules } from '../options';
import { type Normalization, normalizeRule } from './normalization';
import { REVIVAL_RULES, type Revival } from './revival';

/** What every dictionary takes, as a layer and as a model. */
export interface DictionaryOptions extends Partial<Revival> {
  /** Number of features in the dictionary, usually several times `inputDim`. Python: `encoding_dim`. */
  encodingDim: number;
  /**
   * Width of what it makes of rows; that of the rows by default. Where it is given, it is a transcoder,
   * also of that width: every row needs a target, and `b_dec` is not taken from the input. Without it
   * rows are their own target. Python: `output_dim`.
   */
  outputDim?: number;
  /**
   * Whether what it makes of rows has `x · W_skip` in it too, of a matrix that starts at zero, so that
   * features are left what is not linear in the input; false by default. It makes a transcoder, of
   * width `inputDim` where there is no `outputDim`.
   */
  skip?: boolean;
  /**
   * How rows are normalised before the dictionary sees them; what it makes of them is brought back.
   * Training's losses, and the explained variance that it logs, are of normalised rows. `'none'` by
   * default, and of a transcoder.
   */
  normalize?: Normalization;
  /**
   * Whether an autoencoder takes `b_dec` from its rows before it encodes them; true by default, and always
   * false of a transcoder. SAELens: `apply_b_dec_to_input`.
   */
  centred?: boolean;
  /** An integer that makes the initial weights the same every time; at random by default. */
  seed?: number;
  /**
   * Whether each row of `W_dec` is brought back to norm 1 after every step, `'unit'`, or is `'free'`;
   * by default as the architecture says. Python: `decoder_rows`.
   */
  decoderRows?: 'unit' | 'free';
  /**
   * Whether the gradient of each row of `W_dec` loses its part along the row, which unit rows cannot
   * follow, before it is clipped; false by default. Python: `project_gradient`.
   */
  projectGradient?: boolean;
  /**
   * Whether the encoder's matrix starts from Glorot's uniform distribution, `'glorot'`, the default, or as
   * the transpose of the decoder's, whose rows then have norm 1 from the start: `'decoder'`. An
   * autoencoder's alone. Python has weights by then.
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

/** What a user has said of decoder rows. */
export type DecoderOptions = Pick<DictionaryOptions, 'decoderRows' | 'projectGradient'>;

/**
 * Checks the decoder's rows where a loss is of one kind of them alone.
 *
 * @param where the architecture's class, for the error
 * @param given what the user has asked for
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
 * Checks that a gradient is projected where rows keep norm 1.
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
 * Checks that a transcoder has nothing that is an autoencoder's alone: its rows are not in the space of its
 * decoder's, and its targets have no scale of the rows.
 *
 * @param where the architecture's class, for the error
 * @throws SAE_OPTION for rows that are normalised, or an encoder that starts from the decoder.
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
