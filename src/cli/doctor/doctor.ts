import type { Command } from 'commander';
import { runDoctor } from './run';
import { doctorJson, doctorText } from './text';

const SUMMARY = 'show which backends work here, and how fast they are';
const DESCRIPTION = [
  'Starts every installed tfjs backend in a separate process, checks its numbers, and measures a ' +
    'matrix product and a training step of a Gated SAE. If a backend does not work, it says why and ' +
    'what to do. It also says which one --backend auto uses. Takes about ten seconds per backend.',
  'The exit code is 1 if no backend works.',
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
