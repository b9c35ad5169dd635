import { badContent, unsupportedPickle } from '../../errors';
import { type ByteSource, GET_AGAIN } from '../bytes/byteSource';
import { DTYPE_BYTES } from '../bytes/dtypes';
import { windowOf } from '../bytes/windowOf';
import { type Container, MOST_TENSORS } from './container';
import { MOST_PICKLE_BYTES } from './pickleBytes';
import { PickledDict, PickledList, type PickledStorage } from './pickled';
import { unpickle } from './unpickle';

/** The number at the start of the file, and the version after it. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
/** The size of the field before a storage's bytes: its number of values, in 64 bits. */
const LENGTH_BYTES = 8;

const damaged = (received: string) =>
  badContent('a file as torch.save wrote it before 1.6', received, GET_AGAIN);

/**
 * Opens the form that torch wrote before 1.6: pickles of a magic number, a version, the machine,
 * the data and the keys of its storages; then the storages, in the order of the keys.
 *
 * @throws SAE_FILE for a file that is damaged or of another kind; SAE_UNSUPPORTED for pickles that
 *   hold more than data.
 */
export async function legacy(source: ByteSource): Promise<Container> {
  const head = await source.read(0, Math.min(source.size, MOST_PICKLE_BYTES));
  let at = 0;
  const next = () => {
    const read = unpickle(head, at);
    at = read.end;
    return read;
  };
  if (next().value !== MAGIC) throw damaged('a pickle of something else');
  const { value: version } = next();
  if (version !== VERSION) throw damaged(`version ${version}`);
  // The machine does not matter: numbers have their lowest byte first on all of them.
  if (!(next().value instanceof PickledDict)) throw damaged('another third pickle');
  const { value: root, storages } = next();
  const { value: keys } = next();
  if (!(keys instanceof PickledList)) throw damaged('no list of storages');
  const places = await placesOf(source, at, keys.items, storages);
  return { root, bigEndian: false, storage: (key) => places.get(key) };
}

/** @param at the offset of the first storage */
async function placesOf(
  source: ByteSource,
  start: number,
  keys: readonly unknown[],
  storages: readonly PickledStorage[],
): Promise<Map<string, ByteSource>> {
  if (keys.length > MOST_TENSORS) {
    throw unsupportedPickle(`at most ${MOST_TENSORS} storages`, `${keys.length}`);
  }
  const named = new Map<unknown, PickledStorage>();
  for (const storage of storages) {
    const other = named.get(storage.key) ?? storage;
    if (other.dtype !== storage.dtype) throw damaged('one storage of two types');
    named.set(storage.key, storage);
  }
  const places = new Map<string, ByteSource>();
  let at = start;
  for (const key of keys) {
    const storage = named.get(key);
    if (storage?.dtype === undefined) throw damaged('a storage that no tensor gives a type');
    const { dtype, length } = storage;
    if (places.has(storage.key)) throw damaged('a storage that is there twice');
    if (at + LENGTH_BYTES > source.size) throw damaged('one that breaks off');
    const bytes = await source.read(at, LENGTH_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES);
    if (view.getBigUint64(0, true) !== BigInt(length)) throw damaged('a storage of another length');
    at += LENGTH_BYTES;
    const size = length * DTYPE_BYTES[dtype];
    if (at + size > source.size) throw damaged('one that breaks off');
    places.set(storage.key, windowOf(source, at, size));
    at += size;
  }
  if (at !== source.size) throw damaged('more behind it');
  return places;
}
