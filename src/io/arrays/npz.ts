import { badContent, namingFile } from '../../errors';
import { bytesSource } from '../bytes/bytesSource';
import { type ByteSource, type Openable, openSource } from '../bytes/source';
import { MOST_HEADER_BYTES, type NpyHeader, readHeader } from '../npy/header';
import { npyIn } from '../npy/read';
import { memberSource, memberStart, type ZipMember, zipMembers } from '../zip/read';
import type { ArrayFile, ArrayInFile } from './rowArray';

/** The most arrays. */
const MOST_ARRAYS = 10_000;
const ENDING = '.npy';

/**
 * Opens arrays that NumPy has saved together: by `np.savez`, which are read in place, or by
 * `np.savez_compressed`, each of which is inflated into memory when it is opened.
 *
 * @returns the file; the caller closes it.
 * @throws SAE_FILE for a file that is missing, damaged or of another kind.
 */
export async function openNpz(given: Openable): Promise<ArrayFile> {
  const source = await openSource(given);
  try {
    const { name } = source;
    const arrays = await namingFile(name, () => arraysIn(source));
    return { name, arrays, close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function arraysIn(source: ByteSource): Promise<Map<string, ArrayInFile>> {
  const arrays = new Map<string, ArrayInFile>();
  for (const member of await zipMembers(source, MOST_ARRAYS)) {
    if (!member.name.endsWith(ENDING)) continue; // added by another program
    const array = member.name.slice(0, -ENDING.length);
    const name = `${source.name}, array ${JSON.stringify(array)}`;
    // A text or object array may be beside the requested one: it is reported only when it is
    // opened.
    const header = await headerOf(source, member).catch(() => undefined);
    arrays.set(array, {
      shape: header?.shape ?? [],
      open: async () => npyIn({ ...(await memberSource(source, member)), name }),
    });
  }
  if (arrays.size > 0) return arrays;
  const advice = 'Save the arrays with np.savez.';
  throw badContent('a .npz file with arrays', 'a zip without any', advice);
}

/** Reads only the header, without inflating a compressed array. */
async function headerOf(source: ByteSource, member: ZipMember): Promise<NpyHeader> {
  const start = await memberStart(source, member, Math.min(member.size, MOST_HEADER_BYTES));
  return readHeader({ ...bytesSource(start), size: member.size });
}
