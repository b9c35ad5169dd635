import { Command } from 'commander';
import { integer } from '../../src/cli/optionParsers';

/** What `npm run bench` was called with. */
export interface BenchOptions {
  /** How often each contestant has its turn. */
  readonly rounds: number;
  readonly python: boolean;
  /** Whether it is the whole benchmark, whose numbers are to be published. */
  readonly whole: boolean;
  /** The command line that gives the same run. */
  readonly command: string;
}

const ROUNDS = 7;
const QUICK_ROUNDS = 2;

/** Parses the command line; ends the process with a message where it is wrong. */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const program = new Command('npm run bench --')
    .description('One training step of a Gated SAE, side by side with what else there is.')
    .option('--rounds <n>', `turns of each contestant (default: ${ROUNDS})`, integer(1))
    .option('--quick', `${QUICK_ROUNDS} rounds, to try the command; leaves docs/ as it is`)
    .option('--no-python', 'leave out what is compared in Python; leaves docs/ as it is')
    .showHelpAfterError('Run the command with --help for what it takes.')
    .parse(argv, { from: 'user' });
  const given = program.opts<{ rounds?: number; quick?: true; python: boolean }>();
  return {
    rounds: given.rounds ?? (given.quick ? QUICK_ROUNDS : ROUNDS),
    python: given.python,
    whole: given.python && !given.quick,
    command: ['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' '),
  };
}
