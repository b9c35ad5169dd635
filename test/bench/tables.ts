import { count } from '../../src/cli/wording';
import type { ArchitecturesResult } from './architectures';
import { median } from './contestant';
import type { ReportResult } from './featureReport';
import { atLeast, atMost, difference, megabytes, ms, small, table } from './figures';
import type { FitResult } from './fit';
import type { FileResult } from './kerasFile';
import { PHASES, type PhaseTimes } from './kernelPhases';
import { NAMES } from './lineup';
import { onAllThreads, type Result, stepTime, trainingBytes } from './result';
import {
  isMet,
  wantedFigures,
  wantedOfArchitectures,
  wantedOfFile,
  wantedOfFit,
  wantedOfReport,
} from './wanted';

/** How far the loss of a first step may be from that of the same formulas in tfjs. */
const LOSS_TOLERANCE = 1e-4;

/** What the loss of a contestant's first step should be. */
const expectedLoss = ({ state: { losses } }: Result, name: string): number =>
  name === NAMES.saeLens ? losses.saeLens : losses.gatedSae;

/** Those whose first loss is another one than it should be. */
export function strangers(result: Result): string[] {
  return result.timings
    .filter(
      ({ name, firstLoss }) =>
        !(difference(firstLoss, expectedLoss(result, name)) <= LOSS_TOLERANCE),
    )
    .map(({ name }) => name);
}

/** The steps of all contestants from one state. */
export function stepTable(result: Result): string {
  const own = stepTime(result, NAMES.sparse);
  const rows = result.timings.map(({ name, rounds, firstLoss }) => {
    const time = median(rounds);
    return [
      name,
      ms(time),
      `${ms(Math.min(...rounds))} to ${ms(Math.max(...rounds))}`,
      own === undefined ? '' : atLeast(time / own),
      firstLoss.toPrecision(6),
      small(difference(firstLoss, expectedLoss(result, name))),
    ];
  });
  const head = ['', 'ms', 'fastest to slowest', `× ${NAMES.sparse}`, 'first loss', 'off by'];
  return table(head, rows);
}

/** Where the sparse step's time goes, in all states. */
export const phaseTable = (results: readonly Result[]): string =>
  tableOfPhases(
    'state',
    results.flatMap(({ state, phases }) =>
      phases.map((times) => ({
        name: `${count(state.features)} features, ${state.title}`,
        times,
      })),
    ),
  );

/** Where the time goes of each architecture's step. */
export const architecturePhases = ({ times }: ArchitecturesResult): string =>
  tableOfPhases(
    '',
    times.map(({ title, phases }) => ({ name: title, times: phases })),
  );

function tableOfPhases(
  title: string,
  all: readonly { readonly name: string; readonly times: PhaseTimes }[],
): string {
  const bestRate = (threads: number) =>
    Math.max(
      ...all
        .filter(({ times }) => times.threads === threads)
        .map(({ times }) => (times.operations[0] as number) / times.bestProduct),
    );
  const rows = all.map(({ name, times }) => {
    const { threads, milliseconds, operations } = times;
    const floor = (operations[0] as number) / bestRate(threads);
    const sum = milliseconds.reduce((a, b) => a + b);
    return [
      name,
      `${threads}`,
      ...PHASES.map((_, phase) => timeAndRate(times, phase)),
      ms(sum),
      ms(floor),
      atMost(sum / floor),
    ];
  });
  return table([title, 'threads', ...PHASES, 'sum', 'floor', 'sum : floor'], rows);
}

function timeAndRate({ milliseconds, operations }: PhaseTimes, phase: number): string {
  const time = milliseconds[phase] as number;
  const done = operations[phase] as number;
  return done === 0 ? ms(time) : `${ms(time)} (${(done / time / 1e6).toFixed(0)})`;
}

/** What memory a state takes with each. */
export function memoryTable(result: Result): string {
  const least = trainingBytes(result);
  const row = (name: string, bytes: number) => [name, megabytes(bytes), atMost(bytes / least)];
  const kernels = onAllThreads(result);
  return table(
    ['', 'memory', ': the first row'],
    [
      row('weights, gradients, second moment', least),
      ...(kernels ? [row(NAMES.kernels, kernels.bytes)] : []),
      ...result.memory.map(({ name, peak }) => row(`${name}, whole process`, peak)),
      ...result.memory.map(({ name, before }) => row(`${name}, of it before the weights`, before)),
    ],
  );
}

/** What was wanted and what was reached. */
export function wantedTable(
  results: readonly Result[],
  architectures: ArchitecturesResult | undefined,
  fit: FitResult | undefined,
  file: FileResult | undefined,
  features: ReportResult | undefined,
): string {
  const wanted = [
    ...(results.length > 0 ? wantedFigures(results) : []),
    ...wantedOfArchitectures(architectures),
    ...wantedOfFit(fit),
    ...wantedOfFile(file),
    ...wantedOfReport(features),
  ];
  const rows = wanted.map((figure) => {
    const { what, least, most, reached } = figure;
    const round = least === undefined ? atMost : atLeast;
    return [
      what,
      least === undefined ? `at most ${most}` : `at least ${least}`,
      reached === undefined ? 'not measured' : round(reached),
      reached === undefined ? '' : isMet(figure) ? 'reached' : 'short of it',
    ];
  });
  return table(['', 'wanted', 'measured', ''], rows);
}
