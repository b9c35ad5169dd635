import {
  type ArchitecturesResult,
  selectionShare,
  timesOfFirst,
  timesOfSaeLens,
} from './architectures';
import { type ReportResult, reportSeconds } from './featureReport';
import { CHECKPOINT_SECONDS, checkpointShare, type FitResult, timesWithLogs } from './fit';
import { type FileResult, timesOfFile, timesOfH5py } from './kerasFile';
import { NAMES, nameInNode, THREADS } from './lineup';
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
  const [in20, in24] = [nameInNode('20'), nameInNode('24')];
  const words = 'Keras, the faster of its settings';
  const keras = (result: Result | undefined, ours: string) =>
    ratio(result, [NAMES.keras, NAMES.kerasXla], ours);
  return [
    {
      what: `trained: ${words} : ${in24}`,
      least: ofThisProcessor(3.2, 4.2),
      reached: keras(trained, in24),
    },
    {
      what: `L0 40: ${words} : ${in24}`,
      least: ofThisProcessor(5, 7),
      reached: keras(l0of40, in24),
    },
    {
      what: `24,576 features, L0 64: ${words} : ${in24}`,
      least: ofThisProcessor(6, 10),
      reached: keras(large, in24),
    },
    {
      what: `trained: ${NAMES.saeLens} : ${in24}`,
      least: ofThisProcessor(4.5, 7),
      reached: ratio(trained, [NAMES.saeLens], in24),
    },
    {
      what: `start of training: ${words} : ${in24}`,
      least: ofThisProcessor(1, 1.25),
      reached: keras(start, in24),
    },
    {
      what: `trained: ${words} : ${in20}`,
      least: ofThisProcessor(2.6, 3.3),
      reached: keras(trained, in20),
    },
    {
      what: `trained: ${NAMES.naive} : ${NAMES.sparse}`,
      least: 60,
      reached: ratio(trained, [NAMES.naive], NAMES.sparse),
    },
    {
      what: `trained: ${words}, on ${THREADS} threads : ${NAMES.sparseAlone}`,
      least: 1,
      reached: keras(trained, NAMES.sparseAlone),
    },
    {
      what: `trained: ${NAMES.browser} : in Node 24`,
      most: 1.2,
      reached: quotient(
        trained && stepTime(trained, NAMES.browser),
        trained && stepTime(trained, in24),
      ),
    },
    {
      what: "24,576 features: memory of the kernels : weights, gradients and Adam's state",
      most: 1.3,
      reached: quotient(kernels?.bytes, large && trainingBytes(large)),
    },
  ];
}

/** TensorFlow and torch have AVX-512 on a Xeon, which WebAssembly has not. */
const ofThisProcessor = (onXeon: number, elsewhere: number) =>
  /xeon/i.test(processor()) ? onXeon : elsewhere;

/** Architectures that choose the largest codes, whose choice is held to a share of the step. */
const CHOOSING = ['TopKSAE', 'BatchTopKSAE'];

/** What is wanted of every architecture's step. */
export function wantedOfArchitectures(result: ArchitecturesResult | undefined): Wanted[] {
  if (result === undefined) return [];
  const [first, ...others] = result.times;
  const least = ofThisProcessor(1.5, 2);
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
