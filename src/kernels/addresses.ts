import type { KernelExports } from './exports';

/** What has an address, in the order of assembly/addresses.ts. */
const NAMES = [
  ...(['fault', 'params', 'results', 'stamps', 'x', 'target', 'errors'] as const),
  ...(['placeOf', 'updatedAt', 'listCount', 'listStart', 'pool'] as const),
  ...(['encoder', 'decoder', 'vector', 'bias'] as const),
  ...(['encoderV', 'decoderV', 'vectorV', 'biasV'] as const),
  ...(['encoderM', 'decoderM', 'vectorM', 'biasM'] as const),
  ...(['vectorBefore', 'biasBefore', 'biasMovedAt'] as const),
  ...(['firing', 'spreadSums', 'spreadSquares'] as const),
  ...(['prefixEnds', 'prefixWeights', 'asleep', 'vectorsLeast'] as const),
  ...(['skip', 'skipPlaceOf', 'skipV', 'skipM'] as const),
];
type Name = (typeof NAMES)[number];

/** Bytes from the start of the memory. */
export type Addresses = Readonly<Record<Name, number>>;

/** Where everything lies, once it is laid out. Addresses beyond 2 GiB come as negative numbers. */
export function addressesOf(kernels: KernelExports): Addresses {
  return Object.fromEntries(
    NAMES.map((name, i) => [name, kernels.addressOf(i) >>> 0]),
  ) as Addresses;
}
