/** The longest name of a group or dataset, in bytes. */
export const NAME_BYTES = 255;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes a name in a file; undefined for bytes that are not text. */
export function decodeName(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns whether a name is allowed in a group: it must not lead out of it, or to a prototype. */
export function isName(name: string): boolean {
  return (
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    name !== '__proto__' &&
    !name.includes('/') &&
    !name.includes('\0')
  );
}
