import type { Dtype } from '../bytes/dtypes';

/** What errors say is expected of a pickle that holds anything else. */
export const DATA = 'tensors, numbers, text, lists and dicts';

/** The contents of a pickle: only data, without any calls. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickledTuple
  | PickledList
  | PickledDict
  | PickledTensor
  | PickledStorage
  | Known;

/** A tuple; a `torch.Size` is one, too. */
export type PickledTuple = readonly Pickled[];

/** A list, which may come to contain itself. */
export class PickledList {
  readonly items: Pickled[] = [];
}

/** A dict or an OrderedDict. */
export class PickledDict {
  /** The entries in order; a key may occur twice. */
  readonly entries: [key: Pickled, value: Pickled][] = [];
}

/** Bytes of tensors, as named in a pickle: the container knows where they are. */
export class PickledStorage {
  /**
   * @param dtype the type of its values; undefined if it only states how many bytes it has
   * @param length the number of values; in bytes if it has no dtype
   */
  constructor(
    readonly key: string,
    readonly dtype: Dtype | undefined,
    readonly length: number,
  ) {}
}

/** A storage seen as an array: value [i, j] is at `offset + i·strides[0] + j·strides[1]`. */
export class PickledTensor {
  constructor(
    readonly storage: PickledStorage,
    readonly dtype: Dtype,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** A Python or torch object that a pickle may name: a class, a function, a type of numbers. */
export class Known {
  /**
   * @param call returns its result for some arguments; undefined if it is not called
   */
  constructor(
    readonly name: string,
    readonly is: { readonly storageOf?: Dtype | 'bytes'; readonly dtype?: string },
    readonly call?: (values: PickledTuple) => Pickled,
  ) {}
}
