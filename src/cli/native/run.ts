import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { bindingFails } from '../../errors';
import { untilInterrupted } from '../interruption';
import { probe } from '../probe/process';
import type { Working } from '../probe/run';
import { lastLines, runTool } from '../runTool';
import { duration } from '../wording';
import { bytesIn, cacheFolder, fillFolder, type Manifest, manifestOf } from './cache';
import { compileBinding, compiler, nodeHeaders } from './compile';
import { bring, hasOwnBinding, link, unlink } from './link';
import { type Platform, platform } from './platform';
import { NativeProgress } from './progress';
import { type TfjsNode, tfjsNodeOf } from './project';
import { pythonWithPip } from './python';
import { fetchedTensorFlow, installedTensorFlow, type TensorFlow } from './tensorFlow';

/** The arguments of the command. */
export interface NativeArgs {
  readonly gpu: boolean;
  /** A Python, or a venv, whose TensorFlow is used. */
  readonly python: string | undefined;
}

const say = (line: string) => process.stderr.write(`${line}\n`);
const GB = 1e9;

/**
 * Runs the whole command: finds or builds the binding, links it, checks it, and prints what was
 * done.
 *
 * @param home the folder of this program
 * @throws SAEError if something is missing or fails; nothing half-made is left then
 */
export async function runNative({ gpu, python }: NativeArgs, home: string): Promise<void> {
  const begin = Date.now();
  const progress = new NativeProgress(process.stderr);
  const announce = () => {
    progress.stop();
    say('Stopping, and removing what is half made …');
  };
  await untilInterrupted(announce, async (signal) => {
    const machine = platform(gpu);
    const name = `@tensorflow/tfjs-node${gpu ? '-gpu' : ''}`;
    const installed =
      python === undefined ? undefined : await installedTensorFlow(python, machine, signal);
    // Report at once what is needed only at the end.
    const checkTools = async () => {
      await compiler(signal);
      if (installed === undefined) await pythonWithPip(signal);
    };
    const tfjsNode = await tfjsNodeOf(name, home, say, signal, checkTools);
    if (await hasOwnBinding(tfjsNode.folder)) {
      const checked = await probe(name, home, ['--check'], signal);
      if (!('problem' in checked)) {
        print([
          `${name} ${tfjsNode.version} works here already, by its own binding: nothing was done.`,
        ]);
        return;
      }
      say(`Its own binding does not work, and is replaced: ${checked.problem}`);
    }
    const order = { tfjsNode, machine, gpu, home, checkTools, progress, signal };
    const { folder, manifest, isNew } = await built(order, installed);
    progress.begin('Checking it');
    await link(folder, tfjsNode.folder);
    const checked = await probe(name, home, ['--check'], signal);
    progress.stop();
    if ('problem' in checked) {
      await unlink(tfjsNode.folder);
      throw bindingFails('native', checked.problem, folder);
    }
    const size = await bytesIn(folder);
    const seconds = (Date.now() - begin) / 1000;
    print(summary(name, tfjsNode, manifest, folder, size, isNew, seconds, gpu, checked));
  });
}

const print = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`);

interface Order {
  readonly tfjsNode: TfjsNode;
  readonly machine: Platform;
  readonly gpu: boolean;
  readonly home: string;
  readonly checkTools: () => Promise<void>;
  readonly progress: NativeProgress;
  readonly signal: AbortSignal;
}

/** Returns a finished build from the cache, after making it if needed. */
async function built(
  order: Order,
  installed: TensorFlow | undefined,
): Promise<{ folder: string; manifest: Manifest; isNew: boolean }> {
  const { tfjsNode, machine, gpu, progress, signal } = order;
  const wheel = (gpu && machine.packages.gpu) || machine.packages.cpu;
  const of = installed
    ? `tensorflow-${installed.version}-${await fingerprint(installed, machine)}${gpu ? '-gpu' : ''}`
    : `${wheel}-${machine.tensorflow}`;
  const folder = join(cacheFolder(), `tfjs-node-${tfjsNode.version}_${of}_${machine.name}`);
  const there = await manifestOf(folder);
  if (there) return { folder, manifest: there, isNew: false };
  await order.checkTools();
  const manifest = await fillFolder(folder, async (partial) => {
    const scratch = join(partial, 'scratch');
    await fs.mkdir(scratch);
    const tensorflow =
      installed ?? (await fetchedTensorFlow(wheel, machine, scratch, progress, signal));
    await fill(partial, tensorflow, order);
    await fs.rm(scratch, { recursive: true });
    return {
      tfjsNode: tfjsNode.version,
      tensorflow: tensorflow.version,
      source: tensorflow.source,
      platform: machine.name,
      built: new Date().toISOString(),
    };
  });
  return { folder, manifest, isNew: true };
}

/** Collects the libraries, compiles the binding, and loads it once. */
async function fill(
  partial: string,
  { folder, version }: TensorFlow,
  { tfjsNode, machine, gpu, home, progress, signal }: Order,
): Promise<void> {
  const libraries = join(partial, 'deps', 'lib');
  await fs.mkdir(libraries, { recursive: true });
  await fs.mkdir(join(partial, 'lib', 'napi-v8'), { recursive: true });
  progress.begin(`Taking the libraries of TensorFlow ${version}`, libraries);
  for (const name of machine.libraries) await bring(join(folder, name), join(libraries, name));
  // Where `pip install tensorflow[and-cuda]` puts CUDA, and TensorFlow looks for it.
  const cuda = join(folder, '..', 'nvidia');
  if (gpu && (await isFolder(cuda))) await fs.symlink(cuda, join(partial, 'deps', 'nvidia'));
  progress.begin(`Compiling the binding of tfjs-node ${tfjsNode.version}`);
  const headers = [join(folder, 'include'), nodeHeaders(home)];
  const sources = join(tfjsNode.folder, 'binding');
  const binding = await compileBinding(sources, headers, partial, machine, signal);
  progress.stop();
  // Checked before it is kept in the cache: a binding that does not load is discarded.
  const ended = await runTool(process.execPath, ['-e', 'require(process.argv[1])', binding], {
    signal,
    env: { TF_CPP_MIN_LOG_LEVEL: '3' },
  });
  if (ended?.code === 0) return;
  const problem = ended?.signal ?? (ended && lastLines(ended).find((line) => /Error/.test(line)));
  throw bindingFails('native', problem ?? 'an end without a word', partial);
}

const isFolder = (path: string) =>
  fs.stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );

/** Distinguishes one TensorFlow from another of the same version: conda's differs from PyPI's. */
async function fingerprint({ folder }: TensorFlow, { libraries }: Platform): Promise<string> {
  const { size, mtimeMs } = await fs.stat(join(folder, libraries[0]));
  return createHash('sha256').update(`${size} ${mtimeMs}`).digest('hex').slice(0, 8);
}

function summary(
  name: string,
  { version, folder: project, keepBy }: TfjsNode,
  manifest: Manifest,
  folder: string,
  size: number,
  isNew: boolean,
  seconds: number,
  gpu: boolean,
  checked: Working,
): string[] {
  const device = checked.gpu ? 'on the GPU' : gpu ? 'on the CPU: it finds no GPU' : 'on the CPU';
  return [
    `${name} ${version} works here, with TensorFlow ${manifest.tensorflow} (${manifest.source}), ${device}.`,
    `  checked   a product and a training in a process of its own: right to ${errorsOf(checked)}`,
    `  built     ${isNew ? `now, in ${duration(seconds)}` : `before, on ${manifest.built.slice(0, 10)}`}`,
    `  kept in   ${folder} (${(size / GB).toFixed(1)} GB)`,
    `  linked in ${project}`,
    ...(keepBy
      ? [
          `${name} is not in package.json: the next npm install takes it out. To keep it:`,
          `  ${keepBy}`,
          `and run gated-sae native again after each npm ci --ignore-scripts.`,
        ]
      : []),
    'gated-sae doctor tells how fast it is.',
  ];
}

const errorsOf = ({ errors }: Working): string =>
  Math.max(errors.matMul, errors.step).toExponential(0);
