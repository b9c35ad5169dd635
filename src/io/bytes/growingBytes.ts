/**
 * Bytes that arrive in chunks, put together without trusting what their length was said to be:
 * memory follows what has come, at most twice as much.
 */
export class GrowingBytes {
  /** How many have come. */
  length = 0;
  #bytes: Uint8Array;

  /** @param most the length that they will never exceed; the caller sees to that */
  constructor(readonly most: number) {
    this.#bytes = new Uint8Array(Math.min(most, 2 ** 16));
  }

  /** Takes a copy of the chunk. */
  push(chunk: Uint8Array): void {
    const length = this.length + chunk.length;
    if (length > this.#bytes.length) {
      const room = Math.min(this.most, Math.max(length, 2 * this.#bytes.length));
      const larger = new Uint8Array(room);
      larger.set(this.#bytes.subarray(0, this.length));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.length);
    this.length = length;
  }

  /** What has come, as a view. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}
