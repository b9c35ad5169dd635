import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { version as ownVersion } from '../../../package.json';
import { findModule } from '../../backends/findModule';
import { type Backend, GPU_PACKAGE, PACKAGES } from '../../backends/packages';
import { coreOf } from '../../backends/start';
import { SAEError } from '../../errors';
import { buildHere, obstacle, threadsAllowed } from '../../kernels/module';
import { compiler } from '../native/compile';
import { platform } from '../native/platform';
import { packageFolder, versionOf } from '../native/project';
import { pythonWithPip } from '../native/python';
import { probe } from '../probe/process';
import type { Probe } from '../probe/run';
import { runTool } from '../runTool';

/** What is known about one package that provides a backend. */
export interface Patient {
  readonly backend: Backend;
  readonly package: string;
  /** Undefined if it is not installed; there is no probe then. */
  readonly version?: string;
  readonly probe?: Probe;
}

/** The findings of `doctor`. */
export interface Diagnosis {
  readonly version: string;
  readonly node: string;
  readonly system: string;
  readonly cores: number;
  readonly simd: boolean;
  /** Whether WebAssembly has relaxed SIMD, with which the kernels are faster. */
  readonly relaxed: boolean;
  readonly threads: boolean;
  /** For tfjs-core: the version that this package uses, and the places of all copies. */
  readonly core: { readonly version: string | null; readonly copies: readonly string[] };
  readonly backends: readonly Patient[];
  /** The package whose backend `auto` chooses; null if none works. */
  readonly auto: string | null;
  /** What `gated-sae native` needs, each with what was found or why not. */
  readonly native: readonly Need[];
}

/** Something that `native` needs. */
export interface Need {
  readonly what: string;
  readonly found: string | null;
  /** What to do if it was not found. */
  readonly advice?: string;
}

/** The packages of tfjs that use tfjs-core. */
const USERS = ['@tensorflow/tfjs', '@tensorflow/tfjs-layers', ...PACKAGES.map(({ name }) => name)];

/**
 * Examines everything.
 *
 * @param home the folder of this program
 * @param say called with a line on what is being examined
 */
export async function runDoctor(home: string, say: (line: string) => void): Promise<Diagnosis> {
  const folders = [home, process.cwd()];
  const backends: Patient[] = [];
  for (const { backend, name } of onePackageEach(folders)) {
    const file = findModule(name, folders);
    if (file === undefined) {
      backends.push({ backend, package: name });
      continue;
    }
    say(`Trying ${name} …`);
    const version = versionOf(packageFolder(file));
    backends.push({ backend, package: name, version, probe: await probe(name, home, []) });
  }
  const core = findModule('@tensorflow/tfjs-core', folders);
  return {
    version: ownVersion,
    node: process.versions.node,
    system: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
    simd: obstacle() === undefined,
    relaxed: buildHere() === 'relaxed',
    threads: threadsAllowed(),
    core: {
      version: core === undefined ? null : versionOf(packageFolder(core)),
      copies: copiesOfCore(core, folders),
    },
    backends,
    auto: backends.find(isForAuto)?.package ?? null,
    native: await nativeNeeds(),
  };
}

/** Returns the packages, without the second one that provides the cpu backend. */
function onePackageEach(folders: readonly string[]): typeof PACKAGES {
  const alone = findModule('@tensorflow/tfjs-backend-cpu', folders) !== undefined;
  const other = alone ? '@tensorflow/tfjs' : '@tensorflow/tfjs-backend-cpu';
  return PACKAGES.filter(({ name }) => name !== other);
}

/** The same criterion as in `findBackend`. */
const isForAuto = ({ package: name, probe: probed }: Patient): boolean =>
  probed !== undefined && !('problem' in probed) && (name !== GPU_PACKAGE || probed.gpu);

function copiesOfCore(core: string | undefined, folders: readonly string[]): string[] {
  const files = USERS.map((name) => findModule(name, folders)).map(
    (file) => file && coreOf(dirname(file)),
  );
  const all = [core, ...files].filter((file) => file !== undefined);
  return [...new Set(all.map(packageFolder))];
}

async function nativeNeeds(): Promise<Need[]> {
  const { signal } = new AbortController();
  return [
    await need('a system that TensorFlow has wheels for', async () => platform(false).name),
    await need('Python with pip', async () => {
      const python = await pythonWithPip(signal);
      const ended = await runTool(python, ['--version']);
      return ended?.stdout.trim() || python;
    }),
    await need('a C++ compiler', async () => {
      const [command = '', ...words] = await compiler();
      const ended = await runTool(command, [...words, '--version']);
      return ended?.stdout.split('\n')[0] ?? command;
    }),
  ];
}

async function need(what: string, find: () => Promise<string>): Promise<Need> {
  try {
    return { what, found: await find() };
  } catch (error) {
    if (!(error instanceof SAEError)) throw error;
    return { what, found: null, advice: error.message };
  }
}
