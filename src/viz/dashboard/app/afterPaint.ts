import { complain } from './trouble';

/** Milliseconds of work before the browser paints again. */
const SLICE = 8;

let waiting: (() => void)[] = [];

/** Does it when what is there already has been painted: for what is not seen, or not missed. */
export function afterPaint(act: () => void): void {
  waiting.push(act);
  if (waiting.length === 1) nextFrame();
}

/** Forgets what has not been done yet: it was for something that has gone. */
export function forgetWaiting(): void {
  waiting = [];
}

function nextFrame(): void {
  requestAnimationFrame(() => setTimeout(work));
}

function work(): void {
  const start = performance.now();
  while (performance.now() - start < SLICE) {
    const act = waiting.shift();
    if (act === undefined) return;
    try {
      act();
    } catch (error) {
      complain(error);
    }
  }
  if (waiting.length > 0) nextFrame();
}
