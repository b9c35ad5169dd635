import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ByteSource, bytesSource } from '../../../src/io/bytes/source';
import { streamMember, zipMembers } from '../../../src/io/zip/read';

const FIXTURES = join(__dirname, '../keras/fixtures');

/** A file of those that Keras has saved, or of those that were made to do harm. */
export const fixture = (name: string, folder = 'shared'): Uint8Array =>
  new Uint8Array(readFileSync(join(FIXTURES, folder, `${name}.keras`)));

export const concat = (chunks: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat(chunks));

export const named = (bytes: Uint8Array): ByteSource => bytesSource(bytes, 'sae.keras');

/** All members, by name, read to their ends. */
export async function readAll(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const source = named(bytes);
  const contents = new Map<string, Uint8Array>();
  for (const member of await zipMembers(source)) {
    const chunks: Uint8Array[] = [];
    await streamMember(source, member, { take: (chunk) => void chunks.push(chunk.slice()) });
    contents.set(member.name, concat(chunks));
  }
  return contents;
}
