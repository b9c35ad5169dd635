import { badFile, namingFile } from '../../errors';
import type { ByteSource } from '../bytes/byteSource';
import { bytesSource } from '../bytes/bytesSource';
import { crc32 } from '../bytes/crc32';
import { GrowingBytes } from '../bytes/growingBytes';
import { windowOf } from '../bytes/windowOf';
import { findDirectory } from './endRecord';
import { type CentralHeader, centralHeaders, localHeader } from './headers';
import { inflated } from './inflate';
import { damaged, notOurs, notWhole, type ZipMember } from './member';
import { FLAGS, LOCAL_HEADER, METHODS, viewOf } from './records';

export type { ZipMember } from './member';

/** The most members: more than Keras writes, which is three files, and some of the layers' own. */
const MOST_MEMBERS = 16;
/** The longest list of members, whose entries may have extra fields and comments. */
const DIRECTORY_BYTES = 2 ** 20;
/** The longest member that may be inflated; a stored one may have any length. */
const INFLATED_BYTES = 2 ** 31;
/** The greatest compression ratio of Deflate: RFC 1951's longest match takes two bits. */
const MOST_RATIO = 1032;
/** The number of bytes read at once. */
const CHUNK_BYTES = 2 ** 21;
/** The same if only the first bytes are needed. */
const FIRST_BYTES = 2 ** 14;

/**
 * Returns the archive's list of members, checked against the headers before their data.
 *
 * @param mostMembers the most members; 16 by default
 * @throws SAE_FILE for anything but a complete archive with at most this many members with distinct
 *   names, stored or deflated, each with its own bytes.
 */
export const zipMembers = (
  source: ByteSource,
  mostMembers = MOST_MEMBERS,
): Promise<readonly ZipMember[]> => namingFile(source.name, () => membersOf(source, mostMembers));

async function membersOf(source: ByteSource, mostMembers: number): Promise<readonly ZipMember[]> {
  const { members, offset, size } = await findDirectory(source);
  if (members > mostMembers) {
    throw notOurs(`at most ${mostMembers} members`, `${members}`);
  }
  if (size > DIRECTORY_BYTES) {
    throw notOurs(`a list of members of at most ${DIRECTORY_BYTES} bytes`, `${size}`);
  }
  const headers = centralHeaders(await source.read(offset, size), members);
  const checked = new Map<CentralHeader, ZipMember>();
  let free = 0;
  for (const header of [...headers].sort((a, b) => a.headerOffset - b.headerOffset)) {
    if (header.headerOffset < free) {
      throw notOurs(`${header.name} in bytes of its own`, 'bytes of another member');
    }
    const member = await checkedMember(source, header, offset);
    free = member.offset + member.compressedSize;
    checked.set(header, member);
  }
  return headers.map((header) => checked.get(header) as ZipMember);
}

/** @param end the offset of the list of members */
async function checkedMember(
  source: ByteSource,
  header: CentralHeader,
  end: number,
): Promise<ZipMember> {
  const { name, nameBytes, headerOffset: at, compressedSize, size, crc } = header;
  const stored = header.method === METHODS.stored;
  if (at + LOCAL_HEADER.bytes > end) throw notWhole(`${name} inside the archive`, 'none');
  const start = viewOf(await source.read(at, LOCAL_HEADER.bytes));
  if (start.getUint32(0, true) !== LOCAL_HEADER.signature) {
    throw notWhole(`${name} at ${at}`, 'something else');
  }
  const length = LOCAL_HEADER.bytes + start.getUint16(26, true) + start.getUint16(28, true);
  if (at + length + compressedSize > end) {
    throw notWhole(`${name} of ${compressedSize} bytes`, 'an archive that ends before');
  }
  const bytes = await source.read(at, length);
  const local = localHeader(name, bytes, viewOf(bytes));
  const described = (local.flags & FLAGS.descriptor) !== 0;
  const agrees =
    start.getUint16(26, true) === nameBytes.length &&
    nameBytes.every((byte, i) => byte === bytes[LOCAL_HEADER.bytes + i]) &&
    local.method === header.method &&
    (local.flags & FLAGS.encrypted) === 0 &&
    described === ((header.flags & FLAGS.descriptor) !== 0) &&
    (described ||
      (local.crc === crc && local.size === size && local.compressedSize === compressedSize));
  if (!agrees) {
    throw notWhole(`${name} as the list of members has it`, 'another header before its data');
  }
  if (stored ? size !== compressedSize : size > MOST_RATIO * compressedSize) {
    const received = `${size} bytes out of ${compressedSize}`;
    throw notOurs(`${name} of a size that its data can have`, received);
  }
  if (!stored && size > INFLATED_BYTES) {
    throw notOurs(`${name} of at most ${INFLATED_BYTES} bytes, or stored`, `${size}`);
  }
  const method = stored ? 'stored' : 'deflated';
  return { name, size, compressedSize, method, crc, offset: at + length };
}

/**
 * Opens a member for random access: in place if it is stored, without comparing its checksum;
 * inflated into memory and checked if it is deflated.
 *
 * @throws SAE_FILE for a damaged deflated one.
 */
export async function memberSource(source: ByteSource, member: ZipMember): Promise<ByteSource> {
  if (member.method === 'stored') return windowOf(source, member.offset, member.size);
  return bytesSource(await readMember(source, member, INFLATED_BYTES), source.name);
}

/**
 * Returns the first bytes of a member only, without comparing its checksum.
 *
 * @param bytes how many; at most as many as it has
 * @throws SAE_FILE for a damaged deflated one.
 */
export const memberStart = (
  source: ByteSource,
  member: ZipMember,
  bytes: number,
): Promise<Uint8Array> =>
  namingFile(source.name, async () => {
    if (member.method === 'stored') return source.read(member.offset, bytes);
    const start = new GrowingBytes(bytes);
    for await (const chunk of inflated(member.name, dataOf(source, member, FIRST_BYTES))) {
      start.push(chunk.subarray(0, bytes - start.length));
      if (start.length === bytes) return start.bytes;
    }
    throw damaged(member.name, 'fewer bytes');
  });

/** A destination of a member's bytes. */
export interface Sink {
  /** Receives bytes in order; it must not keep them. */
  take(chunk: Uint8Array, at: number): void;
  /**
   * Returns memory for the bytes from `at` on, limited in number; those bytes are then not passed
   * to `take`.
   */
  place?(at: number, most: number): Uint8Array | undefined;
}

/**
 * Streams a member in order, chunk by chunk.
 *
 * @throws SAE_FILE at the end if the data does not match its checksum.
 */
export const streamMember = (source: ByteSource, member: ZipMember, sink?: Sink): Promise<void> =>
  namingFile(source.name, () => stream(source, member, sink));

async function stream(source: ByteSource, member: ZipMember, sink?: Sink): Promise<void> {
  const { name, size, method, offset } = member;
  let crc = 0;
  let at = 0;
  const pass = (chunk: Uint8Array, taken = false) => {
    if (at + chunk.length > size) throw damaged(name, 'more bytes');
    crc = crc32(chunk, crc);
    if (!taken) sink?.take(chunk, at);
    at += chunk.length;
  };
  if (method === 'stored' && source.readInto) {
    // Directly into its destination, or through one buffer: allocating memory takes time.
    const between = new Uint8Array(Math.min(CHUNK_BYTES, size));
    while (at < size) {
      const most = Math.min(CHUNK_BYTES, size - at);
      const placed = sink?.place?.(at, most);
      const chunk = placed ?? between.subarray(0, most);
      await source.readInto(chunk, offset + at);
      pass(chunk, placed !== undefined);
    }
  } else {
    const chunks = dataOf(source, member);
    for await (const chunk of method === 'stored' ? chunks : inflated(name, chunks)) {
      pass(chunk);
    }
  }
  if (at !== size) throw damaged(name, 'fewer bytes');
  if (crc !== member.crc) throw damaged(name, 'another checksum');
}

/** Yields a member's data as it is in the archive, in chunks. */
async function* dataOf(
  source: ByteSource,
  { offset, compressedSize }: ZipMember,
  most = CHUNK_BYTES,
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < compressedSize; ) {
    const length = Math.min(most, compressedSize - done);
    const chunk = await source.read(offset + done, length);
    done += length;
    yield chunk;
  }
}

/**
 * Returns a small member as a whole.
 *
 * @param mostBytes its greatest length
 * @throws SAE_FILE if it is longer, or if the data does not match its checksum.
 */
export async function readMember(
  source: ByteSource,
  member: ZipMember,
  mostBytes: number,
): Promise<Uint8Array> {
  if (member.size > mostBytes) {
    const expected = `${member.name} of at most ${mostBytes} bytes`;
    throw badFile(source.name, expected, `${member.size}`, 'Check that it is the right file.');
  }
  const bytes = new GrowingBytes(member.size);
  await streamMember(source, member, { take: (chunk) => bytes.push(chunk) });
  return bytes.bytes;
}
