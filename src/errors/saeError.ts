import { brand } from '../brand';

/**
 * What went wrong, for code that wants to react to it rather than show it: the `code` of an
 * {@link SAEError}.
 */
export type SAEErrorCode =
  /**
   * Rows, codes, weights or a file's arrays of another rank or size than the dictionary's. Give
   * rows `[..., inputDim]`, and take them from where the dictionary was trained; take weights of
   * a dictionary with the same `inputDim` and `encodingDim`.
   */
  | 'SAE_SHAPE'
  /**
   * An argument or option that is unknown, missing or outside what it takes, or sizes for which the
   * memory does not suffice. The message says what is taken, and which known name is nearest.
   */
  | 'SAE_OPTION'
  /**
   * Data that cannot be used: none at all, neither a tensor nor a dataset, as many labels or tokens
   * as there are not rows, codes or a report that are damaged. Look at what makes the data.
   */
  | 'SAE_DATA'
  /**
   * NaN or infinity in data, in weights or in a step of training. Training has ended with the last
   * good weights: clean the data, or lower the learning rate, and go on from there.
   */
  | 'SAE_NOT_FINITE'
  /**
   * Something at a moment at which it cannot be: training before `compile`, a second `fit` while one
   * is going on, frozen weights only, an optimizer's state of other variables, a picture mounted
   * outside a page, a sparse step that cannot be taken here. The message says what has to come first.
   */
  | 'SAE_STATE'
  /**
   * A file or an address that is missing, cannot be read or written, is damaged, or is of another
   * kind. Give the path of what is there; download it again where its checksum fails.
   */
  | 'SAE_FILE'
  /**
   * A file that is sound, but holds a model or an array that the other side would not compute alike.
   * The message names the layer or option, so that it can be changed before saving.
   */
  | 'SAE_UNSUPPORTED'
  /**
   * A package, a class or an ability of the page that is not there. Install it, register it with
   * `tf.serialization.registerClass`, or allow it in the page's policy, as the message says.
   */
  | 'SAE_MISSING';

/**
 * Every error that this library throws on purpose.
 *
 * The message reads `CODE where: what was expected; what came. What to do.` What each code means,
 * and what to do about it, is said at {@link SAEErrorCode}.
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
  /** `'SAEError'`, as it stands before the message in a stack trace. */
  override readonly name = 'SAEError';

  /**
   * Joins code, place and sentence into one message.
   *
   * @param code what kind of error it is
   * @param where what it is about, as `GatedSAE.encodingDim` or a file's name
   * @param what what was expected, what came, and what to do
   * @param options the error that it comes from, as `cause`; none by default
   */
  constructor(
    /** What kind of error it is. */
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
