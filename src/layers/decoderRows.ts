import { wrongOption } from '../errors';
import { oneOf, optional, type Rules } from '../options';

/** How decoder rows are kept while they are trained. */
export interface DecoderOptions {
  /**
   * Whether each row of `W_dec` is brought back to norm 1 after every step, `'unit'`, or is `'free'`;
   * by default as the architecture says. Python: `decoder_rows`.
   */
  decoderRows?: 'unit' | 'free';
}

export const DECODER_RULES: Rules<DecoderOptions> = {
  decoderRows: optional(oneOf<'unit' | 'free'>(['unit', 'free'])),
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
