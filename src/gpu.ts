import { backend } from '@tensorflow/tfjs-core';

/** Whether tfjs-node's backend, if that is the one that is set, computes on a GPU: its own word. */
export const isTensorFlowOnGPU = (): boolean =>
  (backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
