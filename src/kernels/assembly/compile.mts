/**
 * `npm run kernels`: AssemblyScript → WebAssembly, inlined into src/kernels/binary.generated.ts.
 *
 * Inlined, so that one file works in Node, with bundlers and by script tag.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { interleave, textOf } from '../binaryText';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kernels-'));

/** One build: its bytes, and where in them the memory is said to be shared. */
async function build(features: readonly string[]): Promise<{ text: string; sharedFlag: number }> {
  const file = join(folder, 'kernels.wasm');
  const options = [
    join(here, 'index.ts'),
    ...['--baseDir', here],
    // With -O3 what runs once is inlined too, and exp has a table: a page loads 3 kB more, and no step
    // is faster. In float32 either exp is the same, for every number from 2⁻¹⁰ to 8.
    ...['--outFile', file, '--runtime', 'stub', '-O3s', '--noAssert', '--use', 'abort='],
    ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
    // The first bytes are the host's: src/kernels/crew.ts.
    ...['--memoryBase', '1024', '--disableWarning', '112'],
    ...features.flatMap((feature) => ['--enable', feature]),
  ];
  const { error, stderr } = await asc.main(options, { readFile: readSource });
  if (error) throw new Error(stderr.toString(), { cause: error });
  const binary = readFileSync(file);
  // The import of the memory: its module and name, that it is a memory (2), that it is shared (3).
  const name = Buffer.from('\x03env\x06memory\x02\x03', 'latin1');
  const at = binary.indexOf(name);
  if (at < 0 || binary.indexOf(name, at + 1) >= 0)
    throw new Error('The memory import is not there.');
  return { text: textOf(binary), sharedFlag: at + name.length - 1 };
}

/** What each build needs of WebAssembly. */
const BUILDS = { simd: ['threads', 'simd'], relaxed: ['threads', 'simd', 'relaxed-simd'] };
const builds: { text: string; sharedFlag: number }[] = [];
for (const features of Object.values(BUILDS)) builds.push(await build(features));
rmSync(folder, { recursive: true });

writeFileSync(
  join(here, '..', 'binary.generated.ts'),
  `// Made by assembly/compile.mts from assembly/*.ts.

/** The builds of the module, each of one memory that threads share. */
export const BUILDS = ${JSON.stringify(Object.keys(BUILDS))} as const;
/** Lengths of their texts, as src/kernels/binaryText.ts writes bytes. */
export const LENGTHS = ${JSON.stringify(builds.map(({ text }) => text.length))};
/** The byte of each that says so: 1 in place of 3 makes the same module for a memory of one thread. */
export const SHARED_FLAGS = ${JSON.stringify(builds.map(({ sharedFlag }) => sharedFlag))};
/** All of them, interleaved. */
export const TEXT =
  ${JSON.stringify(interleave(builds.map(({ text }) => text)))};
`,
);

/**
 * A source file, with asc's decorator where a comment stands for it: in front of a function, where
 * JavaScript has no decorators, other tools do not parse it.
 */
function readSource(name: string, folder: string): string | null {
  const path = join(folder, name);
  return existsSync(path)
    ? readFileSync(path, 'utf8').replace(/^\/\/ @inline$/gm, '@inline')
    : null;
}
