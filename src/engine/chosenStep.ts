import { getBackend } from '@tensorflow/tfjs-core';
import { noSparseStep } from '../errors';
import { isTensorFlowOnGPU } from '../gpu';
import { FasterStep } from './fasterStep';
import { KernelsRefused, type KernelWeights } from './kernelWeights';
import { SparseStep } from './sparseStep';
import { TensorStep } from './tensorStep';
import type { StepBatch, StepResult, StepTaken, Trainee, TrainStep } from './trainStep';

/** The bodies of a training step, by the names that `compile` takes. */
export const STEPS = ['auto', 'sparse', 'tensor'] as const satisfies readonly StepName[];
/**
 * What is to take a step of training: `'sparse'` is WebAssembly on CPU, `'tensor'` tfjs's backend, and
 * `'auto'` the faster one of them.
 */
export type StepName = 'auto' | 'sparse' | 'tensor';

/** Backends of which it is clear which step is faster; of others it is measured at run time. */
const FASTER: Readonly<Record<string, 'sparse' | 'tensor'>> = {
  cpu: 'sparse',
  wasm: 'sparse',
  webgpu: 'tensor',
  webgl: 'tensor',
};

/**
 * The training step that `compile` asked for. Each step anew, for an optimizer, a frozen weight or
 * another backend can change what is possible.
 */
export class ChosenStep implements TrainStep {
  private readonly sparse: SparseStep;
  private readonly tensor: TensorStep;
  private readonly faster: FasterStep;
  private last: TrainStep | undefined;
  private warned = false;

  constructor(
    private readonly trainee: Trainee,
    private readonly wanted: StepName,
    weights: KernelWeights,
  ) {
    this.sparse = new SparseStep(trainee, weights);
    this.tensor = new TensorStep(trainee);
    this.faster = new FasterStep([this.sparse, this.tensor]);
  }

  async run(batch: StepBatch): Promise<StepResult> {
    try {
      this.last = this.body();
      return await this.last.run(batch);
    } catch (error) {
      if (!(error instanceof KernelsRefused)) throw error;
      this.last = this.body(); // which knows of the refusal now
      return await this.last.run(batch);
    }
  }

  get taken(): StepTaken | undefined {
    return this.last?.taken;
  }

  private body(): TrainStep {
    if (this.wanted === 'tensor') return this.tensor;
    const { obstacle } = this.sparse;
    if (obstacle !== undefined && this.wanted === 'sparse') {
      throw noSparseStep(this.trainee.where, obstacle);
    }
    if (this.wanted === 'sparse') return this.sparse;
    const backend = getBackend();
    const clear = fasterStep(backend);
    if (obstacle === undefined) return clear ? this[clear] : this.faster;
    if (clear === 'sparse') this.warn(obstacle);
    return this.tensor;
  }

  private warn(obstacle: string): void {
    if (this.warned) return;
    this.warned = true;
    console.warn(`${this.trainee.where} trains with the slower tensor step: ${obstacle}.`);
  }

  dispose(): void {
    this.sparse.dispose();
    this.tensor.dispose();
  }
}

/** The faster step on a backend; undefined where it depends. */
function fasterStep(backend: string): 'sparse' | 'tensor' | undefined {
  // Without a GPU tfjs-node's products are as much slower as they are more.
  if (backend === 'tensorflow') return isTensorFlowOnGPU() ? 'tensor' : 'sparse';
  return isSoftwareGL(backend) ? undefined : FASTER[backend];
}

/** How renderers call themselves that draw with the CPU. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
let software: boolean | undefined;

/** Whether tfjs's WebGL is drawn by the CPU. */
function isSoftwareGL(backend: string): boolean {
  if (backend !== 'webgl' || typeof OffscreenCanvas !== 'function') return false;
  software ??= SOFTWARE.test(rendererName());
  return software;
}

function rendererName(): string {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  // Elsewhere than in Firefox the plain name is the browser's.
  const names = gl?.getExtension('WEBGL_debug_renderer_info');
  return String(gl?.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
}
