import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { findModule } from '../../backends/findModule';
import { coreOf } from '../../backends/start';
import { differentCopies, missing } from '../../errors';
import { failed, runTool } from '../runTool';
import { shellWord } from '../wording';

/** A package of tfjs-node in the user's project. */
export interface TfjsNode {
  /** Its folder. */
  readonly folder: string;
  readonly version: string;
  /** Set where package.json does not name it: how to keep it. */
  readonly keepBy?: string;
}

const CORE = '@tensorflow/tfjs-core';
const OTHERS = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];

/** Those that have files of their own in the project, and what one types to add a package. */
const MANAGERS = [
  { lock: 'pnpm-lock.yaml', name: 'pnpm', add: 'pnpm add --ignore-scripts' },
  { lock: '.pnp.cjs', name: 'Yarn', add: 'yarn add --mode=skip-build' },
  { lock: '.yarnrc.yml', name: 'Yarn', add: 'yarn add --mode=skip-build' },
  { lock: 'yarn.lock', name: 'Yarn', add: 'yarn add --ignore-scripts' },
  { lock: 'bun.lock', name: 'Bun', add: 'bun add --ignore-scripts' },
] as const;

/**
 * The project's tfjs-node, which npm installs where it is not there: without its install script,
 * which is what fails.
 *
 * @param name of the package
 * @param home the folder of this program, whose tfjs-core is the one that counts
 * @param beforeInstall called before the project is changed
 * @throws SAE_MISSING where it is not there and npm is not the project's; SAE_STATE where npm fails
 *   or there would be two copies of tfjs-core
 */
export async function tfjsNodeOf(
  name: string,
  home: string,
  say: (line: string) => void,
  signal: AbortSignal,
  beforeInstall: () => Promise<unknown>,
): Promise<TfjsNode> {
  const core = findModule(CORE, [home]);
  if (core === undefined) {
    throw missing('native', `the npm package ${CORE}`, 'Run npm install @tensorflow/tfjs.');
  }
  const version = versionOf(packageFolder(core));
  const folders = [home, process.cwd()];
  const there = packageOf(name, folders);
  if (there === undefined) await beforeInstall();
  const root = rootOf(core);
  const found = there ?? (await install(name, version, root, folders, say, signal));
  const other = coreOf(found.folder);
  if (other !== core) {
    throw differentCopies(
      'native',
      dirname(core),
      other === undefined ? 'none' : dirname(other),
      name,
      version,
    );
  }
  if (isNamed(name, root)) return found;
  return { ...found, keepBy: `npm install --ignore-scripts ${name}@${found.version}` };
}

/** Whether a project's package.json names a package: npm takes out what it does not. */
function isNamed(name: string, root: string): boolean {
  const file = join(root, 'package.json');
  if (!existsSync(file)) return false;
  const fields = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object | undefined>;
  return ['dependencies', 'devDependencies', 'optionalDependencies'].some((field) =>
    Object.hasOwn(fields[field] ?? {}, name),
  );
}

function packageOf(name: string, folders: readonly string[]): TfjsNode | undefined {
  const file = findModule(`${name}/package.json`, folders);
  return file === undefined
    ? undefined
    : { folder: dirname(file), version: versionOf(dirname(file)) };
}

async function install(
  name: string,
  version: string,
  root: string,
  folders: readonly string[],
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<TfjsNode> {
  const wanted = `${name}@${version}`;
  const manager = MANAGERS.find(({ lock }) => existsSync(join(root, lock)));
  if (manager) {
    const advice = `Run ${manager.add} ${wanted}, then this again.`;
    throw missing('native', `the npm package ${name} in this ${manager.name} project`, advice);
  }
  // As a dependency, for npm skips what the project names as an optional peer.
  const args = [
    'install',
    '--no-save',
    '--save-prod',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ];
  // npm would take the other one out again, which package.json does not name either.
  const others = OTHERS.filter((other) => other !== name).flatMap((other) => {
    const there = packageOf(other, folders);
    return there ? [`${other}@${there.version}`] : [];
  });
  say(`Installing ${wanted} in ${shellWord(root)}, without its install script …`);
  const ended = await runTool('npm', [...args, wanted, ...others], { cwd: root, signal });
  if (ended === undefined)
    throw missing('native', 'npm', `Install ${wanted} in the project yourself.`);
  const found = ended.code === 0 ? packageOf(name, [root, ...folders]) : undefined;
  if (found) return found;
  const advice = `Install it in the project yourself: npm install --ignore-scripts ${wanted}.`;
  throw failed('native', `npm to install ${wanted}`, ended, advice);
}

/** The folder of the package that a file belongs to. */
export function packageFolder(file: string): string {
  let folder = dirname(file);
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** The project that has a package in its node_modules. */
function rootOf(file: string): string {
  const parts = file.split(sep);
  return parts.slice(0, parts.indexOf('node_modules')).join(sep) || process.cwd();
}

export function versionOf(folder: string): string {
  // Only for packages of tfjs, which have a version.
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string })
    .version;
}
