/** What lies in the memory at an address of its own, as assembly/layout.ts has it. */
export type Place =
  | ('fault' | 'params' | 'results' | 'stamps' | 'x' | 'target' | 'errors')
  | ('rowCodes' | 'rowFeatures' | 'rowValues')
  | ('placeOf' | 'isStale' | 'updatedAt' | 'listCount' | 'listStart' | 'pool' | 'firing')
  | ('spreadSums' | 'spreadSquares' | 'prefixEnds' | 'prefixWeights' | 'asleep')
  | ('vector' | 'vectorBefore' | 'vectorsLeast' | 'biasBefore' | 'biasMovedAt' | 'skipPlaceOf')
  | `${'encoder' | 'decoder' | 'vector' | 'bias' | 'skip'}${'' | 'V' | 'M'}`;

/** What a module instance offers; src/kernels/assembly/index.ts has it. */
export interface KernelExports extends Readonly<Record<Place, WebAssembly.Global>> {
  /** Lays the memory out; returns where the pool of pair lists begins, in bytes. */
  configure(...sizes: number[]): number;
  segmentBytes(): number;
  step(thread: number): void;
  encodeRows(thread: number): void;
  forward(thread: number): void;
  encodeAndDecode(thread: number): void;
  decodeLists(thread: number): void;
  takeBack(step: number): void;
  catchUp(step: number): void;
}

/** What all threads can be told to do, by number. */
export const COMMANDS = [
  'configure',
  'step',
  'encodeRows',
  'forward',
  'encodeAndDecode',
  'decodeLists',
] as const;
export type Command = (typeof COMMANDS)[number];

/** An instance on a memory, told which architecture it computes. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  architecture: string,
): KernelExports {
  const host = { now: () => performance.now() };
  const { exports } = new WebAssembly.Instance(module, { env: { memory }, host });
  (exports[architecture] as () => void)();
  return exports as unknown as KernelExports;
}
