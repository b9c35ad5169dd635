// How the threads of one step keep together: every one of them calls the same exported function.
import { control, threads } from './layout';

const ARRIVED: usize = 0;
const GENERATION: usize = 4;
const COUNTERS: usize = 64;
/** A counter has a cache line of its own. */
const LINE: usize = 64;
/** Rounds of looking before a thread goes to sleep: the others are rarely far behind. */
const SPINS: i32 = 20000;

/** Waits for all threads. */
export function barrier(): void {
  if (ASC_FEATURE_THREADS) {
    if (threads == 1) return;
    const generation = atomic.load<i32>(control, GENERATION);
    if (atomic.add<i32>(control, 1, ARRIVED) == threads - 1) {
      atomic.store<i32>(control, 0, ARRIVED);
      atomic.add<i32>(control, 1, GENERATION);
      atomic.notify(control + GENERATION, threads);
      return;
    }
    for (let i = 0; i < SPINS; i++) {
      if (atomic.load<i32>(control, GENERATION) != generation) return;
    }
    while (atomic.load<i32>(control, GENERATION) == generation) {
      atomic.wait<i32>(control + GENERATION, generation, -1);
    }
  }
}

/** The next piece of work of a kind that nobody has taken yet. */
// @inline
export function next(kind: usize): i32 {
  const counter = control + COUNTERS + kind * LINE;
  if (ASC_FEATURE_THREADS) return atomic.add<i32>(counter, 1);
  const taken = load<i32>(counter);
  store<i32>(counter, taken + 1);
  return taken;
}

/** Makes all work available again; called by one thread while the others wait. */
export function resetWork(kinds: usize): void {
  for (let kind: usize = 0; kind < kinds; kind++) {
    const counter = control + COUNTERS + kind * LINE;
    if (ASC_FEATURE_THREADS) atomic.store<i32>(counter, 0);
    else store<i32>(counter, 0);
  }
}
