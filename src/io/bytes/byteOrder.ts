/** A copy in which each value's bytes stand the other way round, as processors have them. */
export function reversed(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += width) {
    for (let i = 0; i < width; i++) out[start + i] = bytes[start + width - 1 - i] as number;
  }
  return out;
}
