import type { ByteSource } from './byteSource';

/** How much more has to come before it is told again. */
const STEP = 0.01;

/** Tells how much of a file has come, as a share of 1 that rises. */
export class Progress {
  #bytes = 0;
  #told = 0;

  constructor(private readonly tell: ((fraction: number) => void) | undefined) {}

  /**
   * Some bytes have come.
   *
   * @param size of the file; NaN where nobody has said it
   */
  add(bytes: number, size: number): void {
    this.#bytes += bytes;
    // Whatever is read twice is counted twice, and the last share is for the end alone.
    const share = Math.min(this.#bytes / size, 1 - STEP);
    if (share >= this.#told + STEP) this.#report(share);
  }

  /** Everything has come, and is in its place. */
  done(): void {
    if (this.#told < 1) this.#report(1);
  }

  #report(share: number): void {
    this.#told = share;
    this.tell?.(share);
  }
}

/** The same source, whose reads are counted. */
export function counted(source: ByteSource, progress: Progress): ByteSource {
  const { name, size, readInto } = source;
  return {
    name,
    size,
    read: async (offset, length, onPart) => {
      const bytes = await source.read(offset, length, onPart);
      progress.add(length, size);
      return bytes;
    },
    ...(readInto && {
      readInto: async (bytes: Uint8Array, offset: number) => {
        await readInto.call(source, bytes, offset);
        progress.add(bytes.length, size);
      },
    }),
    close: () => source.close(),
  };
}
