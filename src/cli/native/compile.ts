import { dirname, join } from 'node:path';
import { findModule } from '../../backends/findModule';
import { missing } from '../../errors';
import { failed, runTool } from '../runTool';
import type { Platform } from './platform';

const NAMES = ['c++', 'g++', 'clang++'];
const SOURCES = ['tfjs_backend.cc', 'tfjs_binding.cc'];

/** Finds a C++ compiler, as the words of a command; `CXX` names another one. */
export async function compiler(signal?: AbortSignal): Promise<readonly string[]> {
  const own = process.env['CXX']?.trim();
  const candidates = own ? [own.split(/\s+/)] : NAMES.map((name) => [name]);
  for (const words of candidates) {
    const [command = '', ...args] = words;
    const ended = await runTool(command, [...args, '--version'], { signal });
    if (ended?.code === 0) return words;
  }
  throw missing(
    'native',
    own ? `the compiler ${own}, which CXX names` : 'a C++ compiler',
    own
      ? 'Correct CXX, or unset it.'
      : 'Install one (Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++; macOS: xcode-select --install).',
  );
}

/**
 * Compiles tfjs-node's binding.
 *
 * @param sources the folder with tfjs-node's C++ files
 * @param headers the folders of TensorFlow's and Node's headers
 * @param out the folder, laid out like tfjs-node's own, with the libraries in `deps/lib`
 * @returns the binding.
 * @throws SAE_MISSING without a compiler; SAE_STATE if it fails
 */
export async function compileBinding(
  sources: string,
  headers: readonly string[],
  out: string,
  { libraries, linkFlags }: Platform,
  signal: AbortSignal,
): Promise<string> {
  const [command = '', ...words] = await compiler(signal);
  const binding = join(out, 'lib', 'napi-v8', 'tfjs_binding.node');
  const includes = [sources, dirname(sources), ...headers];
  const args = [
    ...words,
    ...['-std=c++17', '-O2', '-fPIC', '-DNAPI_VERSION=8'],
    ...includes.flatMap((folder) => ['-I', folder]),
    ...SOURCES.map((name) => join(sources, name)),
    ...['-o', binding],
    ...libraries.map((name) => join(out, 'deps', 'lib', name)),
    ...linkFlags,
  ];
  // Its temporary files go where they are removed with everything else.
  const ended = await runTool(command, args, { signal, env: { TMPDIR: out } });
  if (ended?.code === 0) return binding;
  const advice =
    'What it said is above. Update the compiler (C++17 is needed), or make room on the disk.';
  throw failed('native', `${command} to compile tfjs-node's binding`, ended, advice);
}

/**
 * Returns the headers of Node-API, from npm: Node's own are not installed with every Node.
 *
 * @param home the folder of this program
 */
export function nodeHeaders(home: string): string {
  const file = findModule('node-api-headers', [home]);
  if (file === undefined) {
    throw missing(
      'native',
      'the npm package node-api-headers',
      'Run npm install node-api-headers.',
    );
  }
  return join(dirname(file), 'include');
}
