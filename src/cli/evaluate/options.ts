import { type Command, InvalidArgumentError, Option } from 'commander';
import { METRIC_GROUPS, type MetricGroup } from '../../analysis/evaluation/groups';
import { BACKENDS } from '../../backends/packages';
import { addArrayOption, type DataOptions, dataProblem, FASHION_MNIST } from '../data/options';
import { addDictionaryOptions } from '../model/options';
import { given, integer, LARGEST_SEED } from '../optionParsers';

/** Options of the commands that measure dictionaries. */
export interface MeasureOptions
  extends Pick<DataOptions, 'k' | 'array' | 'labels' | 'positions' | 'rows' | 'seed' | 'backend'> {
  targets?: string;
  trueFeatures?: string;
  trueCodes?: string;
  metrics?: readonly MetricGroup[];
  json?: boolean;
}

/** Adds the measuring options to a command. */
export function addMeasureOptions(command: Command): Command {
  return addArrayOption(addDictionaryOptions(command))
    .option(
      '--labels <file>',
      'a .npy file with the class of each row, from 0 up, for sparse probing',
      given,
    )
    .option(
      '--positions <file>',
      'the class of each position, such as first, padding or other: a .json or .txt list of words, or ' +
        'a .npy file of numbers; the metrics are then also printed per class',
      given,
    )
    .option(
      '--true-features <file>',
      'the directions that the data was generated from, one per row, for MCC and uniqueness; read like DATA',
      given,
    )
    .option(
      '--true-codes <file>',
      'the amount of each true feature in each row, [rows, true features], for F1; read like DATA',
      given,
    )
    .option('--targets <file>', "for a transcoder: a .npy file with the rows' targets", given)
    .option(
      '--metrics <groups>',
      `some of ${METRIC_GROUPS.join(',')}; by default all that the given files allow`,
      groups,
    )
    .option('--rows <n>', 'read the first n rows only', integer(1))
    .option(
      '--seed <n>',
      'seed that selects the held-out images of fashion-mnist (0) and the rows that are probed (42)',
      integer(0, LARGEST_SEED),
    )
    .option('--json', 'print JSON, and nothing else on standard output')
    .addOption(
      new Option('--backend <name>', 'backend to compute on; auto uses the fastest that works')
        .choices(['auto', ...BACKENDS])
        .default('auto'),
    );
}

/** Returns what is inconsistent in the options; undefined if nothing is. */
export function measureProblem(data: string, options: MeasureOptions): string | undefined {
  const { array, metrics, labels, positions, seed, rows, backend } = options;
  const { targets, trueFeatures, trueCodes } = options;
  if (data === FASHION_MNIST) {
    if (targets !== undefined) return 'fashion-mnist has no targets: leave out --targets.';
    if (positions !== undefined) return 'fashion-mnist has no positions: leave out --positions.';
    if ((trueFeatures ?? trueCodes) !== undefined) {
      return 'fashion-mnist has no true features: leave out --true-….';
    }
  }
  if (trueFeatures === undefined && (trueCodes !== undefined || metrics?.includes('truth'))) {
    const what = trueCodes === undefined ? '--metrics truth' : '--true-codes';
    return `${what} needs true features: add --true-features.`;
  }
  if (metrics?.includes('probing') && labels === undefined && data !== FASHION_MNIST) {
    return '--metrics probing needs labels: add --labels.';
  }
  // For a file, the seed only affects which rows are probed.
  return dataProblem(data, {
    ...(array !== undefined && { array }),
    ...(labels !== undefined && { labels }),
    ...(rows !== undefined && { rows }),
    ...(data === FASHION_MNIST && seed !== undefined && { seed }),
    backend,
  });
}

/** Parses `sparsity,weights`. */
function groups(text: string): MetricGroup[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.every((word) => METRIC_GROUPS.includes(word as MetricGroup)))
    return words as MetricGroup[];
  throw new InvalidArgumentError(
    `Give some of ${METRIC_GROUPS.join(',')}, such as sparsity,weights.`,
  );
}
