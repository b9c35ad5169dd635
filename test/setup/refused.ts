import type { SAEErrorCode } from '../../src/errors';
import { refusal } from '../refusal';

declare global {
  namespace jest {
    interface Matchers<R> {
      /**
       * The one way to check an error: that a promise, or what a function does, ends in an SAEError of
       * this code about this place. `test/errors.test.ts` pins the sentences word for word.
       *
       * @param code what kind of error it is
       * @param where what it is about, as the message names it after the code
       * @param said what follows at once after the place; anything by default
       */
      toBeRefused(code: SAEErrorCode, where: string, said?: string): Promise<R>;
    }
  }
}

expect.extend({
  async toBeRefused(
    attempt: Promise<unknown> | (() => unknown),
    code: SAEErrorCode,
    where: string,
    said = '',
  ) {
    const message = await refusal(attempt);
    const wanted = `${code} ${where}: ${said}`;
    return {
      pass: message.startsWith(wanted),
      message: () => this.utils.printDiffOrStringify(wanted, message, 'wanted', 'told', true),
    };
  },
});
