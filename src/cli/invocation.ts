import { basename, relative } from 'node:path';
import { shellWord } from './wording';

/**
 * Returns a command line that starts this program again in the way it was started: by npm's script
 * with the command's name, by npx, by its own name, or by node.
 *
 * @param command one of this program's commands
 * @param options its options
 */
export function commandLine(
  command: string,
  options: readonly string[],
  { argv, env }: { argv: readonly string[]; env: NodeJS.ProcessEnv } = process,
): string {
  const words = options.map((word) => shellWord(word));
  const script = env['npm_lifecycle_event'];
  if (script === command) return ['npm run', command, '--', ...words].join(' ');
  const file = argv[1] ?? '';
  const byName = basename(file) === 'gated-sae';
  const byNpx = script === 'npx' || (byName && file.includes('node_modules'));
  const program = byNpx
    ? 'npx gated-sae'
    : byName
      ? 'gated-sae'
      : `node ${shellWord(relative('.', file))}`;
  return [program, command, ...words].join(' ');
}
