import { getBackend } from '@tensorflow/tfjs-core';
import { isTensorFlowOnGPU } from '../gpu';

/** The bodies of a training step, by the names that `compile` takes. */
export const STEPS = ['auto', 'sparse', 'tensor'] as const satisfies readonly StepName[];
/**
 * What is to take a step of training: `'sparse'` is WebAssembly on CPU, `'tensor'` tfjs's backend, and
 * `'auto'` the faster one of them.
 */
export type StepName = 'auto' | 'sparse' | 'tensor';

/** This place lets no kernels run, and says why. */
export class KernelsRefused extends Error {
  override readonly name = 'KernelsRefused';
}

/** Backends of which it is clear which is faster; of others it is measured at run time. */
const FASTER: Readonly<Record<string, 'sparse' | 'tensor'>> = {
  cpu: 'sparse',
  wasm: 'sparse',
  webgpu: 'tensor',
  webgl: 'tensor',
};

/**
 * What computes next, in training and without: the kernels (`'sparse'`) or tfjs's backend. Anew each time,
 * for an optimizer, a frozen weight or another backend can change what is possible.
 *
 * @param wanted what the user has asked for
 * @param obstacle why the kernels cannot, in words; undefined where they can
 * @returns `'measured'` where both can, and which one is faster depends
 */
export function choose(
  wanted: StepName,
  obstacle: string | undefined,
): 'sparse' | 'tensor' | 'measured' {
  if (wanted !== 'auto') return wanted;
  return obstacle === undefined ? (fasterBody() ?? 'measured') : 'tensor';
}

/**
 * Calls what makes a choice and computes by it, and again where the place has refused the kernels: the
 * dictionary knows of the obstacle then.
 */
export async function chosen<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof KernelsRefused)) throw error;
    return act();
  }
}

/** What is faster on tfjs's backend; undefined where it depends. */
export function fasterBody(): 'sparse' | 'tensor' | undefined {
  const backend = getBackend();
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
