import { wrongOption } from '../errors';
import { flag, oneOf, optional, type Rules } from '../options';

/** How decoder rows are kept while they are trained. */
export interface DecoderOptions {
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
}

export const DECODER_RULES: Rules<DecoderOptions> = {
  decoderRows: optional(oneOf<'unit' | 'free'>(['unit', 'free'])),
  projectGradient: flag(false),
};

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
