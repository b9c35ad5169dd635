import { backend } from '@tensorflow/tfjs-core';

/** Returns whether tfjs-node's backend, if it is set, computes on a GPU, according to itself. */
export const isTensorFlowOnGPU = (): boolean =>
  (backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
