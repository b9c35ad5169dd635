// Runs that are saved and loaded on their way, and runs that are not.
import * as tf from '@tensorflow/tfjs';
import {
  decodeKeras,
  encodeKeras,
  KerasAdam,
  KerasSGD,
  type SAEModel,
  WarmupCosineDecay,
} from '../../src';
import { differs } from '../backends/differences';
import { rows, SUBJECTS } from '../conformance/architecture';

/** One training, by what may make a difference to it. */
export interface Run {
  readonly architecture: string;
  readonly step: 'sparse' | 'tensor';
  readonly optimizer: () => tf.Optimizer;
  readonly threads?: number;
  readonly seed?: number;
}

/** Puts a model away and brings it back. */
export type Way = (model: SAEModel) => Promise<SAEModel>;

const schedule = () => new WarmupCosineDecay({ peakLr: 0.02, warmupSteps: 5, totalSteps: 60 });

/** Its name, the step that can take it, and what makes it. */
export type NamedOptimizer = readonly [string, 'both' | 'tensor', () => tf.Optimizer];

const OPTIMIZERS: readonly NamedOptimizer[] = [
  ['no momentum', 'both', () => new KerasAdam({ learningRate: 0.01, beta1: 0 })],
  ['no momentum, a schedule', 'both', () => new KerasAdam({ learningRate: schedule(), beta1: 0 })],
  [
    'no momentum, β2 0.1',
    'both',
    () => new KerasAdam({ learningRate: 0.01, beta1: 0, beta2: 0.1 }),
  ],
  ['momentum', 'both', () => new KerasAdam({ learningRate: 0.01 })],
  ['momentum, a schedule', 'both', () => new KerasAdam({ learningRate: schedule() })],
  [
    'decay of weights',
    'tensor',
    () => new KerasAdam({ learningRate: 0.01, beta1: 0, weightDecay: 0.05 }),
  ],
  ['SGD', 'tensor', () => new KerasSGD({ learningRate: 0.05, momentum: 0.9, nesterov: true })],
];

/** Every architecture, step and optimizer that go together on this backend, each with a name. */
export const runsOf = (optimizers: readonly NamedOptimizer[]): [string, Run][] =>
  SUBJECTS.flatMap(([architecture, { steps }]) =>
    steps
      .filter((step) => step === 'sparse' || !differs('repeated'))
      .flatMap((step) =>
        optimizers
          .filter(([, where]) => where === 'both' || where === step)
          .map(([name, , optimizer]): [string, Run] => [
            `${architecture}, ${step}, ${name}`,
            { architecture, step, optimizer },
          ]),
      ),
  );

export const RUNS = runsOf(OPTIMIZERS);

export const INPUT_DIM = 20;
const FEATURES = 72;
/** The tensor step takes ten times as long with so few numbers. */
export const STEPS = { sparse: 80, tensor: 18 } as const;

/** The model before its first step: few of its features are active in any one batch. */
export function begun({ architecture, step, optimizer, threads, seed = 1 }: Run): SAEModel {
  const [, subject] = SUBJECTS.find(([name]) => name === architecture) as (typeof SUBJECTS)[number];
  const lambda = 'lambdaSparse' in subject.lambda ? { lambdaSparse: 0.02 } : {};
  const sae = subject.model({ inputDim: INPUT_DIM, encodingDim: FEATURES, ...lambda, seed });
  tf.tidy(() => {
    const threshold = sae.weights[1] as tf.LayerVariable;
    threshold.write(tf.linspace(-3.2, -0.5, FEATURES));
  });
  sae.compile({
    optimizer: optimizer(),
    step,
    ...(step === 'sparse' && { threads: threads ?? 1 }),
  });
  return sae;
}

/** Compiles a model that was loaded as it was before: files do not tell by which step. */
export function goOn(model: SAEModel, { step, threads = 1 }: Run): SAEModel {
  const { optimizer } = model;
  model.compile({ optimizer, step, ...(step === 'sparse' && { threads }) });
  return model;
}

/** The batch of one step: the last of each eight is a short one. */
export const batchOf = (step: number): tf.Tensor2D =>
  rows(step % 8 === 7 ? 5 : 24, 100 + step, INPUT_DIM);

/** Every architecture, trained by each body that it has, the same every time. */
export const everyBody = (): SAEModel[] =>
  SUBJECTS.flatMap(([name, subject]) =>
    subject.steps.map((step, i) => {
      const normalize = i === 0 ? 'layer-norm' : 'none';
      const sae = subject.model({ name: `${name}_${step}`, encodingDim: 10 + i, normalize });
      sae.compile({ optimizer: new KerasAdam({ learningRate: 0.01 }), step });
      return sae;
    }),
  );

/** Trains from one step to another. */
export async function train(model: SAEModel, from: number, to: number): Promise<void> {
  for (let step = from; step < to; step++) {
    const x = batchOf(step);
    await model.trainOnBatch(x);
    x.dispose();
  }
}

export function disposeAll(model: SAEModel): void {
  // What tfjs's momentum forgets.
  const { c } = model.optimizer as unknown as { c?: tf.Scalar };
  if (c && !c.isDisposed) c.dispose();
  model.optimizer.dispose();
  model.dispose();
}

/** A run without a break, or one that is put away before each of these steps, one way after another. */
export async function trained(run: Run, breaks: readonly number[] = [], ways: readonly Way[] = []) {
  let model = begun(run);
  let at = 0;
  for (const [i, next] of breaks.entries()) {
    await train(model, at, next);
    at = next;
    const loaded = await (ways[i % ways.length] as Way)(model);
    disposeAll(model);
    model = goOn(loaded, run);
  }
  await train(model, at, STEPS[run.step]);
  const state = await stateOf(model);
  disposeAll(model);
  return state;
}

const bitsOf = (t: tf.Tensor): Uint32Array => new Uint32Array(t.dataSync().slice().buffer);

const isOurs = (optimizer: tf.Optimizer) =>
  optimizer instanceof KerasAdam || optimizer instanceof KerasSGD;

/** Every weight and moment as its bits, and the steps taken. */
export async function stateOf(model: SAEModel): Promise<Map<string, Uint32Array>> {
  const own = model.getWeights().map((tensor, i) => [`weight ${i}`, bitsOf(tensor)] as const);
  const kept = await model.optimizer.getWeights();
  const [iterations] = kept;
  const counts = new Map<string, number>();
  const moments = kept.map(({ name, tensor }) => {
    const kind = name.slice(name.lastIndexOf('/') + 1);
    const i = counts.get(kind) ?? 0;
    counts.set(kind, i + 1);
    return [`${kind} ${i}`, bitsOf(tensor)] as const;
  });
  // tfjs's own optimizers give a new one each time, to whoever asks.
  if (!isOurs(model.optimizer)) iterations?.tensor.dispose();
  return new Map([...own, ...moments]);
}

/**
 * How many values differ, by the names of those in which some do.
 *
 * A first moment without momentum is the last gradient to Keras, and nothing here: what only the
 * file has had is left out.
 */
export function differing(a: Map<string, Uint32Array>, b: Map<string, Uint32Array>) {
  const lastGradient = (name: string, other: Map<string, Uint32Array>) =>
    name.startsWith('m ') && !other.has('m 0');
  const names = new Set([
    ...[...a.keys()].filter((name) => !lastGradient(name, b)),
    ...[...b.keys()].filter((name) => !lastGradient(name, a)),
  ]);
  const counts = [...names].map((name) => {
    const [ours, theirs] = [a.get(name), b.get(name)];
    if (ours?.length !== theirs?.length) return [name, Number.NaN] as const;
    return [name, ours?.filter((bits, i) => bits !== theirs?.[i]).length ?? 0] as const;
  });
  return Object.fromEntries(counts.filter(([, count]) => count !== 0));
}

/** Through what any tfjs handler gets, as a file would hold it. */
export const throughMemory: Way = async (model) => {
  const artifacts = await new Promise<tf.io.ModelArtifacts>((resolve, reject) => {
    const handler = tf.io.withSaveHandler(async ({ weightData, ...rest }) => {
      resolve({ ...(JSON.parse(JSON.stringify(rest)) as tf.io.ModelArtifacts), weightData });
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    });
    model.save(handler).catch(reject);
  });
  return (await tf.loadLayersModel(tf.io.fromMemory(artifacts))) as unknown as SAEModel;
};

export const throughKeras: Way = async (model) =>
  (await decodeKeras(await encodeKeras(model, { includeOptimizer: true }), {
    includeOptimizer: true,
  })) as SAEModel;
