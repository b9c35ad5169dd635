import { damaged, notOurs, notWhole } from './member';
import {
  CENTRAL_HEADER,
  FLAGS,
  IN_ZIP64_32,
  METHODS,
  uint64,
  viewOf,
  ZIP64_EXTRA,
} from './records';

/** A member's header, in the list of members or before its data. */
export interface Header {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
}

/** An entry of the list of members. */
export interface CentralHeader extends Header {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** The offset of its header before the data. */
  readonly headerOffset: number;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses the list of members, entry by entry.
 *
 * @throws SAE_FILE for a truncated list, and for names and kinds that no model has.
 */
export function centralHeaders(bytes: Uint8Array, members: number): CentralHeader[] {
  const view = viewOf(bytes);
  const headers: CentralHeader[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let i = 0; i < members; i++) {
    const line = `line ${i + 1} of the list of members`;
    if (
      at + CENTRAL_HEADER.bytes > bytes.length ||
      view.getUint32(at, true) !== CENTRAL_HEADER.signature
    ) {
      throw notWhole(line, 'something else');
    }
    const name = at + CENTRAL_HEADER.bytes;
    const extra = name + view.getUint16(at + 28, true);
    const comment = extra + view.getUint16(at + 30, true);
    const next = comment + view.getUint16(at + 32, true);
    if (next > bytes.length) throw notWhole(line, 'one that breaks off');
    const nameBytes = bytes.subarray(name, extra);
    const text = memberName(nameBytes);
    if (names.has(text)) throw notOurs(`one ${text}`, 'two');
    names.add(text);
    const flags = view.getUint16(at + 8, true);
    if ((flags & FLAGS.encrypted) !== 0) {
      throw notOurs(`${text} as anybody can read it`, 'encrypted data');
    }
    const [size, compressedSize, headerOffset] = withZip64(
      text,
      bytes.subarray(extra, comment),
      [24, 20, 42].map((field) => view.getUint32(at + field, true)),
    ) as [number, number, number];
    headers.push({
      name: text,
      nameBytes,
      flags,
      method: methodOf(text, view.getUint16(at + 10, true)),
      crc: view.getUint32(at + 16, true),
      compressedSize,
      size,
      headerOffset,
    });
    at = next;
  }
  if (at !== bytes.length) {
    throw notWhole(`a list of ${members} members`, 'more behind it');
  }
  return headers;
}

/** Parses the header before a member's data, with its name and extra field. */
export function localHeader(name: string, bytes: Uint8Array, view: DataView): Header {
  const extra = bytes.subarray(30 + view.getUint16(26, true));
  const [size, compressedSize] = withZip64(
    name,
    extra,
    [22, 18].map((field) => view.getUint32(field, true)),
  ) as [number, number];
  return {
    flags: view.getUint16(6, true),
    method: view.getUint16(8, true),
    crc: view.getUint32(14, true),
    compressedSize,
    size,
  };
}

/**
 * Returns fields, with those that do not fit into 32 bits from the Zip64 extra field, in its order.
 */
function withZip64(name: string, extra: Uint8Array, fields: readonly number[]): number[] {
  const view = viewOf(extra);
  const broken = () => damaged(`the header of ${name}`, 'an extra field that breaks off');
  for (let at = 0; at + 4 <= extra.length; ) {
    const next = at + 4 + view.getUint16(at + 2, true);
    if (next > extra.length) throw broken();
    if (view.getUint16(at, true) === ZIP64_EXTRA) {
      let value = at + 4;
      return fields.map((field) => {
        if (field !== IN_ZIP64_32) return field;
        if (value + 8 > next) throw broken();
        value += 8;
        return uint64(view, value - 8);
      });
    }
    at = next;
  }
  return [...fields];
}

function methodOf(name: string, method: number): number {
  if (method === METHODS.stored || method === METHODS.deflated) return method;
  throw notOurs(`${name} stored or deflated`, `compression method ${method}`);
}

/** Returns a path that is inside the archive on every system. */
function memberName(bytes: Uint8Array): string {
  let name: string;
  try {
    name = UTF8.decode(bytes);
  } catch {
    throw notOurs('names of members in UTF-8', 'other bytes');
  }
  const parts = name.split('/');
  // Folders have entries of their own, with a slash at the end.
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  const strange = parts.some((part) => part === '' || part === '.' || part === '..');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (strange || /[\0-\x1f\\]|^[a-z]:/i.test(name)) {
    throw notOurs('names of members inside the archive', JSON.stringify(name.slice(0, 60)));
  }
  return name;
}
