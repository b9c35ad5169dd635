import { brand } from '../brand';

/**
 * The kind of an error, for code that reacts to it rather than showing it: the `code` of an
 * {@link SAEError}.
 */
export type SAEErrorCode =
  /**
   * Rows, codes, weights or a file's arrays whose rank or size differs from the dictionary's. Give
   * rows `[..., inputDim]`, captured from the place that the dictionary was trained on; use weights
   * of a dictionary with the same `inputDim` and `encodingDim`.
   */
  | 'SAE_SHAPE'
  /**
   * An argument or option that is unknown, missing or out of range, or sizes that need too much
   * memory. The message says what is accepted, and which known name is nearest.
   */
  | 'SAE_OPTION'
  /**
   * Data that cannot be used: empty data, something that is neither a tensor nor a dataset, labels
   * or tokens whose number differs from that of the rows, damaged codes or a damaged report. Check
   * the code that produces the data.
   */
  | 'SAE_DATA'
  /**
   * NaN or infinity in data, in weights or in a training step. Training ended with the last good
   * weights: clean the data, or lower the learning rate, and continue from there.
   */
  | 'SAE_NOT_FINITE'
  /**
   * A call at the wrong time: training before `compile`, a second `fit` while one is running, a
   * model with frozen weights only, an optimizer's state of other variables, a picture mounted
   * outside a page, a sparse step that is impossible here. The message says what has to come first.
   */
  | 'SAE_STATE'
  /**
   * A file or an address that is missing, cannot be read or written, is damaged, or is of another
   * kind. Check the path; download the file again if its checksum fails.
   */
  | 'SAE_FILE'
  /**
   * A valid file that holds a model or an array that the other side would compute differently. The
   * message names the layer or option, so that it can be changed before saving.
   */
  | 'SAE_UNSUPPORTED'
  /**
   * A missing package, class or ability of the page. Install it, register it with
   * `tf.serialization.registerClass`, or allow it in the page's policy, as the message says.
   */
  | 'SAE_MISSING';

/**
 * The class of every error that this library throws on purpose.
 *
 * The message has the form `CODE where: what was expected; what was received. What to do.`
 * {@link SAEErrorCode} explains each code and what to do about it.
 *
 * @example
 * ```ts
 * import { GatedSAE, SAEError } from 'gated-sae-tfjs';
 * try {
 *   new GatedSAE({ inputDim: 784, encodingDim: 0 });
 * } catch (error) {
 *   if (error instanceof SAEError) console.log(error.code); // SAE_OPTION
 * }
 * ```
 */
export class SAEError extends Error {
  /** `'SAEError'`, shown before the message in a stack trace. */
  override readonly name = 'SAEError';

  /**
   * Joins code, place and sentence into one message.
   *
   * @param code the kind of error
   * @param where what the error is about, such as `GatedSAE.encodingDim` or a file's name
   * @param what what was expected, what was received, and what to do
   * @param options the underlying error, as `cause`; none by default
   */
  constructor(
    /** The kind of error. */
    readonly code: SAEErrorCode,
    where: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super(`${code} ${where}: ${what}`, options);
  }

  static {
    brand(SAEError, 'SAEError');
  }
}
