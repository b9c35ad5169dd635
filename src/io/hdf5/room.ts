/**
 * A buffer for a file's structure, written piece by piece; references to a piece are filled in
 * later.
 */
export class Room {
  #bytes = new Uint8Array(2 ** 12);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;

  /** Allocates the next bytes, all zero. @returns their offset */
  take(bytes: number): number {
    const at = this.#used;
    this.#used += bytes;
    if (this.#used > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#used);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  /** Everything allocated so far, as a view. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }

  put(at: number, bytes: ArrayLike<number>): void {
    this.#bytes.set(bytes, at);
  }

  /** Writes the letters that mark a part. */
  putSignature(at: number, text: string): void {
    for (let i = 0; i < text.length; i++) this.#view.setUint8(at + i, text.charCodeAt(i));
  }

  put8(at: number, value: number): void {
    this.#view.setUint8(at, value);
  }

  put16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  put32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  put64(at: number, value: number): void {
    this.#view.setUint32(at, value % 2 ** 32, true);
    this.#view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
  }
}
