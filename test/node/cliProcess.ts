import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
/** The built command line; `npm run build` makes it. */
export const DIST = join(ROOT, 'dist');
export const NODE_MODULES = join(ROOT, 'node_modules');

/** How a process ended, and what it had to say. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** What a test does to a running process. */
export interface Options {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Where the built program lies, if not in this project's dist. */
  dist?: string;
  /** Called with all of stderr so far, whenever there is more of it. */
  onStderr?: (stderr: string, child: ChildProcess) => void;
}

/** Runs the built `gated-sae`, as a terminal without colours or width would. */
export function gatedSae(args: readonly string[], options: Options = {}): Promise<Ended> {
  assertBuilt();
  const { dist = DIST, cwd = ROOT, env = {}, onStderr } = options;
  const child = spawn(process.execPath, [join(dist, 'cli.mjs'), ...args], {
    cwd,
    env: { ...process.env, npm_lifecycle_event: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
    onStderr?.(stderr, child);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Sends a signal the first time that stderr matches. */
export function signalOn(pattern: RegExp, signal: NodeJS.Signals): Options['onStderr'] {
  let sent = false;
  return (stderr, child) => {
    if (sent || !pattern.test(stderr)) return;
    sent = true;
    child.kill(signal);
  };
}

/** A test of yesterday's build would say nothing about today's source. */
function assertBuilt(): void {
  const built = join(DIST, 'cli.mjs');
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => statSync(join(ROOT, 'src', name)).mtimeMs);
  if (existsSync(built) && statSync(built).mtimeMs >= Math.max(...sources)) return;
  throw new Error('dist/cli.mjs is older than src/. Run "npm run build" first.');
}

/** A command that ended with a message, no stack and nothing on its output. */
export function expectFailure(
  { code, stderr, stdout }: Ended,
  message: string,
  exitCode = 1,
): void {
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^ {4}at |should not happen/m);
  expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
}
