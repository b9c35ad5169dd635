import { getBackend } from '@tensorflow/tfjs-core';
import { isTensorFlowOnGPU } from '../gpu';

/** The implementations of a training step, by the names that `compile` accepts. */
export const STEPS = ['auto', 'sparse', 'tensor'] as const satisfies readonly StepName[];
/**
 * What takes a training step: `'sparse'` is WebAssembly on the CPU, `'tensor'` is tfjs's backend,
 * and `'auto'` is the faster of the two.
 */
export type StepName = 'auto' | 'sparse' | 'tensor';

/** Thrown if kernels cannot run here; says why. */
export class KernelsRefused extends Error {
  override readonly name = 'KernelsRefused';
}

/** Backends where it is known which is faster; for others it is measured at run time. */
const FASTER: Readonly<Record<string, 'sparse' | 'tensor'>> = {
  cpu: 'sparse',
  wasm: 'sparse',
  webgpu: 'tensor',
  webgl: 'tensor',
};

/**
 * Chooses what computes next, in training and otherwise: the kernels (`'sparse'`) or tfjs's
 * backend. It is called anew each time, since an optimizer, a frozen weight or another backend can
 * change what is possible.
 *
 * @param wanted what the user asked for
 * @param obstacle why the kernels cannot compute it, in words; undefined if they can
 * @returns `'measured'` if both can, and it must be measured which is faster
 */
export function choose(
  wanted: StepName,
  obstacle: string | undefined,
): 'sparse' | 'tensor' | 'measured' {
  if (wanted !== 'auto') return wanted;
  return obstacle === undefined ? (fasterBody() ?? 'measured') : 'tensor';
}

/**
 * Calls a function that makes a choice and computes accordingly, and calls it again if kernels
 * turned out not to run here: the dictionary then knows the obstacle.
 */
export async function chosen<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof KernelsRefused)) throw error;
    return act();
  }
}

/** Returns what is faster on tfjs's backend; undefined if it depends. */
export function fasterBody(): 'sparse' | 'tensor' | undefined {
  const backend = getBackend();
  // Without a GPU, tfjs-node's products are slower by as much as they are more numerous.
  if (backend === 'tensorflow') return isTensorFlowOnGPU() ? 'tensor' : 'sparse';
  return isSoftwareGL(backend) ? undefined : FASTER[backend];
}

/** What renderers that draw with the CPU call themselves. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
let software: boolean | undefined;

/** Returns whether tfjs's WebGL runs on the CPU. */
function isSoftwareGL(backend: string): boolean {
  if (backend !== 'webgl' || typeof OffscreenCanvas !== 'function') return false;
  software ??= SOFTWARE.test(rendererName());
  return software;
}

function rendererName(): string {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  // Except in Firefox, the plain name is the browser's.
  const names = gl?.getExtension('WEBGL_debug_renderer_info');
  return String(gl?.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
}
