import type { Dtype } from '../bytes/dtypes';

/** What is said to be expected of a pickle that holds anything else. */
export const DATA = 'tensors, numbers, text, lists and dicts';

/** What a pickle holds once it is read: data alone, of which nothing was called. */
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

/** A list, which may come to hold itself. */
export class PickledList {
  readonly items: Pickled[] = [];
}

/** A dict or an OrderedDict. */
export class PickledDict {
  /** In their order; a key may be there twice. */
  readonly entries: [key: Pickled, value: Pickled][] = [];
}

/** Bytes of tensors, as a pickle names them: where they lie is the container's to say. */
export class PickledStorage {
  /**
   * @param dtype of its values; undefined where it says only how many bytes it has
   * @param length in values; in bytes where it has no dtype
   */
  constructor(
    readonly key: string,
    readonly dtype: Dtype | undefined,
    readonly length: number,
  ) {}
}

/** Values of a storage, seen as an array: value [i, j] is at `offset + i·strides[0] + j·strides[1]`. */
export class PickledTensor {
  constructor(
    readonly storage: PickledStorage,
    readonly dtype: Dtype,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** Something of Python's or torch's own that a pickle may name: a class, a function, a type of numbers. */
export class Known {
  /**
   * @param call what becomes of it and its arguments; undefined for what is not called
   */
  constructor(
    readonly name: string,
    readonly is: { readonly storageOf?: Dtype | 'bytes'; readonly dtype?: string },
    readonly call?: (values: PickledTuple) => Pickled,
  ) {}
}
