/** A backend of tfjs for Node. */
export type Backend = 'tensorflow' | 'wasm' | 'cpu';

/** A package, and the backend that it provides. */
export interface BackendPackage {
  readonly backend: Backend;
  readonly name: string;
}

const GPU = { backend: 'tensorflow', name: '@tensorflow/tfjs-node-gpu' } as const;
const NATIVE = { backend: 'tensorflow', name: '@tensorflow/tfjs-node' } as const;
const WASM = { backend: 'wasm', name: '@tensorflow/tfjs-backend-wasm' } as const;
const CPU = { backend: 'cpu', name: '@tensorflow/tfjs-backend-cpu' } as const;
/** All of tfjs, which includes the cpu backend. */
const TFJS = { backend: 'cpu', name: '@tensorflow/tfjs' } as const;

/** The packages that provide backends, fastest first: docs/native.md has the figures. */
export const PACKAGES: readonly BackendPackage[] = [GPU, WASM, CPU, TFJS, NATIVE];

/** The package whose speed depends on whether it finds a GPU. */
export const GPU_PACKAGE = GPU.name;

/** The packages to install for each backend, in the form that suits most machines. */
export const INSTALL: Readonly<Record<Backend, string>> = {
  tensorflow: 'npx gated-sae native',
  wasm: 'npm install @tensorflow/tfjs-backend-wasm',
  cpu: 'npm install @tensorflow/tfjs',
};

/** Every backend for Node. */
export const BACKENDS = Object.keys(INSTALL) as Backend[];
