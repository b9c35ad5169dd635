import { type ChildProcess, spawn } from 'node:child_process';
import { type SAEError, toolFailed } from '../errors';
import { printable } from './printable';

/** How a program ended, and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of running a program. */
export interface ToolOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Ends the program, and the programs that it has started. */
  readonly signal?: AbortSignal;
  /** Called with each piece of its output as it arrives. */
  readonly onOutput?: (text: string) => void;
}

/** The most characters of a program's output that are kept. */
const MOST = 1e6;

/**
 * Runs a program, without a shell.
 *
 * @returns undefined if there is no such program.
 * @throws the signal's reason, once the program has ended.
 */
export async function runTool(
  command: string,
  args: readonly string[],
  { env, cwd, signal, onOutput }: ToolOptions = {},
): Promise<Ended | undefined> {
  signal?.throwIfAborted();
  // In a process group of its own, so that a compiler's own programs end with it.
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const end = () => endGroup(child);
  signal?.addEventListener('abort', end);
  process.on('exit', end);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] = `${said[name]}${text}`.slice(-MOST);
      onOutput?.(text);
    });
  }
  try {
    const ended = await new Promise<Ended | undefined>((resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'EACCES') resolve(undefined);
        else reject(error);
      });
      child.on('close', (code, killer) => resolve({ code, signal: killer, ...said }));
    });
    signal?.throwIfAborted();
    return ended;
  } finally {
    signal?.removeEventListener('abort', end);
    process.removeListener('exit', end);
  }
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
}

/** Returns the last lines of a program's output, for finding out what went wrong. */
export const lastLines = ({ stdout, stderr }: Ended, howMany = 15): string[] =>
  `${stdout}\n${stderr}`
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '')
    .slice(-howMany);

/**
 * Returns the error for a program that failed; its last output goes to stderr, since diagnosing the
 * failure takes more than one line.
 */
export function failed(
  where: string,
  expected: string,
  ended: Ended | undefined,
  advice: string,
): SAEError {
  const lines = ended === undefined ? [] : lastLines(ended);
  if (lines.length > 0)
    process.stderr.write(`${lines.map((line) => `  ${printable(line)}`).join('\n')}\n`);
  const errors = lines.filter((line) => /error|killed|no space/i.test(line));
  const received =
    errors.at(-1)?.trim() ??
    lines.at(-1)?.trim() ??
    (ended?.signal ? `an end by ${ended.signal}` : 'nothing of it');
  return toolFailed(where, expected, received, advice);
}
