import { join } from 'node:path';
import { BrowserContestant } from './browserContestant';
import type { Absence, Contestant } from './contestant';
import { KernelPhases } from './kernelPhases';
import { libraryStep, naiveAutodiff } from './ownContestants';
import { ProcessContestant } from './processContestant';
import { modelIn, type State } from './state';

/** Threads that everybody has who can use several. */
export const THREADS = 2;

export const NAMES = {
  sparse: `sparse step, ${THREADS} threads`,
  sparseAlone: 'sparse step, 1 thread',
  /** The sparse step without a model around it. */
  kernels: `kernels, ${THREADS} threads`,
  kernelsAlone: 'kernels, 1 thread',
  /** Node 24 has the kernels of relaxed SIMD, Node 20 those of plain SIMD. */
  node24: `sparse step, ${THREADS} threads, Node 24`,
  node20: `sparse step, ${THREADS} threads, Node 20`,
  browser: `sparse step, ${THREADS} threads, Chromium`,
  tensor: 'tensor step, wasm',
  tensorNode: 'tensor step, tfjs-node',
  naive: 'naive autodiff, wasm',
  keras: 'Keras',
  kerasXla: 'Keras, XLA',
  saeLens: 'SAELens',
} as const;

/** What is there to compare with. */
export interface Available {
  /** The version of tfjs-node. */
  readonly tfjsNode?: string;
  /** Interpreters with gated-sae-tf, and with SAELens. */
  readonly keras?: string;
  readonly saeLens?: string;
}

/** Somebody who may take part: where the start rejects, they do not. */
interface Candidate {
  readonly name: string;
  readonly start: () => Promise<Contestant>;
}

/** Who takes part, each with the state in its memory; and who cannot. */
export interface Lineup {
  readonly contestants: readonly Contestant[];
  readonly absences: readonly Absence[];
}

const root = join(__dirname, '..', '..');
const TSX = join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');
const scripts = join(root, 'python-interop', 'bench');

/**
 * Starts the contestants, one after another.
 *
 * @param folder in which the state is written
 * @param naive whether autodiff takes part, which takes a hundred times as long
 */
export async function lineUp(
  state: State,
  folder: string,
  available: Available,
  naive: boolean,
): Promise<Lineup> {
  const candidates = [...own(state, folder, available, naive), ...inPython(folder, available)];
  const contestants: Contestant[] = [];
  const absences: Absence[] = [];
  for (const { name, start } of candidates) {
    try {
      contestants.push(await start());
    } catch (error) {
      absences.push({ name, reason: String(error) });
    }
  }
  return { contestants, absences };
}

function own(state: State, folder: string, { tfjsNode }: Available, naive: boolean): Candidate[] {
  const step = (name: string, args: Parameters<typeof libraryStep>[2]): Candidate => ({
    name,
    start: () => libraryStep(name, state, args),
  });
  const kernels = (name: string, threads: number): Candidate => ({
    name,
    start: () => KernelPhases.start(name, modelIn(state), state.x, threads),
  });
  return [
    step(NAMES.sparse, { step: 'sparse', threads: THREADS }),
    kernels(NAMES.kernels, THREADS),
    step(NAMES.sparseAlone, { step: 'sparse', threads: 1 }),
    kernels(NAMES.kernelsAlone, 1),
    ...inNodes(folder),
    { name: NAMES.browser, start: () => BrowserContestant.start(NAMES.browser, folder, THREADS) },
    step(NAMES.tensor, { step: 'tensor' }),
    ...(tfjsNode ? [step(NAMES.tensorNode, { step: 'tensor', backend: 'tensorflow' })] : []),
    ...(naive ? [{ name: NAMES.naive, start: () => naiveAutodiff(NAMES.naive, state) }] : []),
  ];
}

/** The sparse step in a version of Node, by the name of the contestant: this process's, where it is that. */
export const nameInNode = (version: '20' | '24'): string =>
  process.version.startsWith(`v${version}.`) ? NAMES.sparse : NAMES[`node${version}`];

/** Versions of Node other than this one. */
function inNodes(folder: string): Candidate[] {
  const others = (['24', '20'] as const).filter((version) => nameInNode(version) !== NAMES.sparse);
  return others.map((version) => {
    const name = nameInNode(version);
    const start = async () => {
      const { nodeOf } = await import('../matrix/nodes.mts');
      const args = [TSX, join(__dirname, 'stepInNode.ts'), folder, `${THREADS}`];
      return ProcessContestant.start(name, await nodeOf(version), args, THREADS);
    };
    return { name, start };
  });
}

function inPython(state: string, { keras, saeLens }: Available): Candidate[] {
  const candidate = (
    name: string,
    python: string | undefined,
    script: string,
    ...flags: string[]
  ) =>
    python === undefined
      ? []
      : [{ name, start: () => stepInPython(name, state, python, script, flags) }];
  return [
    ...candidate(NAMES.keras, keras, 'keras_step.py'),
    ...candidate(NAMES.kerasXla, keras, 'keras_step.py', '--jit'),
    ...candidate(NAMES.saeLens, saeLens, 'saelens_step.py'),
  ];
}

/** SAELens's own trainer, from the state in a folder. */
export const saeLensStep = (name: string, state: string, python: string) =>
  stepInPython(name, state, python, 'saelens_step.py');

function stepInPython(
  name: string,
  state: string,
  python: string,
  script: string,
  flags: readonly string[] = [],
): Promise<ProcessContestant> {
  const args = [join(scripts, script), state, '--threads', `${THREADS}`, ...flags];
  return ProcessContestant.start(name, python, args, THREADS);
}
