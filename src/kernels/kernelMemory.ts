import type { Crew } from './crew';
import type { Place } from './exports';
import {
  BLOCK_COLUMNS,
  readBlocks,
  readColumns,
  readRows,
  writeBlocks,
  writeColumns,
  writeRows,
} from './rows';

/** What the kernels are told of a dictionary. */
export interface DictionaryShape {
  /** The function in assembly/ that sets what is this architecture's own. */
  readonly architecture: string;
  readonly inputDim: number;
  /** Width of the targets; that of the input by default. */
  readonly outputDim?: number;
  /** Whether b_dec is taken from the input; true by default. */
  readonly centred?: boolean;
  readonly features: number;
  /** Encoder weights of shape `[features]`: what the entries of each are at least, `-Infinity` for anything. */
  readonly vectors: readonly number[];
  /** Reconstructions of an example: 2 where the loss has one that the codes do not give. */
  readonly reconstructions: 1 | 2;
  /**
   * Numbers of features whose reconstructions are in the loss, rising up to all of them: of nested
   * dictionaries; all features alone by default.
   */
  readonly prefixes?: readonly number[];
  /** Whether dead features may be revived. */
  readonly revives?: boolean;
  /** Whether the norm of each decoder row weighs what its feature adds to the penalty; false by default. */
  readonly penaltyByNorm?: boolean;
  /** Whether dead features have a penalty of their own; false by default. */
  readonly punishesDead?: boolean;
  /** Whether the architecture has derivatives by the norms of decoder rows; false by default. */
  readonly derivesNorms?: boolean;
  /** Whether the decoder has a gradient of the second reconstruction too; false by default. */
  readonly secondTrains?: boolean;
  /** Whether x · W_skip is part of every reconstruction; false by default. */
  readonly skip?: boolean;
}

/** What a memory is for. */
export interface KernelUse {
  readonly threads: number;
  /** Training wants room for gradients and moments, for a first moment only with momentum. */
  readonly training?: { readonly momentum: boolean };
  /** False computes all products, for comparisons: what comes of it is the same. */
  readonly screens?: boolean;
}

/** Adam's moments of one weight. */
export interface Moments {
  readonly v: Float32Array;
  readonly m?: Float32Array;
}

export const PAGE = 65536;
/** Bytes of a chunk of the dictionary that stays in the second-level cache beside all else: measured. */
const CHUNK_BYTES = 3e5;
/** Codes of an example in such a chunk below which its rows are too few to be worth keeping there. */
const CODES_IN_CHUNK = 8;
/** Pieces of work for each thread, so that none waits long for the others. */
const PIECES = 4;
/** Examples for which such a chunk is read once. */
const GROUP = 128;

/** What a position holds. */
type Kind = 'encoder' | 'vector' | 'decoder' | 'bias' | 'skip';
const BEHIND_VECTORS: readonly Kind[] = ['decoder', 'bias', 'skip'];

const roundUp = (n: number, to: number) => Math.ceil(n / to) * to;

/**
 * The kernels' memory: where a dictionary's weights, its optimizer's moments and a batch lie.
 *
 * A weight's position is that in its layer: the encoder's matrix `[inputDim, features]`, its
 * vectors `[features]`, the dictionary `[features, outputDim]`, b_dec `[outputDim]`, W_skip
 * `[inputDim, outputDim]`.
 */
export class KernelMemory {
  /** Examples for which there is room. */
  private capacity = 0;
  private chunk = 0;

  constructor(
    readonly shape: DictionaryShape,
    readonly use: KernelUse,
    private readonly memory: WebAssembly.Memory,
    private readonly crew: Crew,
  ) {}

  /** Bytes that are held. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Number of weights, each at its position. */
  get positions(): number {
    return this.shape.vectors.length + (this.shape.skip ? 4 : 3);
  }

  /** Floats from one row to the next. */
  get stride(): number {
    return roundUp(Math.max(this.shape.inputDim, this.outputDim), 16);
  }

  /** Width of the targets. */
  get outputDim(): number {
    return this.shape.outputDim ?? this.shape.inputDim;
  }

  /** Where something lies, in bytes. Beyond 2 GiB a module has negative numbers. */
  at(name: Place): number {
    return this.crew.kernels[name].value >>> 0;
  }

  // A memory that grows has a new buffer: views are made when they are used.
  floats(): Float32Array {
    return new Float32Array(this.memory.buffer);
  }

  words(name?: Place, count?: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, name && this.at(name), count);
  }

  doubles(name: Place, count: number): Float64Array {
    return new Float64Array(this.memory.buffer, this.at(name), count);
  }

  /**
   * Makes room for batches of so many rows. Weights and moments stay.
   *
   * @param density the share of codes that is likely to be above 0
   * @throws RangeError where there is not enough memory.
   */
  async makeRoom(rows: number, density: number): Promise<void> {
    const { inputDim, features, vectors, reconstructions, prefixes, revives } = this.shape;
    const { centred = true, penaltyByNorm, secondTrains, skip } = this.shape;
    const { punishesDead, derivesNorms } = this.shape;
    const { threads, training } = this.use;
    const chunk = this.chunkFor(density);
    const fits = chunk < 2 * this.chunk && 2 * chunk > this.chunk;
    if (rows <= this.capacity && fits) return;
    rows = Math.max(rows, this.capacity);
    const end = await this.crew.configure([
      ...[Math.max(inputDim, this.outputDim), features, rows, threads],
      ...[training ? 1 : 0, training?.momentum ? 1 : 0],
      ...[chunk, Math.min(GROUP, Math.ceil(rows / threads))],
      ...[reconstructions, vectors.length, prefixes?.length ?? 1, revives ? 1 : 0],
      ...[centred ? 1 : 0, penaltyByNorm ? 1 : 0, secondTrains ? 1 : 0],
      ...(skip ? [inputDim, this.outputDim] : [0, 0]),
      ...[punishesDead ? 1 : 0, derivesNorms ? 1 : 0],
    ]);
    this.reserve(end + (threads + 1) * this.crew.kernels.segmentBytes());
    // What lay here before may not be zero, as the columns that fill rows up must be.
    this.floats().fill(0, this.at('x') / 4, this.at('errors') / 4);
    this.floats().set(vectors, this.at('vectorsLeast') / 4);
    this.capacity = rows;
    this.chunk = chunk;
  }

  /** Features whose rows are gone through together: in no order does the result depend on it. */
  private chunkFor(density: number): number {
    const { features } = this.shape;
    const byCache = CHUNK_BYTES / (4 * this.stride);
    const byCodes = CODES_IN_CHUNK / density;
    const byThreads = features / (PIECES * this.use.threads);
    return roundUp(Math.min(Math.max(byCache, byCodes), byThreads), 8);
  }

  /** Examples that there is room for at each level. */
  get examples(): number {
    return roundUp(this.capacity, 4);
  }

  /**
   * Makes sure that the memory reaches so far.
   *
   * @throws RangeError where it cannot.
   */
  reserve(bytes: number): void {
    const pages = Math.ceil((bytes - this.bytes) / PAGE);
    if (pages > 0) this.memory.grow(pages);
  }

  /** Writes a batch, `x [rows, inputDim]` or `target [rows, outputDim]`. */
  writeBatch(name: 'x' | 'target', values: Float32Array): void {
    const width = name === 'x' ? this.shape.inputDim : this.outputDim;
    writeRows(this.floats(), this.batchRows(name, values.length / width), width, values);
  }

  /** Where each row of a batch begins, in floats. */
  batchRows(name: 'x' | 'target' | 'errors', rows: number): Uint32Array {
    const first = this.at(name) / 4;
    return Uint32Array.from({ length: rows }, (_, row) => first + row * this.stride);
  }

  // ── weights and moments ────────────────────────────────────────────────────────────────────

  /** What lies at a position. */
  kindOf(position: number): Kind {
    const behind = position - this.shape.vectors.length;
    if (position === 0) return 'encoder';
    return behind <= 0 ? 'vector' : (BEHIND_VECTORS[behind - 1] as Kind);
  }

  /**
   * A weight as it was after the last whole step.
   *
   * @param step the one that may be under way: what it has moved already is read from before it
   */
  readWeight(position: number, step: number): Float32Array {
    const kind = this.kindOf(position);
    const isBefore = kind === 'bias' && this.words('biasMovedAt')[0] === step;
    const values = this.read(position, isBefore ? 'biasBefore' : kind, step);
    if (kind !== 'vector' || !this.use.training) return values;
    const before = this.read(position, 'vectorBefore');
    const placeOf = this.words('placeOf', this.shape.features);
    return values.map((value, feature) =>
      (placeOf[feature] as number) >>> 1 === step ? (before[feature] as number) : value,
    );
  }

  writeWeight(position: number, values: Float32Array): void {
    const kind = this.kindOf(position);
    this.write(position, kind, values);
    if (kind === 'encoder') this.words('isStale', this.shape.features).fill(1);
  }

  readMoment(moment: 'V' | 'M', position: number): Float32Array {
    return this.read(position, `${this.kindOf(position)}${moment}`);
  }

  /** Writes a moment; zeros where there is none. */
  writeMoment(moment: 'V' | 'M', position: number, values?: Float32Array): void {
    const kind = this.kindOf(position);
    const rows = kind === 'vector' || kind === 'bias' ? 1 : this.shape.features;
    const size = kind === 'skip' ? this.shape.inputDim * this.outputDim : rows * this.widthOf(kind);
    this.write(position, `${kind}${moment}`, values ?? new Float32Array(size));
  }

  /** What is laid out as the weight at a position. */
  private read(position: number, name: Place, step?: number): Float32Array {
    const kind = this.kindOf(position);
    const rows = this.rowsOf(position, name, step);
    if (kind === 'encoder') return readColumns(this.floats(), rows, this.widthOf(kind));
    if (kind === 'skip')
      return readBlocks(this.floats(), rows, this.shape.inputDim, this.outputDim);
    return readRows(this.floats(), rows, this.widthOf(kind));
  }

  private write(position: number, name: Place, values: Float32Array): void {
    const kind = this.kindOf(position);
    const rows = this.rowsOf(position, name);
    if (kind === 'encoder') writeColumns(this.floats(), rows, this.widthOf(kind), values);
    else if (kind === 'skip') writeBlocks(this.floats(), rows, this.outputDim, values);
    else writeRows(this.floats(), rows, this.widthOf(kind), values);
  }

  private widthOf(kind: Kind): number {
    const { inputDim, features } = this.shape;
    return kind === 'encoder' ? inputDim : kind === 'vector' ? features : this.outputDim;
  }

  /** Where each feature's row of the dictionary begins, in floats. */
  decoderRows(): Uint32Array {
    return this.rowsOf(this.shape.vectors.length + 1, 'decoder');
  }

  /**
   * Where the rows of a weight begin, in floats, or the blocks of the skip connection: as before `step` where
   * that has moved them. Or those of what is laid out as the weight is.
   */
  private rowsOf(position: number, name: Place, step?: number): Uint32Array {
    const { features, inputDim } = this.shape;
    const kind = this.kindOf(position);
    const first = this.at(name) / 4;
    if (kind === 'bias') return Uint32Array.of(first);
    if (kind === 'vector') return Uint32Array.of(first + (position - 1) * roundUp(features, 8));
    const isSkip = kind === 'skip';
    const size = isSkip ? roundUp(inputDim, 2) * BLOCK_COLUMNS : this.stride;
    const hasTwoPlaces = name === kind && this.use.training !== undefined;
    // The place of each in bit 0, above it the step that has moved it there.
    const placeOf = isSkip
      ? this.words('skipPlaceOf', Math.ceil(this.outputDim / BLOCK_COLUMNS))
      : this.words('placeOf', features);
    return placeOf.map((word, i) => {
      const place = word >>> 1 === step ? (word & 1) ^ 1 : word & 1;
      return first + (hasTwoPlaces ? 2 * i + place : i) * size;
    });
  }
}
