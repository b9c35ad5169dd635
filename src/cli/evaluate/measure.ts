import type { EvaluateArgs } from '../../analysis/evaluation/args';
import { type Comparison, compareSAEs } from '../../analysis/evaluation/comparison/compareSAEs';
import { missing, wrongOption } from '../../errors';
import type { SAEModel } from '../../models/saeModel';
import { useBackend } from '../backend';
import { type OpenedData, openData } from '../data/open';
import { passOver } from '../data/report';
import { openDictionary } from '../model/open';
import { type Place, placeName } from '../model/place';
import { printable } from '../printable';
import type { Shown } from '../progressParts';
import { some } from '../wording';
import { type KnownFeatures, knownFeatures } from './known';
import type { MeasureOptions } from './options';
import { RowsWithTargets } from './rowsWithTargets';

/** Dictionaries, their names, and the rows to measure them on. */
export interface Measuring {
  readonly models: readonly { readonly name: string; readonly place: Place }[];
  readonly data: string;
  readonly options: MeasureOptions;
}

const say = (line: string) => process.stderr.write(`${line}\n`);
const warn = (sentence: string) => say(`warning: ${printable(sentence)}`);

/**
 * Opens dictionaries and data, and measures all on the same rows, in one pass.
 *
 * @param folders the folders to look for packages from, nearest first
 * @throws SAEError for a model or data that is missing, damaged or does not fit.
 */
export async function measured(
  { models: places, data, options }: Measuring,
  folders: readonly string[],
  signal: AbortSignal,
  shown: Shown,
): Promise<Comparison> {
  const { k, array, labels, positions, rows, seed } = options;
  const backend = await useBackend(options.backend, folders, warn);
  const models: [string, SAEModel][] = [];
  const opened: OpenedData[] = [];
  let known: KnownFeatures = {};
  try {
    const opening = { ...(k !== undefined && { k }), quiet: options.json, signal, shown };
    for (const { name, place } of places) {
      models.push([name, await openDictionary(place, opening, warn)]);
    }
    const [[, first]] = models as [[string, SAEModel]];
    const open = async (path: string, width: number, others: object) => {
      const there = await openData(path, { ...others, backend }, width, folders, signal);
      opened.push(there);
      return there;
    };
    const few = rows === undefined ? {} : { rows };
    const xs = await open(data, first.inputDim, {
      ...few,
      ...(array !== undefined && { array }),
      ...(labels !== undefined && { labels }),
      ...(positions !== undefined && { positions }),
      ...(seed !== undefined && { seed }),
    });
    const rowsOfAll = await withTargets(xs, first, options, (path) =>
      open(path, first.outputDim, few),
    );
    known = await knownFeatures(options, xs.count, first.outputDim, open);
    const what =
      places.length === 1 ? placeName(places[0]?.place as Place) : `${models.length} models`;
    say(`Measuring ${printable(what)} on ${some(xs.count, 'row')}, on ${backend}.`);
    const args: EvaluateArgs = {
      ...(options.metrics && { metrics: options.metrics }),
      ...(xs.known.labels && { labels: xs.known.labels }),
      ...(xs.known.positions && { positions: xs.known.positions }),
      ...known,
      ...(seed !== undefined && { seed }),
    };
    return await passOver(rowsOfAll, signal, shown, (rows, onProgress) =>
      compareSAEs(new Map(models), rows, { ...args, onProgress }),
    );
  } finally {
    for (const { close } of opened) await close();
    for (const [, model] of models) model.dispose();
    known.trueFeatures?.dispose();
  }
}

/** Returns the rows, with targets if the dictionaries are transcoders. */
async function withTargets(
  xs: OpenedData,
  model: SAEModel,
  { targets, metrics }: MeasureOptions,
  open: (path: string) => Promise<OpenedData>,
): Promise<Pick<OpenedData, 'rows' | 'count'>> {
  const isReconstructed = metrics === undefined || metrics.includes('reconstruction');
  if (!model.isTranscoder) {
    if (targets === undefined) return xs;
    const advice = 'Leave --targets out: its rows are their own.';
    throw wrongOption('--targets', 'a transcoder as MODEL', model.getClassName(), advice);
  }
  if (targets === undefined) {
    if (!isReconstructed) return xs;
    const advice = `Give them, [..., ${model.outputDim}], or --metrics sparsity,weights.`;
    throw missing('MODEL', "the targets of a transcoder's rows, --targets", advice);
  }
  const ys = await open(targets);
  if (ys.count !== xs.count) {
    const expected = `${some(xs.count, 'row')}, as DATA has`;
    throw wrongOption('--targets', expected, ys.count, 'Give a target for each row.');
  }
  return { rows: new RowsWithTargets(xs.rows, ys.rows), count: xs.count };
}
