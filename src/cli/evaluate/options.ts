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
      'what each row stands at, as first, padding or other: a .json or .txt list of words, or a .npy ' +
        'file of numbers; the metrics are then given by class, too',
      given,
    )
    .option(
      '--true-features <file>',
      'the directions that the data was made of, a row each, for MCC and uniqueness; read as DATA is',
      given,
    )
    .option(
      '--true-codes <file>',
      'how much of each true feature is in each row, [rows, true features], for F1; read as DATA is',
      given,
    )
    .option('--targets <file>', "for a transcoder: a .npy file with the rows' targets", given)
    .option(
      '--metrics <groups>',
      `of ${METRIC_GROUPS.join(',')}: some of them; all that can be by default`,
      groups,
    )
    .option('--rows <n>', 'read the first n rows only', integer(1))
    .option(
      '--seed <n>',
      'of the held-out images of fashion-mnist (0), and of the rows that are probed (42)',
      integer(0, LARGEST_SEED),
    )
    .option('--json', 'print JSON, and nothing else on standard output')
    .addOption(
      new Option('--backend <name>', 'what computes; auto takes the fastest that works')
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
    return `${what} is of true features: give those by --true-features.`;
  }
  if (metrics?.includes('probing') && labels === undefined && data !== FASHION_MNIST) {
    return '--metrics probing is of labels: give those by --labels.';
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
  throw new InvalidArgumentError(`Give some of ${METRIC_GROUPS.join(',')}, as sparsity,weights.`);
}
