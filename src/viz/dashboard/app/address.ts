/** So long nobody types or leafs before the address follows: browsers refuse it too often. */
const PAUSE = 200;

/** The part of the page's address behind `#`. */
export interface Address {
  /** In place of the present one. */
  replace(hash: string): void;
  /** As a new one, from which `back` comes to the present one. */
  push(hash: string): void;
}

/** As `location.hash` has it: nothing behind the sign is nothing at all. */
const named = (hash: string) => (hash === '#' ? '' : hash);

/** Calls `onMove` where the user goes back or forth, follows a link or edits the address. */
export function createAddress(onMove: (hash: string) => void): Address {
  let now = location.hash;
  let waiting: number | undefined;
  try {
    history.scrollRestoration = 'manual';
  } catch {
    // Then the browser scrolls as it likes.
  }
  const write = (how: 'pushState' | 'replaceState') => {
    waiting = undefined;
    try {
      history[how](null, '', now === '' ? '#' : now);
    } catch {
      // A page in a frame or an app may be refused; the page works all the same.
    }
  };
  const settle = () => {
    if (waiting === undefined) return;
    clearTimeout(waiting);
    write('replaceState');
  };
  const moved = () => {
    // Following a link tells twice.
    if (location.hash === now) return;
    clearTimeout(waiting);
    waiting = undefined;
    now = location.hash;
    onMove(now);
  };
  window.addEventListener('popstate', moved);
  window.addEventListener('hashchange', moved);
  window.addEventListener('pagehide', settle);
  return {
    replace(hash) {
      now = named(hash);
      clearTimeout(waiting);
      waiting = window.setTimeout(() => write('replaceState'), PAUSE);
    },
    push(hash) {
      settle();
      now = named(hash);
      write('pushState');
    },
  };
}
