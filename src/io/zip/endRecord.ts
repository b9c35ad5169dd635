import type { ByteSource } from '../bytes/byteSource';
import { notOurs, notWhole } from './member';
import {
  END,
  IN_ZIP64_16,
  IN_ZIP64_32,
  LOCAL_HEADER,
  uint64,
  viewOf,
  ZIP64_END,
  ZIP64_LOCATOR,
} from './records';

/** The place of the list of members. */
export interface Directory {
  readonly members: number;
  readonly offset: number;
  readonly size: number;
}

const COMMENT_BYTES = 0xffff;

/**
 * Finds the list of members by the record at the archive's end.
 *
 * @throws SAE_FILE if there is none, or it does not lead to a list that ends where the record
 *   begins.
 */
export async function findDirectory(source: ByteSource): Promise<Directory> {
  const { at, view } = await findEnd(source);
  const end = {
    members: view.getUint16(10, true),
    size: view.getUint32(12, true),
    offset: view.getUint32(16, true),
  };
  const onDisk = [view.getUint16(4, true), view.getUint16(6, true), view.getUint16(8, true)];
  if (onDisk[0] !== 0 || onDisk[1] !== 0 || onDisk[2] !== end.members) throw splitUp();
  const large = await findZip64End(source, at);
  if (large === undefined) return checked(end, at);
  const same =
    (end.members === IN_ZIP64_16 || end.members === large.members) &&
    (end.size === IN_ZIP64_32 || end.size === large.size) &&
    (end.offset === IN_ZIP64_32 || end.offset === large.offset);
  if (!same) throw notWhole('one end of the archive', 'two that differ');
  return checked(large, large.at);
}

function checked(directory: Directory, end: number): Directory {
  if (directory.offset + directory.size !== end) {
    const received = `one from ${directory.offset} to ${directory.offset + directory.size}`;
    throw notWhole(`a list of members that ends at ${end}`, received);
  }
  return directory;
}

const splitUp = () => notOurs('a ZIP archive in one file', 'a part of one');

/** Finds the last record, which a comment may follow. */
async function findEnd(source: ByteSource): Promise<{ at: number; view: DataView }> {
  const { size } = source;
  for (const comment of [0, COMMENT_BYTES]) {
    const length = Math.min(size, END.bytes + comment);
    const view = viewOf(await source.read(size - length, length));
    for (let i = length - END.bytes; i >= 0; i--) {
      if (view.getUint32(i, true) !== END.signature) continue;
      if (i + END.bytes + view.getUint16(i + 20, true) !== length) continue;
      return { at: size - length + i, view: new DataView(view.buffer, view.byteOffset + i) };
    }
  }
  const start = size < 4 ? 0 : viewOf(await source.read(0, 4)).getUint32(0, true);
  if (start === LOCAL_HEADER.signature)
    throw notWhole('a whole ZIP archive', 'one that breaks off');
  throw notWhole('a ZIP archive, as .keras files are', 'another kind of file');
}

async function findZip64End(
  source: ByteSource,
  end: number,
): Promise<(Directory & { at: number }) | undefined> {
  if (end < ZIP64_LOCATOR.bytes) return undefined;
  const locator = viewOf(await source.read(end - ZIP64_LOCATOR.bytes, ZIP64_LOCATOR.bytes));
  if (locator.getUint32(0, true) !== ZIP64_LOCATOR.signature) return undefined;
  const at = uint64(locator, 8);
  if (locator.getUint32(4, true) !== 0 || locator.getUint32(16, true) > 1) {
    throw splitUp();
  }
  const lost = () => notWhole(`the Zip64 end of the archive at ${at}`, 'none there');
  if (at + ZIP64_END.bytes > end - ZIP64_LOCATOR.bytes) throw lost();
  const view = viewOf(await source.read(at, ZIP64_END.bytes));
  if (view.getUint32(0, true) !== ZIP64_END.signature) throw lost();
  if (at + 12 + uint64(view, 4) !== end - ZIP64_LOCATOR.bytes) throw lost();
  const members = uint64(view, 32);
  const disks = view.getUint32(16, true) + view.getUint32(20, true);
  if (disks !== 0 || uint64(view, 24) !== members) throw splitUp();
  return { at, members, size: uint64(view, 40), offset: uint64(view, 48) };
}
