import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { findModule } from '../../backends/findModule';
import { coreOf } from '../../backends/start';
import { differentCopies, missing } from '../../errors';
import { failed, runTool } from '../runTool';
import { shellWord } from '../wording';

/** A tfjs-node package in the user's project. */
export interface TfjsNode {
  /** Its folder. */
  readonly folder: string;
  readonly version: string;
  /** How to keep it, if package.json does not name it. */
  readonly keepBy?: string;
}

const CORE = '@tensorflow/tfjs-core';
const OTHERS = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];

/** Package managers with files of their own in a project, and the command that adds a package. */
const MANAGERS = [
  { lock: 'pnpm-lock.yaml', name: 'pnpm', add: 'pnpm add --ignore-scripts' },
  { lock: '.pnp.cjs', name: 'Yarn', add: 'yarn add --mode=skip-build' },
  { lock: '.yarnrc.yml', name: 'Yarn', add: 'yarn add --mode=skip-build' },
  { lock: 'yarn.lock', name: 'Yarn', add: 'yarn add --ignore-scripts' },
  { lock: 'bun.lock', name: 'Bun', add: 'bun add --ignore-scripts' },
] as const;

/**
 * Returns the project's tfjs-node; if it is missing, npm installs it without its install script,
 * which is the part that fails.
 *
 * @param name the name of the package
 * @param home the folder of this program, whose tfjs-core must be used
 * @param beforeInstall called before the project is changed
 * @throws SAE_MISSING if it is missing and the project does not use npm; SAE_STATE if npm fails or
 *   if there would be two copies of tfjs-core
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

/**
 * Returns whether a project's package.json names a package: npm removes those that it does not
 * name.
 */
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
  // As a dependency, because npm skips what the project names as an optional peer.
  const args = [
    'install',
    '--no-save',
    '--save-prod',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ];
  // Otherwise npm would remove the other one, which package.json does not name either.
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

/** Returns the folder of the package that a file belongs to. */
export function packageFolder(file: string): string {
  let folder = dirname(file);
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** Returns the project that has a package in its node_modules. */
function rootOf(file: string): string {
  const parts = file.split(sep);
  return parts.slice(0, parts.indexOf('node_modules')).join(sep) || process.cwd();
}

export function versionOf(folder: string): string {
  // Only for packages of tfjs, which have a version.
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string })
    .version;
}
