import { basename } from 'node:path';
import type { FeatureReportArgs } from '../../analysis/featureReport/args';
import { featureReport } from '../../analysis/featureReport/featureReport';
import type { FeatureReport } from '../../analysis/featureReport/report';
import { MODEL_JSON } from '../../io/files/names';
import type { SAEModel } from '../../models/saeModel';
import { checkReport } from '../../viz/checkReport';
import { useBackend } from '../backend';
import { InterruptibleRows } from '../interruption';
import { notADictionary, openDictionary } from '../model/open';
import { dictionaryProblem } from '../model/options';
import { type Place, placeName, placeOf } from '../model/place';
import { printable } from '../printable';
import type { Shown } from '../progressParts';
import { digits, some } from '../wording';
import { type KnownOfRows, type OpenedData, openData } from './open';
import { type DataOptions, dataProblem } from './options';
import { rowProgress } from './progress';
import { readJson } from './text';

/** The source of a picture: a saved report, or a model and data. */
export type ReportSource =
  | { readonly report: string }
  | { readonly model: Place; readonly data: string; readonly options: DataOptions };

/** What a picture needs of a report, checked against model and data before the pass over them. */
export interface ReportNeeds {
  readonly args: Pick<FeatureReportArgs, 'topExamples' | 'intervalExamples' | 'neighbours'>;
  /** Reads what else it takes of the model, before the pass. */
  withModel?(model: SAEModel): Promise<void>;
  /** @throws if nothing could be drawn from it */
  check(features: number, known: KnownOfRows): void;
}

const say = (line: string) => process.stderr.write(`${line}\n`);
const warn = (sentence: string) => say(`warning: ${printable(sentence)}`);

/**
 * Returns what MODEL and DATA refer to, or what is wrong with them.
 *
 * @param given the data options that the user gave
 */
export async function reportSource(
  model: string,
  data: string | undefined,
  options: DataOptions,
  given: readonly string[],
): Promise<ReportSource | string> {
  if (data === undefined) {
    if (!/\.json$/i.test(model) || basename(model) === MODEL_JSON) {
      return "missing required argument 'data'";
    }
    if (given.length > 0) return `A saved report has its data: leave out ${given.join(', ')}.`;
    return { report: model };
  }
  const place = await placeOf(model);
  const problem =
    notADictionary(place) ?? dictionaryProblem([place], options) ?? dataProblem(data, options);
  return problem ?? { model: place, data, options };
}

/**
 * Reads a report, or makes one in a pass over the data.
 *
 * @param folders the folders to look for packages from, nearest first
 * @throws SAEError for a model or data that is missing, damaged or does not fit.
 */
export async function reportOf(
  source: ReportSource,
  { args, check, withModel }: ReportNeeds,
  folders: readonly string[],
  signal: AbortSignal,
  shown: Shown,
): Promise<FeatureReport> {
  if ('report' in source) {
    const report = await readJson(source.report, 'a feature report');
    checkReport(source.report, report);
    return report;
  }
  const backend = await useBackend(source.options.backend, folders, warn);
  const model = await openDictionary(source.model, { ...source.options, signal, shown }, warn);
  try {
    const { inputDim, encodingDim } = model;
    const data = await openData(source.data, source.options, inputDim, folders, signal);
    try {
      check(encodingDim, data.known);
      await withModel?.(model);
      const what = `the ${some(encodingDim, 'feature')} of ${placeName(source.model)}`;
      const from = data.array ? ` along the last axis of [${data.array.join(', ')}]` : '';
      say(`Looking at ${what} with ${some(data.count, 'row')}${from}, on ${backend}.`);
      const report = await passOver(data, signal, shown, (rows, onProgress) =>
        featureReport(model, rows, { ...data.known, ...args, onProgress }),
      );
      warnOfRange(report, data);
      return report;
    } finally {
      await data.close();
    }
  } finally {
    model.dispose();
  }
}

/** Warns of values below black: such images can be mistaken for what they show. */
function warnOfRange({ data: { imageRange } }: FeatureReport, { span }: OpenedData): void {
  if (!imageRange || !span) return;
  if (span[0] >= imageRange[0] && span[1] <= imageRange[1]) return;
  const [from, to] = span.map((value) => digits(value));
  const [black, white] = imageRange.map((value) => digits(value));
  warn(
    `The values go from ${from} to ${to}, but images are drawn from ${black} (black) to ${white} ` +
      `(white). Give their range by --image-range ${from},${to}.`,
  );
}

/** Runs work that goes over all rows once, with its progress, until it is interrupted. */
export async function passOver<T>(
  { rows, count }: Pick<OpenedData, 'rows' | 'count'>,
  signal: AbortSignal,
  shown: Shown,
  work: (rows: InterruptibleRows, onProgress: (done: number) => void) => Promise<T>,
): Promise<T> {
  const progress = rowProgress(process.stderr, count);
  shown.progress = progress;
  try {
    return await work(new InterruptibleRows(rows, signal), (done) => {
      progress.rows(done);
      if (done === count) progress.stop();
    });
  } finally {
    progress.stop();
  }
}
