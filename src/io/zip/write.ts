import { wrongOption } from '../../errors';
import { crc32 } from '../bytes/crc32';
import {
  CENTRAL_HEADER,
  END,
  FLAGS,
  IN_ZIP64_16,
  IN_ZIP64_32,
  LOCAL_HEADER,
  METHODS,
  viewOf,
  ZIP64_END,
  ZIP64_EXTRA,
  ZIP64_LOCATOR,
} from './records';

/** The 1st of January 1980, the format's first day: equal models give equal files. */
const DATE = (1 << 5) | 1;
/** The version that a reader needs: 2.0, and 4.5 for Zip64. */
const VERSION = { plain: 20, zip64: 45 } as const;
/** Unix, whose permissions are in the attributes. */
const MADE_ON = 3 << 8;
const OWNER_READS_AND_WRITES = 0o600 << 16;

interface Written {
  readonly name: Uint8Array;
  readonly size: number;
  readonly crc: number;
  readonly offset: number;
}

/**
 * Returns a ZIP archive whose members are stored without compression.
 *
 * @returns its chunks in order; those of the members are passed on without copying.
 */
export function zipChunks(
  members: readonly { name: string; chunks: readonly Uint8Array[] }[],
): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const written: Written[] = [];
  let at = 0;
  const put = (chunk: Uint8Array) => {
    chunks.push(chunk);
    at += chunk.length;
  };
  for (const member of members) {
    const name = new TextEncoder().encode(member.name);
    if (name.length > IN_ZIP64_16)
      throw wrongOption('zip', 'a shorter name', member.name, 'Shorten it.');
    const size = member.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const crc = member.chunks.reduce((sum, chunk) => crc32(chunk, sum), 0);
    const line = { name, size, crc, offset: at };
    written.push(line);
    put(localHeader(line));
    for (const chunk of member.chunks) put(chunk);
  }
  const directory = at;
  for (const line of written) put(centralHeader(line));
  for (const chunk of endRecords(written.length, directory, at - directory)) put(chunk);
  return chunks;
}

function localHeader({ name, size, crc }: Written): Uint8Array {
  const large = size >= IN_ZIP64_32 ? [size, size] : [];
  const header = new Uint8Array(LOCAL_HEADER.bytes + name.length + extraBytes(large));
  const view = viewOf(header);
  view.setUint32(0, LOCAL_HEADER.signature, true);
  describe(view, 4, name, large);
  view.setUint32(14, crc, true);
  view.setUint32(18, Math.min(size, IN_ZIP64_32), true);
  view.setUint32(22, Math.min(size, IN_ZIP64_32), true);
  view.setUint16(26, name.length, true);
  view.setUint16(28, extraBytes(large), true);
  header.set(name, LOCAL_HEADER.bytes);
  putExtra(view, LOCAL_HEADER.bytes + name.length, large);
  return header;
}

function centralHeader({ name, size, crc, offset }: Written): Uint8Array {
  const large = [
    ...(size >= IN_ZIP64_32 ? [size, size] : []),
    ...(offset >= IN_ZIP64_32 ? [offset] : []),
  ];
  const header = new Uint8Array(CENTRAL_HEADER.bytes + name.length + extraBytes(large));
  const view = viewOf(header);
  view.setUint32(0, CENTRAL_HEADER.signature, true);
  view.setUint16(4, MADE_ON | (large.length > 0 ? VERSION.zip64 : VERSION.plain), true);
  describe(view, 6, name, large);
  view.setUint32(16, crc, true);
  view.setUint32(20, Math.min(size, IN_ZIP64_32), true);
  view.setUint32(24, Math.min(size, IN_ZIP64_32), true);
  view.setUint16(28, name.length, true);
  view.setUint16(30, extraBytes(large), true);
  view.setUint32(38, OWNER_READS_AND_WRITES, true);
  view.setUint32(42, Math.min(offset, IN_ZIP64_32), true);
  header.set(name, CENTRAL_HEADER.bytes);
  putExtra(view, CENTRAL_HEADER.bytes + name.length, large);
  return header;
}

/** Writes the fields that both headers share: version, flags, method, time and date. */
function describe(view: DataView, at: number, name: Uint8Array, large: readonly number[]): void {
  const ascii = name.every((byte) => byte < 128);
  view.setUint16(at, large.length > 0 ? VERSION.zip64 : VERSION.plain, true);
  view.setUint16(at + 2, ascii ? 0 : FLAGS.utf8, true);
  view.setUint16(at + 4, METHODS.stored, true);
  view.setUint16(at + 6, 0, true);
  view.setUint16(at + 8, DATE, true);
}

const extraBytes = (large: readonly number[]) => (large.length > 0 ? 4 + 8 * large.length : 0);

function putExtra(view: DataView, at: number, large: readonly number[]): void {
  if (large.length === 0) return;
  view.setUint16(at, ZIP64_EXTRA, true);
  view.setUint16(at + 2, 8 * large.length, true);
  for (const [i, value] of large.entries()) putUint64(view, at + 4 + 8 * i, value);
}

function endRecords(members: number, offset: number, size: number): Uint8Array[] {
  const large = members >= IN_ZIP64_16 || offset >= IN_ZIP64_32 || size >= IN_ZIP64_32;
  const end = new Uint8Array(END.bytes);
  const view = viewOf(end);
  view.setUint32(0, END.signature, true);
  view.setUint16(8, Math.min(members, IN_ZIP64_16), true);
  view.setUint16(10, Math.min(members, IN_ZIP64_16), true);
  view.setUint32(12, Math.min(size, IN_ZIP64_32), true);
  view.setUint32(16, Math.min(offset, IN_ZIP64_32), true);
  return large ? [zip64End(members, offset, size), end] : [end];
}

function zip64End(members: number, offset: number, size: number): Uint8Array {
  const bytes = new Uint8Array(ZIP64_END.bytes + ZIP64_LOCATOR.bytes);
  const view = viewOf(bytes);
  view.setUint32(0, ZIP64_END.signature, true);
  putUint64(view, 4, ZIP64_END.bytes - 12);
  view.setUint16(12, MADE_ON | VERSION.zip64, true);
  view.setUint16(14, VERSION.zip64, true);
  putUint64(view, 24, members);
  putUint64(view, 32, members);
  putUint64(view, 40, size);
  putUint64(view, 48, offset);
  view.setUint32(ZIP64_END.bytes, ZIP64_LOCATOR.signature, true);
  putUint64(view, ZIP64_END.bytes + 8, offset + size);
  view.setUint32(ZIP64_END.bytes + 16, 1, true);
  return bytes;
}

function putUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 2 ** 32, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}
