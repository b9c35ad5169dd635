import { type Absence, type Contestant, median, type Timing } from './contestant';

/** Milliseconds that a turn is to last: others have left their data in the caches before it. */
const TURN = 500;
/** A step this slow is not hurt by cold caches, nor by code that has just been compiled. */
const SLOW = 1000;

const stepsInTurn = (milliseconds: number) =>
  milliseconds > SLOW ? 1 : Math.min(10, Math.max(3, Math.round(TURN / milliseconds)));

interface Entrant {
  readonly contestant: Contestant;
  readonly steps: number;
  readonly firstLoss: number;
  readonly rounds: number[];
}

/**
 * Has contestants take turns, so that a machine whose speed drifts slows all of them.
 *
 * @param say takes a line on what is under way
 * @returns timings in the order of the contestants, and who could not take a step.
 */
export async function inRounds(
  contestants: readonly Contestant[],
  rounds: number,
  say: (line: string) => void,
): Promise<{ timings: Timing[]; absences: Absence[] }> {
  const entrants: Entrant[] = [];
  const absences: Absence[] = [];
  for (const contestant of contestants) {
    try {
      entrants.push(await warmUp(contestant));
    } catch (error) {
      absences.push({ name: contestant.name, reason: String(error) });
    }
  }
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`);
    // There and back, so that nobody always follows the same one.
    for (const { contestant, steps, rounds } of round % 2 ? [...entrants].reverse() : entrants) {
      const { milliseconds } = await contestant.take(steps);
      rounds.push(median(milliseconds));
    }
  }
  const timings = entrants.map(({ contestant: { name }, firstLoss, rounds }) => ({
    name,
    firstLoss,
    rounds,
  }));
  return { timings, absences };
}

/** The first steps, which compile and are not counted. */
async function warmUp(contestant: Contestant): Promise<Entrant> {
  const { loss, milliseconds } = await contestant.take(1);
  const [first] = milliseconds as [number];
  if (first > 5 * SLOW) return { contestant, steps: 1, firstLoss: loss, rounds: [] };
  await contestant.take(2);
  const warm = median((await contestant.take(3)).milliseconds);
  return { contestant, steps: stepsInTurn(warm), firstLoss: loss, rounds: [] };
}
