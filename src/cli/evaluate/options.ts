import { type Command, InvalidArgumentError, Option } from 'commander';
import type { MetricGroup } from '../../analysis/evaluation/args';
import { BACKENDS } from '../../backends/packages';
import { addArrayOption, type DataOptions, dataProblem, FASHION_MNIST } from '../data/options';
import { addDictionaryOptions } from '../model/options';
import { given, integer, LARGEST_SEED } from '../optionParsers';

/** What the commands take that measure dictionaries. */
export interface MeasureOptions
  extends Pick<DataOptions, 'k' | 'array' | 'labels' | 'rows' | 'seed' | 'backend'> {
  targets?: string;
  metrics?: readonly MetricGroup[];
  json?: boolean;
}

/** Groups that can be measured with what the command line gives. */
const GROUPS: readonly MetricGroup[] = ['sparsity', 'reconstruction', 'weights', 'probing'];

/** Adds those options to a command. */
export function addMeasureOptions(command: Command): Command {
  return addArrayOption(addDictionaryOptions(command))
    .option(
      '--labels <file>',
      'a .npy file with the class of each row, from 0 up, for sparse probing',
      given,
    )
    .option('--targets <file>', "for a transcoder: a .npy file with the rows' targets", given)
    .option(
      '--metrics <groups>',
      `of ${GROUPS.join(',')}: some of them; all that can be by default`,
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

/** What does not go together in them; undefined where all does. */
export function measureProblem(data: string, options: MeasureOptions): string | undefined {
  const { array, targets, metrics, labels, seed, rows, backend } = options;
  if (targets !== undefined && data === FASHION_MNIST) {
    return 'fashion-mnist has no targets: leave out --targets.';
  }
  if (metrics?.includes('probing') && labels === undefined && data !== FASHION_MNIST) {
    return '--metrics probing is of labels: give those by --labels.';
  }
  // Of a file the seed is that of the rows that are probed alone.
  return dataProblem(data, {
    ...(array !== undefined && { array }),
    ...(labels !== undefined && { labels }),
    ...(rows !== undefined && { rows }),
    ...(data === FASHION_MNIST && seed !== undefined && { seed }),
    backend,
  });
}

/** Takes `sparsity,weights`. */
function groups(text: string): MetricGroup[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.every((word) => GROUPS.includes(word as MetricGroup))) return words as MetricGroup[];
  throw new InvalidArgumentError(`Give some of ${GROUPS.join(',')}, as sparsity,weights.`);
}
