import type { Command } from 'commander';
import { runDoctor } from './run';
import { doctorJson, doctorText } from './text';

const SUMMARY = 'tell which backends work here, and how fast each is';
const DESCRIPTION = [
  'Starts every backend of tfjs that is installed, each in a process of its own, checks its numbers, ' +
    'and measures a product of matrices and a training step of a Gated SAE. Says why one does ' +
    'not work and what to do, and which one --backend auto takes. About ten seconds a backend.',
  'The exit code is 1 where no backend works.',
].join('\n\n');

/**
 * Adds `doctor` to the commands.
 *
 * @param home the folder of this program
 */
export function addDoctor(program: Command, home: string): void {
  program
    .command('doctor')
    .summary(SUMMARY)
    .description(DESCRIPTION)
    .option('--json', 'print JSON, and nothing else')
    .action(async ({ json = false }: { json?: boolean }) => {
      const diagnosis = await runDoctor(home, (line) => process.stderr.write(`${line}\n`));
      process.stdout.write(json ? doctorJson(diagnosis) : doctorText(diagnosis));
      // Only an exit code: the table has said everything.
      if (diagnosis.auto === null)
        throw Object.assign(new Error('no backend works'), { exitCode: 1 });
    });
}
