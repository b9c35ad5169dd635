import type { Command } from 'commander';
import { PACKAGES } from '../../backends/packages';
import { runProbe } from './run';

/**
 * Adds `probe`, which `doctor` and `native` start in a separate process, so that they can report a
 * crash.
 */
export function addProbe(program: Command, home: string): void {
  program
    .command('probe', { hidden: true })
    .argument('<package>')
    .option('--check', 'only whether its numbers are right')
    .action(async (name: string, { check = false }: { check?: boolean }) => {
      const found = PACKAGES.find((candidate) => candidate.name === name);
      if (found === undefined) throw new Error(`no package ${name}`);
      const probe = await runProbe(found, [home, process.cwd()], !check);
      process.stdout.write(`${JSON.stringify(probe)}\n`);
    });
}
