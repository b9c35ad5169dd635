import { ORIGIN_WIDTH } from '../activations/storedRows';
import { badShard, namingFile, type SAEError } from '../errors';
import type { RowArray } from '../io/arrays/rowArray';
import { tensorRows } from '../io/arrays/safetensors';
import type { ByteSource } from '../io/bytes/byteSource';
import { DTYPE_BYTES } from '../io/bytes/dtypes';
import { type StoredTensor, sizeOf } from '../io/bytes/storedTensor';
import { alignedTo } from '../io/bytes/values';
import { openSafetensors, type Safetensors } from '../io/safetensors/read';
import { type Manifest, ORIGINS, type ShardEntry } from './manifest';
import type { StorePlace } from './place';
import { RegionChecksum } from './regionChecksum';

/** The bytes read at once when a whole shard is read. */
const PIECE_BYTES = 2 ** 24;

/** A shard of a store: opened anew each time, and compared with its checksums the first time. */
export class Shard {
  /** The tensors that have been opened, with what has been read of each. */
  private regions: ReadonlyMap<string, RegionChecksum> | undefined;

  constructor(
    private readonly place: StorePlace,
    private readonly manifest: Manifest,
    readonly entry: ShardEntry,
  ) {}

  /** How errors refer to it. */
  get name(): string {
    return `${this.place.name}/${this.entry.file}`;
  }

  /**
   * Opens its rows `[rows, width]`.
   *
   * @returns the array; the caller closes it.
   * @throws SAE_FILE for a shard that is missing, damaged, or not the one that the manifest names;
   *   also while reading, when the last of its bytes has been read and a checksum is wrong.
   */
  async openRows(): Promise<RowArray> {
    const { source, tensors } = await this.open();
    const rows = tensorRows(this.name, tensors.get('rows') as StoredTensor);
    return { ...rows, close: () => source.close() };
  }

  /** Opens pairs of example and position of its rows, `[rows, 2]`, like {@link openRows}. */
  async openOrigins(): Promise<RowArray> {
    const { source, tensors } = await this.open();
    return {
      name: this.name,
      shape: [this.entry.rows, ORIGIN_WIDTH],
      dtype: 'i4',
      read: async (first, rows) => {
        const pairs = new Int32Array(rows * ORIGIN_WIDTH);
        for (const [k, name] of ORIGINS.entries()) {
          const start = (tensors.get(name) as StoredTensor).start as number;
          const bytes = DTYPE_BYTES.int32;
          const part = alignedTo(bytes, await source.read(start + first * bytes, rows * bytes));
          const column = new Int32Array(part.buffer, part.byteOffset, rows);
          for (let row = 0; row < rows; row++) {
            pairs[row * ORIGIN_WIDTH + k] = column[row] as number;
          }
        }
        return pairs;
      },
      close: () => source.close(),
    };
  }

  /**
   * Reads it completely.
   *
   * @throws SAE_FILE like {@link openRows}, and if a checksum is wrong.
   */
  async verify(): Promise<void> {
    this.regions = undefined;
    const { source } = await this.open();
    try {
      const room = new Uint8Array(Math.min(PIECE_BYTES, source.size));
      for (let at = 0; at < source.size; at += room.length) {
        const part = room.subarray(0, Math.min(room.length, source.size - at));
        if (source.readInto) await source.readInto(part, at);
        else await source.read(at, part.length);
      }
    } finally {
      await source.close();
    }
  }

  private async open(): Promise<{ source: ByteSource } & Pick<Safetensors, 'tensors'>> {
    const found = await this.place.open(this.entry.file);
    if (found === undefined) throw this.bad('a shard of the store', 'nothing there');
    const source = this.checked(found);
    try {
      const { tensors } = await namingFile(this.name, () => openSafetensors(source));
      this.check(tensors);
      this.regions ??= this.regionsOf(tensors);
      return { source, tensors };
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  private get names(): readonly string[] {
    return ['rows', ...(this.manifest.hasOrigins ? ORIGINS : [])];
  }

  private check(tensors: Safetensors['tensors']): void {
    const { manifest, entry } = this;
    for (const name of this.names) {
      const dtype = name === 'rows' ? manifest.dtype : 'int32';
      const shape = name === 'rows' ? [entry.rows, manifest.width] : [entry.rows];
      const text = (one: Pick<StoredTensor, 'dtype' | 'shape'> | undefined) =>
        one ? `${one.dtype} [${one.shape.join(', ')}]` : 'none of that name';
      const [expected, received] = [text({ dtype, shape }), text(tensors.get(name))];
      if (expected !== received) throw this.bad(`a tensor ${name} of ${expected}`, received);
    }
  }

  private regionsOf(tensors: Safetensors['tensors']): ReadonlyMap<string, RegionChecksum> {
    return new Map(
      this.names.map((name) => {
        const { start = 0, shape, dtype } = tensors.get(name) as StoredTensor;
        const bytes = sizeOf(shape) * DTYPE_BYTES[dtype];
        return [name, new RegionChecksum(start, bytes, this.entry.crc32[name] as string)];
      }),
    );
  }

  /** Returns the same source, with its bytes compared with the checksums as they are read. */
  private checked(source: ByteSource): ByteSource {
    const see = (offset: number, bytes: Uint8Array) => {
      for (const [name, region] of this.regions ?? []) {
        region.see(offset, bytes);
        if (region.isRight === false) {
          throw this.bad(`the ${name} that were written`, 'others: their checksum is wrong');
        }
      }
    };
    const { name, size, readInto } = source;
    return {
      name,
      size,
      close: () => source.close(),
      read: async (offset, length) => {
        const bytes = await source.read(offset, length);
        see(offset, bytes);
        return bytes;
      },
      ...(readInto && {
        readInto: async (bytes: Uint8Array, offset: number) => {
          await readInto(bytes, offset);
          see(offset, bytes);
        },
      }),
    };
  }

  private bad(expected: string, received: string): SAEError {
    return badShard(this.name, expected, received);
  }
}
