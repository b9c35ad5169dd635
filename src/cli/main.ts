#!/usr/bin/env node
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missing, SAEError } from '../errors';

const FAILED = 1;
const WRONG_USAGE = 2;

/** Something that is thrown by commander, by this program's commands, or by Node. */
type Thrown = Error & { code?: string; exitCode?: number; syscall?: string };

// Whoever reads the output may leave early, as `| head` does: the work goes on without them.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
process.exitCode = await run();

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
  const known = missingPackage(error) ?? error;
  const expected = known instanceof SAEError || known.syscall !== undefined;
  process.stderr.write(
    expected
      ? `error: ${known.message}\n`
      : `This should not happen; please report it, with all of what follows.\n${error.stack}\n`,
  );
  return FAILED;
}

function missingPackage({ code, message }: Thrown): SAEError | undefined {
  const name = /Cannot find (?:package|module) '(@?[\w-]+(?:\/[\w-]+)?)'/.exec(message)?.[1];
  if (name === undefined || !/^(ERR_)?MODULE_NOT_FOUND$/.test(code ?? '')) return undefined;
  // One of tfjs's parts would only miss the next one.
  const install = name.startsWith('@tensorflow/') ? '@tensorflow/tfjs' : name;
  return missing('gated-sae', `the npm package ${name}`, `Run npm install ${install}.`);
}
