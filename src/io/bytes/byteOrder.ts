/** Returns a copy with the bytes of each value reversed, in the order of processors. */
export function reversed(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += width) {
    for (let i = 0; i < width; i++) out[start + i] = bytes[start + width - 1 - i] as number;
  }
  return out;
}
