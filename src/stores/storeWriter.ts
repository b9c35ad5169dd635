import { otherStore, wrongOrigin, wrongRows } from '../errors';
import type { StoredBatch } from './batches';
import { MANIFEST, type Manifest, manifestText } from './manifest';
import { keptRows } from './outliers';
import type { StorePlace } from './place';
import { ShardBuffer } from './shardBuffer';

/** The properties of a store that do not depend on its rows. */
export type StorePlan = Pick<Manifest, 'about' | 'dtype' | 'filter'>;

/**
 * Writes rows into a store. A shard is written while the next one fills, so two of them are held;
 * then the manifest lists it, together with the writer's position, from which an interrupted writer
 * continues.
 */
export class StoreWriter {
  private filling: ShardBuffer | undefined;
  private spare: ShardBuffer | undefined;
  private writing: Promise<void> = Promise.resolve();
  private fault: { readonly error: unknown } | undefined;
  /** The manifest of the shards that are full, or being written. */
  private manifest: Manifest | undefined;
  private leftOut: number;
  private batches: number;
  private skip: number;

  /**
   * @param where how errors refer to it
   * @param roomFor returns the number of rows in a shard, given their width
   * @param before the manifest of what is stored already
   */
  constructor(
    private readonly where: string,
    private readonly place: StorePlace,
    private readonly plan: StorePlan,
    private readonly roomFor: (width: number) => number,
    before: Manifest | undefined,
  ) {
    this.manifest = before;
    this.leftOut = before?.leftOut ?? 0;
    this.batches = before?.source.batches ?? 0;
    this.skip = before?.source.rows ?? 0;
  }

  /** Rows that are stored, or being written. */
  get rows(): number {
    return (this.manifest?.rows ?? 0) + (this.filling?.rows ?? 0);
  }

  get shards(): number {
    return this.manifest?.shards.length ?? 0;
  }

  get rowsLeftOut(): number {
    return this.leftOut;
  }

  /** Adds the next batch of the source. */
  async take(batch: StoredBatch): Promise<void> {
    if (this.fault) await this.settled();
    const manifest = this.begun(batch);
    this.assertAlike(manifest, batch);
    const keep = keptRows(batch.norms, batch.origin, this.plan.filter);
    let row = this.skip;
    this.skip = 0;
    while (row < batch.rows) {
      if (keep[row] === 0) {
        this.leftOut++;
        row++;
        continue;
      }
      const buffer = this.buffer(manifest);
      let end = row;
      const most = Math.min(batch.rows, row + buffer.room - buffer.rows);
      while (end < most && keep[end] === 1) end++;
      buffer.take(`${this.where}, batch ${this.batches}`, batch, row, end - row);
      row = end;
      if (buffer.isFull) await this.flush({ batches: this.batches, rows: row }, false);
    }
    this.batches++;
  }

  /** Writes the remaining rows, and that the store is complete. */
  async end(): Promise<void> {
    await this.flush({ batches: this.batches, rows: 0 }, true);
    await this.settled();
  }

  /** Waits for what is being written. @throws the error of writing. */
  async settled(): Promise<void> {
    await this.writing;
    if (this.fault) throw this.fault.error;
  }

  private begun({ width, origin }: StoredBatch): Manifest {
    this.manifest ??= {
      ...this.plan,
      ...{ width, rows: 0, complete: false, hasOrigins: origin !== undefined, leftOut: 0 },
      ...{ source: { batches: 0, rows: 0 }, mean: Array(width).fill(0), norm: 0, shards: [] },
    };
    return this.manifest;
  }

  private assertAlike({ width, hasOrigins, shards }: Manifest, batch: StoredBatch): void {
    if (batch.width !== width) {
      throw shards.length > 0
        ? otherStore(this.place.name, 'width', batch.width, width)
        : wrongRows(this.where, width, [batch.rows, batch.width]);
    }
    if (hasOrigins === (batch.origin !== undefined)) return;
    throw wrongOrigin(this.where, batch.rows, hasOrigins ? 'none' : 'some after none');
  }

  private buffer({ width, dtype, hasOrigins }: Manifest): ShardBuffer {
    this.filling ??= this.spare ?? new ShardBuffer(this.roomFor(width), width, dtype, hasOrigins);
    this.spare = undefined;
    return this.filling;
  }

  /** Passes the shard on for writing, once the one before it is written. */
  private async flush(source: Manifest['source'], complete: boolean): Promise<void> {
    await this.settled();
    const { filling: buffer, leftOut, manifest: before } = this;
    if (before === undefined) return;
    this.filling = undefined;
    const file = `shard-${String(before.shards.length).padStart(5, '0')}.safetensors`;
    const made = buffer && buffer.rows > 0 ? buffer.encoded(file) : undefined;
    const manifest: Manifest = {
      ...before,
      ...{ complete, leftOut, source },
      ...(buffer && made && { ...buffer.means(before), rows: before.rows + buffer.rows }),
      shards: [...before.shards, ...(made ? [made.entry] : [])],
    };
    this.manifest = manifest;
    this.writing = this.write(manifest, made && { file, pieces: made.pieces }).then(
      () => {
        buffer?.clear();
        this.spare = buffer;
      },
      (error) => {
        this.fault = { error };
      },
    );
  }

  private async write(
    manifest: Manifest,
    shard: { file: string; pieces: readonly Uint8Array[] } | undefined,
  ): Promise<void> {
    if (shard) await this.place.write(shard.file, shard.pieces);
    await this.place.write(MANIFEST, [new TextEncoder().encode(manifestText(manifest))]);
  }
}
