import { Command, Option } from 'commander';
import { integer } from '../../src/cli/optionParsers';

/** What `npm run bench` was called with. */
export interface BenchOptions {
  /** How often each contestant has its turn. */
  readonly rounds: number;
  readonly python: boolean;
  /** Which part of it; undefined for all. */
  readonly only: Part | undefined;
  /** Whether it is the whole benchmark, whose numbers are to be published. */
  readonly whole: boolean;
  /** The command line that gives the same run. */
  readonly command: string;
}

const PARTS = ['step', 'architectures', 'fit', 'file', 'report'] as const;
/** A part of the benchmark. */
export type Part = (typeof PARTS)[number];

const ROUNDS = 7;
const QUICK_ROUNDS = 2;

/** Parses the command line; ends the process with a message where it is wrong. */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const program = new Command('npm run bench --')
    .description(
      'A training step of a Gated SAE, and opening its file, side by side with what else there is; a step of every architecture; what fit adds to its steps; and a report on its features.',
    )
    .option('--rounds <n>', `turns of each contestant (default: ${ROUNDS})`, integer(1))
    .option('--quick', `${QUICK_ROUNDS} rounds, to try the command; leaves docs/ as it is`)
    .addOption(
      new Option(
        '--only <part>',
        'the training step, that of every architecture, what fit adds to it, opening a file or a feature report alone; leaves docs/ as it is',
      ).choices(PARTS),
    )
    .option('--no-python', 'leave out what is compared in Python; leaves docs/ as it is')
    .showHelpAfterError('Run the command with --help to see its arguments and options.')
    .parse(argv, { from: 'user' });
  const given = program.opts<{ rounds?: number; quick?: true; only?: Part; python: boolean }>();
  return {
    rounds: given.rounds ?? (given.quick ? QUICK_ROUNDS : ROUNDS),
    python: given.python,
    only: given.only,
    whole: given.python && !given.quick && given.only === undefined,
    command: ['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' '),
  };
}
