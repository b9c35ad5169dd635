/**
 * Collects bytes that arrive in chunks, without trusting their declared length: memory is at most
 * twice what has arrived.
 */
export class GrowingBytes {
  /** The number of bytes that have arrived. */
  length = 0;
  #bytes: Uint8Array;

  /** @param most the greatest length, which the caller enforces */
  constructor(readonly most: number) {
    this.#bytes = new Uint8Array(Math.min(most, 2 ** 16));
  }

  /** Appends a copy of the chunk. */
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

  /** The bytes that have arrived, as a view. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}
