import { badContent, unsupportedPickle } from '../../errors';
import { isCount } from '../../plainData';
import type { Dtype } from '../bytes/dtypes';
import {
  DATA,
  Known,
  type Pickled,
  PickledDict,
  PickledStorage,
  PickledTensor,
  type PickledTuple,
} from './pickled';

/** Classes of storages, with the type of their values. */
const STORAGES: Readonly<Record<string, Dtype | 'bytes'>> = {
  'torch.FloatStorage': 'float32',
  'torch.HalfStorage': 'float16',
  'torch.BFloat16Storage': 'bfloat16',
  'torch.DoubleStorage': 'float64',
  'torch.LongStorage': 'int64',
  'torch.IntStorage': 'int32',
  'torch.ShortStorage': 'int16',
  'torch.CharStorage': 'int8',
  'torch.ByteStorage': 'uint8',
  'torch.BoolStorage': 'bool',
  'torch.storage.UntypedStorage': 'bytes',
};

/** Supported types of tensors. */
const DTYPES: readonly Dtype[] = [
  ...(['float16', 'bfloat16', 'float32', 'float64', 'bool'] as const),
  ...(['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'] as const),
];
/** Types that a pickle may name, although tensors of them are not supported. */
const OTHER_DTYPES = ['complex64', 'complex128', 'float8_e4m3fn', 'float8_e5m2'] as const;

const MOST_AXES = 16;

const malformed = (expected: string, received: string) =>
  badContent(expected, received, 'Save it again with torch.save.');

/** The results of the functions named in a pickle, computed here from data only. */
const CALLS: Readonly<Record<string, (values: PickledTuple) => Pickled>> = {
  'collections.OrderedDict': (values) => {
    if (values.length > 0) throw malformed('an OrderedDict that starts empty', 'one with items');
    return new PickledDict();
  },
  'torch.Size': ([axes = []]) => {
    if (!Array.isArray(axes) || !axes.every(isCount)) throw malformed('a torch.Size', 'another');
    return axes;
  },
  'torch.device': (values) => {
    const [kind, index] = values;
    if (typeof kind !== 'string' || (index !== undefined && !isCount(index))) {
      throw malformed('a torch.device', 'another');
    }
    return index === undefined ? kind : `${kind}:${index}`;
  },
  'torch._utils._rebuild_tensor_v2': ([storage, offset, shape, strides, , hooks, metadata]) => {
    const dtype = storage instanceof PickledStorage ? storage.dtype : undefined;
    return rebuilt(storage, offset, shape, strides, hooks, metadata, dtype);
  },
  // torch's form for types that are newer than its classes of storages.
  'torch._utils._rebuild_tensor_v3': (values) => {
    const [storage, offset, shape, strides, , hooks, type, metadata] = values;
    const name = type instanceof Known ? type.is.dtype : undefined;
    const dtype = DTYPES.find((one) => one === name);
    if (name !== undefined && dtype === undefined) {
      throw unsupportedPickle(`tensors of ${DTYPES.join(', ')}`, `one of torch.${name}`);
    }
    return rebuilt(storage, offset, shape, strides, hooks, metadata, dtype);
  },
  'torch._utils._rebuild_parameter': ([data, , hooks]) => {
    if (!(data instanceof PickledTensor)) throw malformed('a parameter of a tensor', 'another');
    if (!isEmpty(hooks)) throw unsupportedPickle('parameters without hooks', 'one with some');
    return data;
  },
};

/** Returns the tensor that torch would rebuild; it is checked against the available bytes. */
function rebuilt(
  storage: Pickled | undefined,
  offset: Pickled | undefined,
  shape: Pickled | undefined,
  strides: Pickled | undefined,
  hooks: Pickled | undefined,
  metadata: Pickled | undefined,
  dtype: Dtype | undefined,
): PickledTensor {
  const isPlace =
    storage instanceof PickledStorage &&
    isCount(offset) &&
    Array.isArray(shape) &&
    Array.isArray(strides) &&
    shape.length === strides.length &&
    [...shape, ...strides].every(isCount);
  if (!isPlace || dtype === undefined) {
    throw malformed('a tensor’s storage, offset, shape and strides', 'others');
  }
  if (shape.length > MOST_AXES) {
    throw unsupportedPickle(`tensors of at most ${MOST_AXES} axes`, `${shape.length}`);
  }
  if (!isEmpty(hooks)) throw unsupportedPickle('tensors without hooks', 'one with some');
  if (!isEmpty(metadata)) {
    throw unsupportedPickle('tensors as they are', 'one to be negated or conjugated');
  }
  return new PickledTensor(storage, dtype, offset, shape, strides);
}

const isEmpty = (value: Pickled | undefined) =>
  value === undefined ||
  value === null ||
  (value instanceof PickledDict && value.entries.length === 0);

const KNOWN: ReadonlyMap<string, Known> = new Map(
  [
    ...Object.entries(STORAGES).map(([name, storageOf]) => new Known(name, { storageOf })),
    ...[...DTYPES, ...OTHER_DTYPES].map((dtype) => new Known(`torch.${dtype}`, { dtype })),
    ...Object.entries(CALLS).map(([name, call]) => new Known(name, {}, call)),
  ].map((known) => [known.name, known]),
);

/**
 * Returns what a name in a pickle stands for. It is looked up in a list, and nothing with that name
 * is called.
 *
 * @throws SAE_UNSUPPORTED for every name that is not in the list.
 */
export function knownBy(module: string, name: string): Known {
  const known = KNOWN.get(`${module}.${name}`);
  if (known) return known;
  const shown = JSON.stringify(`${module}.${name}`.slice(0, 80));
  throw unsupportedPickle(DATA, `${shown}, which is not run`);
}

/**
 * Returns the storage of a persistent id: `('storage', class, key, place, length)`.
 *
 * @throws SAE_FILE for any other id.
 */
export function storageBy(id: Pickled): PickledStorage {
  const [kind, type, key, , length, view = null] = Array.isArray(id) ? (id as PickledTuple) : [];
  const storageOf = type instanceof Known ? type.is.storageOf : undefined;
  if (kind !== 'storage' || !storageOf || typeof key !== 'string' || !isCount(length)) {
    throw malformed('the class, key and length of a storage', 'another persistent id');
  }
  if (view !== null) throw unsupportedPickle('whole storages', 'a view of one');
  return new PickledStorage(key, storageOf === 'bytes' ? undefined : storageOf, length);
}
