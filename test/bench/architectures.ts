import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type Base, L0, RIVALS, type Rival, type Sizes, trainedBase } from './architectureStates';
import { type Contestant, median, type Timing } from './contestant';
import { atLeast, atMost, difference, ms, small, table } from './figures';
import { KernelPhases, PHASES, type PhaseTimes } from './kernelPhases';
import { saeLensStep, THREADS } from './lineup';
import { stepOf } from './ownContestants';
import type { Measurement } from './result';
import { inRounds } from './rounds';
import { RECIPE, writeArrays } from './state';
import { SMALL } from './states';

/** One architecture's step. */
export interface ArchitectureTimes {
  readonly title: string;
  /** Codes of a row in the batch's mean. */
  readonly l0: number;
  /** By the same formulas in tfjs, as SAELens too defines it but for the Gated SAE. */
  readonly loss: number;
  readonly saeLensLoss: number;
  readonly own: Timing;
  readonly phases: PhaseTimes;
  /** SAELens's trainer; undefined where it does not take part. */
  readonly saeLens: Timing | undefined;
}

/** The steps of all architectures. */
export interface ArchitecturesResult {
  readonly rounds: number;
  readonly batch: number;
  readonly inputDim: number;
  readonly features: number;
  readonly times: readonly ArchitectureTimes[];
  /** Of the packages in Python. */
  readonly versions: Readonly<Record<string, string>>;
}

const SIZES: Sizes = { batch: SMALL.batch, features: SMALL.features, steps: 200 };

/** Has each architecture take steps from the same dictionary, here and in SAELens, all in turns. */
export async function measuredArchitectures(
  { rounds, available, cache, say }: Omit<Measurement, 'naive'>,
  sizes = SIZES,
): Promise<ArchitecturesResult> {
  await tf.setBackend('wasm');
  say('every architecture: training the dictionary that they start from');
  const base = await trainedBase(sizes);
  const x = tf.tensor2d(base.x, [sizes.batch, base.inputDim]);
  const contestants: Contestant[] = [];
  const versions: Record<string, string> = {};
  try {
    for (const rival of RIVALS) {
      const { title } = rival;
      contestants.push(
        stepOf(title, rival.model(base), tf.clone(x)),
        await KernelPhases.start(phasesOf(title), rival.model(base), base.x, THREADS),
      );
      if (available.saeLens === undefined) continue;
      const folder = join(cache, 'architectures', rival.saeLens.architecture);
      writeRival(folder, rival, base);
      const step = await saeLensStep(saeLensOf(title), folder, available.saeLens);
      Object.assign(versions, step.versions);
      contestants.push(step);
    }
    const run = await inRounds(contestants, rounds, (line) => say(`every architecture: ${line}`));
    for (const { name, reason } of run.absences) say(`${name} cannot take part: ${reason}`);
    const timing = (name: string) => run.timings.find((each) => each.name === name);
    const times = RIVALS.map((rival): ArchitectureTimes => {
      const kernels = contestants.find(({ name }) => name === phasesOf(rival.title));
      return {
        ...{ title: rival.title, ...observed(rival, base, x) },
        own: timing(rival.title) as Timing,
        phases: (kernels as KernelPhases).times,
        saeLens: timing(saeLensOf(rival.title)),
      };
    });
    const { inputDim, features } = base;
    return { rounds, batch: sizes.batch, inputDim, features, times, versions };
  } finally {
    for (const contestant of contestants) await contestant.end();
    x.dispose();
  }
}

const phasesOf = (title: string) => `${title}, kernels`;
const saeLensOf = (title: string) => `${title}, SAELens`;

/** The mean L0 and the losses of the base's batch. */
function observed({ model }: Rival, base: Base, x: tf.Tensor2D) {
  const sae = model(base);
  const found = tf.tidy(() => {
    const { codes, loss, terms } = sae.sae.forward(x, x, true);
    const number = (scalar: tf.Tensor) => scalar.dataSync()[0] as number;
    // SAELens gives the Gated SAE's second reconstruction the weight 1.
    const second = terms['L_aux'] ? (1 - RECIPE.auxWeight) * number(terms['L_aux']) : 0;
    const l0 = number(tf.sum(tf.greater(codes, 0))) / x.shape[0];
    return { l0, loss: number(loss), saeLensLoss: number(loss) + second };
  });
  sae.optimizer.dispose();
  sae.dispose();
  return found;
}

/** Writes an architecture's state for SAELens: what its model is, and its weights. */
function writeRival(folder: string, { saeLens }: Rival, base: Base): void {
  const { inputDim, features, x, wEnc, wDec, bDec } = base;
  const vectors = Object.entries(saeLens.vectors(base));
  const { architecture } = saeLens;
  writeArrays(
    folder,
    { recipe: RECIPE, saeLens: { architecture, options: saeLens.options(base) } },
    {
      ...Object.fromEntries(vectors.map(([name, values]) => [name, { shape: [features], values }])),
      W_enc: { shape: [inputDim, features], values: wEnc },
      W_dec: { shape: [features, inputDim], values: wDec },
      b_dec: { shape: [inputDim], values: bDec },
      x: { shape: [x.length / inputDim, inputDim], values: x },
    },
  );
}

/** The median step of one, in milliseconds. */
const stepTime = ({ own }: ArchitectureTimes) => median(own.rounds);

/** How many times the step of the first architecture another one's takes. */
export const timesOfFirst = ({ times: [first] }: ArchitecturesResult, other: ArchitectureTimes) =>
  stepTime(other) / stepTime(first as ArchitectureTimes);

/** The share of the kernels' step that goes into choosing the largest codes. */
export function selectionShare({ phases: { milliseconds } }: ArchitectureTimes): number {
  const sum = milliseconds.reduce((a, b) => a + b);
  return (milliseconds[PHASES.indexOf('selection')] as number) / sum;
}

/** How many times as long SAELens takes; undefined where it was not measured. */
export const timesOfSaeLens = (times: ArchitectureTimes): number | undefined =>
  times.saeLens && median(times.saeLens.rounds) / stepTime(times);

/** How far a first loss may be from that of the same formulas in tfjs. */
const LOSS_TOLERANCE = 1e-4;

/** Those whose first loss is another one than it should be. */
export function differentLosses({ times }: ArchitecturesResult): string[] {
  const isOff = (timing: Timing | undefined, loss: number) =>
    timing && !(difference(timing.firstLoss, loss) <= LOSS_TOLERANCE);
  return times.flatMap(({ own, saeLens, loss, saeLensLoss }) => [
    ...(isOff(own, loss) ? [own.name] : []),
    ...(saeLens && isOff(saeLens, saeLensLoss) ? [saeLens.name] : []),
  ]);
}

/** The steps of all architectures, side by side. */
export function architectureTable(result: ArchitecturesResult): string {
  const rows = result.times.map((times) => {
    const { title, l0, own, loss, saeLens, saeLensLoss } = times;
    const against = timesOfSaeLens(times);
    return [
      title,
      l0.toFixed(1),
      ms(stepTime(times)),
      `${ms(Math.min(...own.rounds))} to ${ms(Math.max(...own.rounds))}`,
      atMost(timesOfFirst(result, times)),
      `${(100 * selectionShare(times)).toFixed(1)} %`,
      small(difference(own.firstLoss, loss)),
      saeLens ? ms(median(saeLens.rounds)) : 'not measured',
      against === undefined ? '' : atLeast(against),
      saeLens ? small(difference(saeLens.firstLoss, saeLensLoss)) : '',
    ];
  });
  const first = result.times[0]?.title as string;
  const head = [
    ...['', 'L0', 'ms', 'fastest to slowest', `× ${first}`, 'selection', 'loss off by'],
    ...['SAELens, ms', '× ours', 'loss off by'],
  ];
  return table(head, rows);
}

export const BASE = `All start from a TopK dictionary after ${SIZES.steps} steps on Fashion-MNIST, and use rows that it has not seen. TopK, BatchTopK and Matryoshka (five nested dictionaries) have k ${L0}. JumpReLU has the threshold that gives the batch a mean L0 of ${L0}; for Gated and ReLU it is subtracted from the biases.`;
