/** The longest name of a group or dataset, in bytes. */
export const NAME_BYTES = 255;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A name as it stands in a file; undefined for bytes that are no text. */
export function decodeName(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a group may have something of that name: no way out of it, and no way into prototypes. */
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
