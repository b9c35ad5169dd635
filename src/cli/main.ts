#!/usr/bin/env node
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plainError, type Thrown } from './failure';
import { printable } from './printable';

const FAILED = 1;
const WRONG_USAGE = 2;

// Whoever reads the output may leave early, as `| head` does: the work goes on without them.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
// Exported rather than awaited: of a file that awaits, or that exports nothing, the bundler makes
// something else than a module, and of all that it imports too.
export const done = run().then((code) => {
  process.exitCode = code;
});

async function run(): Promise<number> {
  try {
    const home = dirname(fileURLToPath(import.meta.url));
    // Only now, so that packages that are not installed are a message like any other.
    const { createProgram } = await import('./program');
    await createProgram(home).parseAsync();
    return 0;
  } catch (error) {
    return exitCodeOf(error as Thrown);
  }
}

/** Prints what there is to say of an error, and how the process should end for it. */
function exitCodeOf(error: Thrown): number {
  // commander has printed its message already, or the help that was asked for.
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
