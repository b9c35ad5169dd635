#!/usr/bin/env node
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plainError, type Thrown } from './failure';
import { printable } from './printable';

const FAILED = 1;
const WRONG_USAGE = 2;

// The reader of the output may exit early, as `| head` does: the work continues without it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
// Exported rather than awaited: of a file that awaits, or that exports nothing, the bundler makes
// something else than a module, and of all that it imports too.
export const done = run().then((code) => {
  process.exitCode = code;
});

async function run(): Promise<number> {
  try {
    const home = dirname(fileURLToPath(import.meta.url));
    // Imported only now, so that a missing package is reported like any other error.
    const { createProgram } = await import('./program');
    await createProgram(home).parseAsync();
    return 0;
  } catch (error) {
    return exitCodeOf(error as Thrown);
  }
}

/** Prints an error, and returns the exit code for it. */
function exitCodeOf(error: Thrown): number {
  // commander has already printed its message, or the requested help.
  if (error.code?.startsWith('commander.')) return error.exitCode === 0 ? 0 : WRONG_USAGE;
  if (error.exitCode !== undefined) return error.exitCode;
  const plain = plainError(error);
  process.stderr.write(
    plain
      ? `error: ${printable(plain.message)}\n`
      : `This should not happen; please report it, with all of what follows.\n${error.stack}\n`,
  );
  return FAILED;
}
