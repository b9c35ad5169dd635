import {
  type ArchitecturesResult,
  selectionShare,
  timesOfFirst,
  timesOfSaeLens,
} from './architectures';
import { type ReportResult, reportSeconds } from './featureReport';
import { CHECKPOINT_SECONDS, checkpointShare, type FitResult, timesWithLogs } from './fit';
import { type FileResult, timesOfFile, timesOfH5py } from './kerasFile';
import { NAMES, THREADS } from './lineup';
import { processor } from './machine';
import { onAllThreads, type Result, stepTime, trainingBytes } from './result';

/** A figure that the library is held to. */
export interface Wanted {
  readonly what: string;
  /** The least that it may be, or the most. */
  readonly least?: number;
  readonly most?: number;
  /** What it was; undefined where it was not measured. */
  readonly reached: number | undefined;
}

/** The figures that are wanted, and those that were reached. */
export function wantedFigures(results: readonly Result[]): Wanted[] {
  const of = (name: string) => results.find(({ state }) => state.name === name);
  const [start, trained, l0of40, large] = ['start', 'trained', 'l0-40', 'large'].map(of);
  const kernels = large && onAllThreads(large);
  const keras = [NAMES.keras, NAMES.kerasXla];
  const kerasWords = 'Keras, the faster of its settings';
  return [
    {
      what: `trained: ${kerasWords} : ${NAMES.sparse}`,
      least: 2,
      reached: ratio(trained, keras, NAMES.sparse),
    },
    {
      what: `trained: ${NAMES.saeLens} : ${NAMES.sparse}`,
      least: 4,
      reached: ratio(trained, [NAMES.saeLens], NAMES.sparse),
    },
    {
      what: `trained: ${NAMES.naive} : ${NAMES.sparse}`,
      least: 60,
      reached: ratio(trained, [NAMES.naive], NAMES.sparse),
    },
    {
      what: `L0 40: ${kerasWords} : ${NAMES.sparse}`,
      least: 2.8,
      reached: ratio(l0of40, keras, NAMES.sparse),
    },
    {
      what: `start of training: ${kerasWords} : ${NAMES.sparse}`,
      least: 1,
      reached: ratio(start, keras, NAMES.sparse),
    },
    {
      what: `trained: ${kerasWords}, on ${THREADS} threads : ${NAMES.sparseAlone}`,
      least: 1,
      reached: ratio(trained, keras, NAMES.sparseAlone),
    },
    {
      what: `trained: ${NAMES.browser} : in Node`,
      most: 1.2,
      reached: quotient(
        trained && stepTime(trained, NAMES.browser),
        trained && stepTime(trained, NAMES.sparse),
      ),
    },
    {
      what: `24,576 features: ${NAMES.sparse} : its own encoder product`,
      most: 1.3,
      reached: quotient(large && stepTime(large, NAMES.sparse), kernels?.milliseconds[0]),
    },
    {
      what: "24,576 features: memory of the kernels : weights, gradients and Adam's state",
      most: 1.2,
      reached: quotient(kernels?.bytes, large && trainingBytes(large)),
    },
  ];
}

/** Architectures that choose the largest codes, whose choice is held to a share of the step. */
const CHOOSING = ['TopKSAE', 'BatchTopKSAE'];

/** What is wanted of every architecture's step. */
export function wantedOfArchitectures(result: ArchitecturesResult | undefined): Wanted[] {
  if (result === undefined) return [];
  const [first, ...others] = result.times;
  // Torch has AVX-512 there, which WebAssembly has not.
  const least = /xeon/i.test(processor()) ? 1.5 : 2;
  return [
    ...others.map((other) => ({
      what: `${other.title} : ${first?.title}`,
      most: 1.15,
      reached: timesOfFirst(result, other),
    })),
    ...others
      .filter(({ title }) => CHOOSING.includes(title))
      .map((times) => ({
        what: `${times.title}: share of the step that selects`,
        most: 0.1,
        reached: selectionShare(times),
      })),
    ...result.times.map((times) => ({
      what: `${times.title}: SAELens's trainer : ours`,
      least,
      reached: timesOfSaeLens(times),
    })),
  ];
}

/** What is wanted of `fit`. */
export function wantedOfFit(fit: FitResult | undefined): Wanted[] {
  if (fit === undefined) return [];
  const logs = (step: 'sparse' | 'tensor') => ({
    what: `${step} step with what an epoch logs, L0, explained variance, dead features : alone`,
    most: 1.02,
    reached: timesWithLogs(fit, step),
  });
  const what = `a checkpoint each ${CHECKPOINT_SECONDS} seconds: share of the time`;
  return [logs('sparse'), logs('tensor'), { what, most: 0.02, reached: checkpointShare(fit) }];
}

/** What is wanted of opening a file. */
export function wantedOfFile(file: FileResult | undefined): Wanted[] {
  if (file === undefined) return [];
  return [
    { what: 'a .keras file: opening it, cpu : h5py', most: 2, reached: timesOfH5py(file) },
    { what: 'a .keras file: memory, cpu : the file', most: 3, reached: timesOfFile(file, 'cpu') },
  ];
}

/** What is wanted of a feature report. */
export function wantedOfReport(features: ReportResult | undefined): Wanted[] {
  if (features === undefined) return [];
  const what = 'a feature report on 10,000 rows and 6,272 features, wasm: seconds';
  return [{ what, most: 8, reached: reportSeconds(features) }];
}

export function isMet({ least, most, reached }: Wanted): boolean {
  if (reached === undefined) return false;
  return reached >= (least ?? 0) && reached <= (most ?? Number.POSITIVE_INFINITY);
}

const ratio = (result: Result | undefined, others: readonly string[], ours: string) =>
  quotient(result && stepTime(result, ...others), result && stepTime(result, ours));

const quotient = (dividend: number | undefined, divisor: number | undefined) =>
  dividend === undefined || divisor === undefined ? undefined : dividend / divisor;
