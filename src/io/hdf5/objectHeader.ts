import { HEADER_BYTES, MESSAGE_BYTES, MESSAGES, SIGNATURES } from './format';
import { broken, foreign, type Metadata, signature, uint64 } from './metadata';

/** A message of an object header. */
export interface Message {
  readonly type: number;
  readonly data: DataView;
}

/** The most messages: objects of Keras have 5 to 8, and the attributes. */
const MOST_MESSAGES = 1024;
/** The flag of a message that is stored elsewhere, for several objects. */
const SHARED = 1 << 1;

/** Messages that are read, or that do not concern the data. */
const KNOWN: ReadonlySet<number> = new Set<number>([
  ...[MESSAGES.nothing, MESSAGES.dataspace, MESSAGES.datatype, MESSAGES.layout],
  ...[MESSAGES.oldFillValue, MESSAGES.fillValue, MESSAGES.attribute, MESSAGES.comment],
  ...[MESSAGES.oldModified, MESSAGES.modified, MESSAGES.continuation, MESSAGES.symbolTable],
]);

const NEW_GROUP = 'a group with external links, or saved with libver="latest"';

/** Messages with other meanings. */
const FOREIGN: ReadonlyMap<number, string> = new Map([
  [MESSAGES.linkInfo, NEW_GROUP],
  [MESSAGES.link, NEW_GROUP],
  [MESSAGES.groupInfo, NEW_GROUP],
  [MESSAGES.attributeInfo, 'attributes saved with libver="latest"'],
  [MESSAGES.externalFiles, 'data in other files'],
  [MESSAGES.filters, 'compressed data'],
]);

/**
 * Reads an object's header, wherever its parts are.
 *
 * @param path the object's path, for errors
 * @throws SAE_FILE if it is invalid, or holds what Keras does not write.
 */
export async function messagesOf(metadata: Metadata, at: number, path: string): Promise<Message[]> {
  const what = path === '' ? 'the root group' : path;
  metadata.visit(at, what);
  const head = await metadata.view(at, HEADER_BYTES, what);
  if (signature(head, 0, 4) === SIGNATURES.newHeader) {
    throw foreign(`${what} as Keras writes it`, 'an object saved with libver="latest"');
  }
  const count = head.getUint16(2, true);
  if (head.getUint8(0) !== 1 || count > MOST_MESSAGES) throw broken(what, 'no object there');
  const messages: Message[] = [];
  const blocks = [{ at: at + HEADER_BYTES, bytes: head.getUint32(8, true) }];
  let seen = 0;
  for (const block of blocks) {
    const view = await metadata.view(block.at, block.bytes, what);
    let next = 0;
    for (; next + MESSAGE_BYTES <= block.bytes && seen < count; seen++) {
      const type = view.getUint16(next, true);
      const bytes = view.getUint16(next + 2, true);
      const flags = view.getUint8(next + 4);
      next += MESSAGE_BYTES;
      if (next + bytes > block.bytes) throw broken(what, 'a header that breaks off');
      checkKind(what, type, flags);
      const data = new DataView(view.buffer, view.byteOffset + next, bytes);
      next += bytes;
      if (type === MESSAGES.continuation) {
        if (bytes < 16) throw broken(what, 'a header that breaks off');
        const more = { at: uint64(data, 0), bytes: uint64(data, 8) };
        metadata.visit(more.at, what);
        blocks.push(more);
      } else if (type !== MESSAGES.nothing) {
        messages.push({ type, data });
      }
    }
  }
  if (seen !== count) throw broken(`${what} of ${count} messages`, `${seen}`);
  return messages;
}

function checkKind(what: string, type: number, flags: number): void {
  if (!KNOWN.has(type)) {
    const received = FOREIGN.get(type) ?? `a message of type ${type}`;
    throw foreign(`${what} as Keras writes it`, received);
  }
  if ((flags & SHARED) !== 0) {
    throw foreign(`${what} with a datatype of its own`, 'one that others share');
  }
}
