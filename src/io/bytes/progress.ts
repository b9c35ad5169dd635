import type { ByteSource } from './byteSource';

/** The least increase of the share between two reports. */
const STEP = 0.01;

/** Reports how much of a file has arrived, as an increasing share of 1. */
export class Progress {
  #bytes = 0;
  #told = 0;

  constructor(private readonly tell: ((fraction: number) => void) | undefined) {}

  /**
   * Counts bytes that have arrived.
   *
   * @param size the size of the file; NaN if unknown
   */
  add(bytes: number, size: number): void {
    this.#bytes += bytes;
    // Bytes that are read twice are counted twice, and the share 1 is reserved for the end.
    const share = Math.min(this.#bytes / size, 1 - STEP);
    if (share >= this.#told + STEP) this.#report(share);
  }

  /** Reports that everything has arrived. */
  done(): void {
    if (this.#told < 1) this.#report(1);
  }

  #report(share: number): void {
    this.#told = share;
    this.tell?.(share);
  }
}

/** Returns the same source, with its reads counted. */
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
