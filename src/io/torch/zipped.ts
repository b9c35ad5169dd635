import { badContent, unsupportedPickle } from '../../errors';
import { type ByteSource, GET_AGAIN } from '../bytes/byteSource';
import { hasSum, memberSources } from '../zip/memberSources';
import { memberSource, readMember, type ZipMember, zipMembers } from '../zip/read';
import { type Container, MOST_TENSORS } from './container';
import { MOST_PICKLE_BYTES } from './pickleBytes';
import { unpickle } from './unpickle';

/** The most members besides the storages: the pickle, and torch's notes about the file. */
const OTHER_MEMBERS = 16;
/** The longest of torch's notes. */
const MOST_NOTE_BYTES = 64;
/** The longest compressed storage, since it is inflated as a whole; torch does not compress. */
const MOST_INFLATED = 2 ** 28;
const latin1 = new TextDecoder('latin1');

/**
 * Opens the form that torch has written since 1.6: a ZIP archive with `NAME/data.pkl`,
 * `NAME/byteorder` and a file `NAME/data/KEY` for each storage.
 *
 * @throws SAE_FILE for another archive, or a damaged one; SAE_UNSUPPORTED for a TorchScript
 *   program, and for pickles that hold more than data.
 */
export async function zipped(source: ByteSource): Promise<Container> {
  const members = new Map<string, ZipMember>();
  for (const member of await zipMembers(source, MOST_TENSORS + OTHER_MEMBERS)) {
    members.set(member.name, member);
  }
  const folder = folderOf([...members.keys()]);
  if (members.has(`${folder}/constants.pkl`)) {
    throw unsupportedPickle('tensors by name', 'a TorchScript program');
  }
  const small = async (name: string, mostBytes: number) => {
    const member = members.get(`${folder}/${name}`);
    if (member === undefined) return undefined;
    if (hasSum(member)) return readMember(source, member, mostBytes);
    if (member.size > mostBytes) throw tooLong(member, mostBytes);
    return (await memberSource(source, member)).read(0, member.size);
  };
  const order = await small('byteorder', MOST_NOTE_BYTES);
  const pickle = (await small('data.pkl', MOST_PICKLE_BYTES)) as Uint8Array;
  const { value: root, end } = unpickle(pickle);
  if (end !== pickle.length) {
    throw badContent('a pickle to the end of data.pkl', 'more behind it', GET_AGAIN);
  }
  const storages = new Map<string, ByteSource>();
  const open = memberSources(source);
  const within = `${folder}/data/`;
  for (const [name, member] of members) {
    const key = name.slice(within.length);
    if (!name.startsWith(within) || key === '') continue;
    if (member.method === 'deflated' && member.size > MOST_INFLATED) {
      throw tooLong(member, MOST_INFLATED);
    }
    storages.set(key, open(member));
  }
  return { root, bigEndian: isBig(order), storage: (key) => storages.get(key) };
}

/** Returns the folder that contains everything, which torch names after the file. */
function folderOf(names: readonly string[]): string {
  const folders = names.flatMap((name) => /^([^/]+)\/data\.pkl$/.exec(name)?.[1] ?? []);
  const [folder] = folders;
  if (folder === undefined || folders.length > 1) {
    const received = `a ZIP archive with ${folders.length === 0 ? 'none' : folders.length}`;
    throw badContent('one data.pkl, as torch.save writes it', received, 'Give a .pt file.');
  }
  return folder;
}

const tooLong = ({ name, size }: ZipMember, mostBytes: number) =>
  badContent(
    `${name} of at most ${mostBytes} bytes`,
    `${size}`,
    'Check that it is the right file.',
  );

function isBig(order: Uint8Array | undefined): boolean {
  // Up to 2.0 torch wrote none, and nearly all machines are little-endian.
  const said = order === undefined ? 'little' : latin1.decode(order);
  if (said === 'little' || said === 'big') return said === 'big';
  throw badContent('the byteorder "little" or "big"', JSON.stringify(said), GET_AGAIN);
}
