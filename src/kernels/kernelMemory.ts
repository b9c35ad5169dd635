import { type Addresses, addressesOf } from './addresses';
import type { Crew } from './crew';
import { readColumns, readRows, writeColumns, writeRows } from './rows';

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

/** Columns of a block of the skip connection. */
const COLUMNS = 16;

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
  /** Where everything lies, in bytes. */
  at: Addresses = {} as Addresses;

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

  // A memory that grows has a new buffer: views are made when they are used.
  floats(): Float32Array {
    return new Float32Array(this.memory.buffer);
  }

  words(): Uint32Array {
    return new Uint32Array(this.memory.buffer);
  }

  doubles(
    name: 'params' | 'results' | 'stamps' | 'spreadSums' | 'spreadSquares' | 'prefixWeights',
    count: number,
  ): Float64Array {
    return new Float64Array(this.memory.buffer, this.at[name], count);
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
    this.at = addressesOf(this.crew.kernels);
    // What lay here before may not be zero, as the columns that fill rows up must be.
    this.floats().fill(0, this.at.x / 4, this.at.errors / 4);
    this.floats().set(vectors, this.at.vectorsLeast / 4);
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

  /** Lists by example: one for each chunk of features, each level and each of `capacity` examples. */
  get lists(): { chunks: number; capacity: number; levels: number } {
    const { prefixes, revives, features } = this.shape;
    return {
      chunks: Math.ceil(features / this.chunk),
      capacity: roundUp(this.capacity, 4),
      levels: (prefixes?.length ?? 1) + (revives && this.use.training ? 1 : 0),
    };
  }

  /** The feature whose row of the dictionary lies at an address. */
  featureAt(): (address: number) => number {
    const row = this.stride * 4 * (this.use.training ? 2 : 1);
    return (address) => Math.floor((address - this.at.decoder) / row);
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
    const first = this.at[name] / 4;
    return Uint32Array.from({ length: rows }, (_, row) => first + row * this.stride);
  }

  // ── weights and moments ────────────────────────────────────────────────────────────────────

  /**
   * A weight as it was after the last whole step.
   *
   * @param step the one that may be under way: what it has moved already is read from before it
   */
  readWeight(position: number, step: number): Float32Array {
    const { inputDim } = this.shape;
    const { outputDim } = this;
    const matrix = this.matrixAt(position);
    if (matrix) {
      const offsets = this.weightRows(matrix, step);
      return matrix === 'encoder'
        ? readColumns(this.floats(), offsets, inputDim)
        : readRows(this.floats(), offsets, outputDim);
    }
    if (this.isSkip(position)) return this.readSkip(this.skipBlocks('skip', step));
    if (this.isBias(position)) {
      const moved = this.words()[this.at.biasMovedAt / 4] === step;
      return this.copy(moved ? this.at.biasBefore : this.at.bias, outputDim);
    }
    const values = this.copy(this.vectorAt('vector', position), this.shape.features);
    if (!this.use.training) return values;
    const before = this.floats();
    const offset = this.vectorAt('vectorBefore', position) / 4;
    const placeOf = this.placeOf();
    return values.map((value, feature) =>
      (placeOf[feature] as number) >>> 1 === step ? (before[offset + feature] as number) : value,
    );
  }

  writeWeight(position: number, values: Float32Array): void {
    const { inputDim } = this.shape;
    const matrix = this.matrixAt(position);
    if (matrix === 'encoder') {
      writeColumns(this.floats(), this.weightRows(matrix), inputDim, values);
    } else if (matrix === 'decoder') {
      writeRows(this.floats(), this.weightRows(matrix), this.outputDim, values);
    } else if (this.isSkip(position)) {
      this.writeSkip(this.skipBlocks('skip'), values);
    } else {
      const at = this.isBias(position) ? this.at.bias : this.vectorAt('vector', position);
      this.floats().set(values, at / 4);
    }
  }

  readMoment(moment: 'V' | 'M', position: number): Float32Array {
    const { inputDim } = this.shape;
    if (this.isSkip(position)) return this.readSkip(this.skipBlocks(`skip${moment}`));
    const matrix = this.matrixAt(position);
    if (matrix === undefined) {
      return this.copy(this.momentAt(moment, position), this.sizeOf(position));
    }
    const offsets = this.momentRows(`${matrix}${moment}`);
    return matrix === 'encoder'
      ? readColumns(this.floats(), offsets, inputDim)
      : readRows(this.floats(), offsets, this.outputDim);
  }

  /** Writes a moment; zeros where there is none. */
  writeMoment(moment: 'V' | 'M', position: number, values?: Float32Array): void {
    const { inputDim } = this.shape;
    const given = values ?? new Float32Array(this.sizeOf(position));
    if (this.isSkip(position)) {
      this.writeSkip(this.skipBlocks(`skip${moment}`), given);
      return;
    }
    const matrix = this.matrixAt(position);
    if (matrix === undefined) {
      this.floats().set(given, this.momentAt(moment, position) / 4);
      return;
    }
    const offsets = this.momentRows(`${matrix}${moment}`);
    if (matrix === 'encoder') writeColumns(this.floats(), offsets, inputDim, given);
    else writeRows(this.floats(), offsets, this.outputDim, given);
  }

  /** Where each feature's row of a matrix begins, in floats; as before `step` where that has moved it. */
  weightRows(matrix: 'encoder' | 'decoder', step?: number): Uint32Array {
    const places = this.use.training ? 2 : 1;
    const first = this.at[matrix] / 4;
    const placeOf = this.placeOf();
    return Uint32Array.from({ length: this.shape.features }, (_, feature) => {
      const word = placeOf[feature] as number;
      const place = word >>> 1 === step ? (word & 1) ^ 1 : word & 1;
      return first + (feature * places + place) * this.stride;
    });
  }

  /** By feature: the place of its rows in bit 0, above it the step that has moved them there. */
  private placeOf(): Uint32Array {
    return new Uint32Array(this.memory.buffer, this.at.placeOf, this.shape.features);
  }

  private momentRows(matrix: 'encoderV' | 'encoderM' | 'decoderV' | 'decoderM'): Uint32Array {
    const first = this.at[matrix] / 4;
    const { features } = this.shape;
    return Uint32Array.from({ length: features }, (_, feature) => first + feature * this.stride);
  }

  /**
   * Where each block of 16 columns of the skip connection begins, in floats: of its weights, as before
   * `step` where that has moved them, or of a moment.
   */
  private skipBlocks(name: 'skip' | 'skipV' | 'skipM', step?: number): number[] {
    const { inputDim } = this.shape;
    const block = roundUp(inputDim, 2) * COLUMNS;
    const places = name === 'skip' && this.use.training ? 2 : 1;
    const blocks = Math.ceil(this.outputDim / COLUMNS);
    const placeOf = new Uint32Array(this.memory.buffer, this.at.skipPlaceOf, blocks);
    return Array.from(placeOf, (word, i) => {
      const place = word >>> 1 === step ? (word & 1) ^ 1 : word & 1;
      return this.at[name] / 4 + (i * places + (places === 2 ? place : 0)) * block;
    });
  }

  private readSkip(blocks: readonly number[]): Float32Array {
    const floats = this.floats();
    const { outputDim } = this;
    return new Float32Array(this.shape.inputDim * outputDim).map(
      (_, i) => floats[skipAt(blocks, i, outputDim)] as number,
    );
  }

  private writeSkip(blocks: readonly number[], values: Float32Array): void {
    const floats = this.floats();
    values.forEach((value, i) => {
      floats[skipAt(blocks, i, this.outputDim)] = value;
    });
  }

  /** Which matrix with a row for each feature is at a position, if it is one. */
  matrixAt(position: number): 'encoder' | 'decoder' | undefined {
    if (position === 0) return 'encoder';
    return position === this.shape.vectors.length + 1 ? 'decoder' : undefined;
  }

  private isBias(position: number): boolean {
    return position === this.shape.vectors.length + 2;
  }

  private isSkip(position: number): boolean {
    return position === this.shape.vectors.length + 3;
  }

  private vectorAt(name: 'vector' | 'vectorBefore' | 'vectorV' | 'vectorM', position: number) {
    return this.at[name] + (position - 1) * roundUp(this.shape.features, 8) * 4;
  }

  private momentAt(moment: 'V' | 'M', position: number): number {
    return this.isBias(position)
      ? this.at[`bias${moment}`]
      : this.vectorAt(`vector${moment}`, position);
  }

  private sizeOf(position: number): number {
    const { inputDim, features } = this.shape;
    const matrix = this.matrixAt(position);
    if (matrix) return features * (matrix === 'encoder' ? inputDim : this.outputDim);
    if (this.isSkip(position)) return inputDim * this.outputDim;
    return this.isBias(position) ? this.outputDim : features;
  }

  private copy(at: number, length: number): Float32Array {
    return this.floats().slice(at / 4, at / 4 + length);
  }
}

/** Where a number of W_skip `[inputDim, outputDim]` lies, in floats. */
function skipAt(blocks: readonly number[], i: number, outputDim: number): number {
  const column = i % outputDim;
  const row = (i - column) / outputDim;
  return (blocks[Math.floor(column / COLUMNS)] as number) + row * COLUMNS + (column % COLUMNS);
}
