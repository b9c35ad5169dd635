/**
 * What tests ask of one backend and not of another: all of it, with the reason. docs/backends.md
 * prints these tables, and test/matrix holds it to them.
 */
import * as tf from '@tensorflow/tfjs';

/** One thing that tests expect otherwise on some backends. */
export interface Difference {
  /** The backends on which it is otherwise. */
  readonly backends: readonly string[];
  readonly file: string;
  /** What holds everywhere else. */
  readonly elsewhere: string;
  /** What is tested there. */
  readonly there: string;
  readonly reason: string;
}

export const DIFFERENCES = {
  wrongOn: {
    backends: ['wasm', 'webgpu'],
    file: 'test/io/keras/roundTrip.test.ts',
    elsewhere: "every file gives Keras's predictions",
    there: 'eight files are refused with SAE_UNSUPPORTED on wasm, and two on webgpu',
    reason:
      'tfjs gives wrong results there: for three-dimensional and short windows on wasm, for masks of recurrent layers on webgpu',
  },
  sparseIsNotFaster: {
    backends: ['webgl', 'webgpu'],
    file: 'test/engine/sparseStep.test.ts, test/optimizers/kerasSGD.test.ts',
    elsewhere: "step 'auto' is the sparse step, with a message if it cannot be",
    there: "step 'auto' is the tensor step, or the faster one, without a message",
    reason: 'the tensor step is not slower there',
  },
  repeated: {
    backends: ['webgl', 'webgpu'],
    file: 'test/conformance/saving.test.ts, test/conformance/rankOfLayer.test.ts, test/io/keras/trainOn.test.ts, test/engine/unbroken.test.ts, test/engine/overflow.test.ts, test/models/targetL0.test.ts',
    elsewhere:
      'a model that was saved and loaded, or whose last step was undone, trains on bit for bit',
    there:
      'it trains on within REPEATED; unbroken, overflow and targetL0 require this only of the sparse step',
    reason: "tfjs's order of sums in a product depends on where its operands are stored",
  },
  batches: {
    backends: ['tensorflow'],
    file: 'test/analysis/featureReport.test.ts',
    elsewhere: 'a report is the same bit for bit for every batch size',
    there: 'apart from its examples, its counts are the same and its other numbers within 1e-5',
    reason:
      'TensorFlow sums a product in a different order for a different number of rows, which reorders equal examples',
  },
  fewerSteps: {
    backends: ['webgl', 'webgpu'],
    file: 'test/parity/gated.test.ts',
    elsewhere: 'all 50 training steps that Python took, for every fixture',
    there: 'losses and gradients of the first 3 steps, training over the first 10',
    reason:
      'a software GPU takes about a millisecond per operation, and a step has some fifty of them',
  },
  fewerProblems: {
    backends: ['webgl', 'webgpu'],
    file: 'test/engine/sparseStep.test.ts, test/conformance/transcoder.test.ts',
    elsewhere: 'steps agree on 60 random problems, and transcoders agree with their formulas on 8',
    there: 'on 6, and on 2',
    reason: 'programs are compiled for each new tensor shape, and a software GPU is slow',
  },
  fewerBatches: {
    backends: ['webgl'],
    file: 'test/analysis/featureReport.test.ts',
    elsewhere: 'a report is the same in batches of 1, 7 and 100 rows',
    there: 'of 7 and 100',
    reason: 'a software GPU takes as long for a batch of one row as for many',
  },
  promises: {
    backends: ['cpu', 'wasm', 'tensorflow'],
    file: 'test/conformance/asynchronous.test.ts',
    elsewhere: 'functions that return a promise never block the page to read from the backend',
    there: 'only training by tensors must do so',
    reason: 'the memory that is read is the CPU’s',
  },
} satisfies Record<string, Difference>;

/** Folders of tests that do not run on a backend. */
export const LEFT_OUT = [
  {
    backend: 'webgpu',
    rooms: ['activations', 'analysis', 'galleries'],
    reason:
      'they use operations that the others test, or ordinary tfjs layers, and take longer on a software GPU than all others together',
  },
] as const;

/** The backend that this file's tests run on: tfjs has it only once the first test begins. */
let tested: string | undefined;

/** Says which backend this file's tests run on. */
export function testOn(backend: string): void {
  tested = backend;
}

/** Whether the backend of these tests is one on which that is otherwise. */
export const differs = (name: keyof typeof DIFFERENCES): boolean =>
  (DIFFERENCES[name].backends as readonly string[]).includes(tested ?? tf.getBackend());

/** The largest difference of weights that were trained twice in the same way, where it is not 0. */
export const REPEATED = 1e-6;
