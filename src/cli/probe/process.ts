import { join } from 'node:path';
import { lastLines, runTool } from '../runTool';
import type { Probe } from './run';

/**
 * Probes a package's backend in a separate process.
 *
 * @param home the folder of this program
 * @param options `--check` to check only its numbers, without measuring its speed
 */
export async function probe(
  name: string,
  home: string,
  options: readonly string[],
  signal?: AbortSignal,
): Promise<Probe> {
  const args = [...process.execArgv, join(home, 'cli.mjs'), 'probe', name, ...options];
  // Its own messages would only be in the way; errors are reported anyway.
  const env = { TF_CPP_MIN_LOG_LEVEL: '3' };
  const ended = await runTool(process.execPath, args, { signal, env });
  if (ended === undefined) return { problem: 'Node does not start.' };
  const line = ended.stdout.trim().split('\n').at(-1) ?? '';
  if (ended.code === 0 && line.startsWith('{')) return JSON.parse(line) as Probe;
  if (ended.signal !== null)
    return { problem: `it crashes: ${ended.signal}${hint(ended.signal)}.` };
  return { problem: lastLines(ended, 1)[0] ?? `it ends with ${ended.code}.` };
}

const hint = (signal: NodeJS.Signals): string =>
  ({
    SIGILL: ' (TensorFlow needs a processor with AVX)',
    SIGKILL: ' (the system may have run out of memory)',
  })[signal as string] ?? '';
