import { complain } from './trouble';

/** Does it now where the whole file has been read, else as soon as it has; says what goes wrong. */
export function whenRead(act: () => unknown): void {
  const safely = () => {
    try {
      act();
    } catch (error) {
      complain(error);
    }
  };
  if (document.readyState !== 'loading') safely();
  else document.addEventListener('DOMContentLoaded', safely, { once: true });
}
