import { Crew } from './crew';
import { type DictionaryShape, KernelMemory, type KernelUse, type Moments } from './kernelMemory';
import { buildHere, compile } from './module';
import {
  type BatchMeasures,
  inOrder,
  type Outcome,
  outcomeOf,
  PARAM,
  PARAMS,
  type PassNumbers,
  RESULT,
  RESULTS,
  type StepNumbers,
  type UpdateNumbers,
} from './numbers';
import { readRows } from './rows';
import type { SparseCodes } from './sparseCodes';

/** What the threads do of which there is an outcome. */
type Pass = 'step' | 'encodeRows' | 'forward' | 'encodeAndDecode';

/** How far below the least code that one batch has chosen the next one's are looked for. */
const FLOOR = 0.5;
/** Steps without a floor, after one that was too high. */
const STEPS_WITHOUT_FLOOR = 100;
/** Rows below which it takes longer to note what to screen by than it saves. */
const FEWEST_SCREENED = 32;
/** Columns above which sums of whole numbers might not fit 32 bits. */
const MOST_SCREENED_COLUMNS = 2 ** 16;
/**
 * Share of the pairs that are not certain to be inactive above which screening takes longer than it saves: by
 * build, for bytes are multiplied sooner than what has 16 bits.
 */
const MOST_UNCERTAIN = { simd: 0.2, relaxed: 0.35 } as const;
/** Where screening does not pay, one in so many chunks of features goes on, to see when it does. */
const SAMPLE = 16;
/** Words of an entry of a list by example: decoder row, code, second value, place by feature. */
const ENTRY = 4;
/** 4 GiB, all that 32 bits can address. */
const MOST_PAGES = 65536;
/** 256 MiB: where there is not even room for that, there is none. */
const FEWEST_PAGES = 4096;

/**
 * One dictionary in WebAssembly memory, and the threads that compute on it. Knows plain arrays,
 * nothing of tensors. One call at a time: the caller waits for each.
 */
export class DictionaryKernels {
  /** Optimizer steps taken here. */
  private steps = 0;
  /** Share of the pairs of an example and a feature that were active when last looked. */
  private density = 1;
  /** Whether every row of the dictionary has norm 1, and every vector is as large as it has to be. */
  private normalised = false;
  private isLastStep = false;
  /** What the next batch's chosen codes are likely to be above. */
  private floor = 0;
  private stepsWithoutFloor = 0;
  /** Of the pairs that were screened last, the share that was not certain to be inactive. */
  private uncertain = 0;

  private constructor(
    private readonly memory: KernelMemory,
    private readonly crew: Crew,
  ) {}

  /**
   * Makes room for a dictionary whose weights are all zero.
   *
   * @param rows of a batch; a larger one is made room for when it comes
   * @throws RangeError where there is not enough memory; what the platform throws where it forbids
   * WebAssembly or workers.
   */
  static async start(
    shape: DictionaryShape,
    use: KernelUse,
    rows: number,
  ): Promise<DictionaryKernels> {
    const shared = use.threads > 1;
    const module = await compile(shared ? 'shared' : 'own');
    const memory = emptyMemory(shared);
    const { threads } = use;
    const crew = new Crew({ module, memory, architecture: shape.architecture, threads });
    try {
      const kernelMemory = new KernelMemory(shape, use, memory, crew);
      await kernelMemory.makeRoom(rows, 1);
      return new DictionaryKernels(kernelMemory, crew);
    } catch (error) {
      crew.dispose();
      throw error;
    }
  }

  /** What it was started for. */
  get use(): KernelUse {
    return this.memory.use;
  }

  /** Whether the weights from before the last step are still there, and nothing has come since. */
  get canTakeBack(): boolean {
    return this.isLastStep;
  }

  /** Bytes that are held. */
  get bytes(): number {
    return this.memory.bytes;
  }

  /** Ends the threads; the memory goes with the last reference to it. */
  dispose(): void {
    this.crew.dispose();
  }

  // ── passes and steps ───────────────────────────────────────────────────────────────────────

  /**
   * One optimizer step. Where its outcome is not `done`, or it rejects, no weight reads as changed.
   *
   * @param x `[rows, inputDim]`
   * @param target `[rows, outputDim]`; x itself where it is left out
   * @throws RangeError where there is no memory for the lists of active pairs.
   */
  async step(
    x: Float32Array,
    target: Float32Array | undefined,
    step: StepNumbers,
    { alpha, beta1, beta2, epsilon, clipNorm }: UpdateNumbers,
  ): Promise<Outcome> {
    await this.writeBatch(x, target);
    const first = this.normalised ? 0 : 1;
    const { unitRows = true, project = false, dead, auxK = 0 } = step;
    if (dead) this.memory.words('asleep').set(dead);
    const isAnyDead = dead !== undefined && Array.prototype.some.call(dead, Boolean);
    this.memory
      .doubles('params', PARAMS)
      .set(
        [
          ...[this.steps + 1, first, alpha, beta1, beta2, epsilon, clipNorm],
          ...[Number(unitRows), Number(project), 0, Number(isAnyDead), auxK],
          ...inOrder(step.weights),
        ],
        PARAM.step,
      );
    this.memory.doubles('results', RESULTS)[RESULT.short] = 0;
    const outcome = await this.run('step', step);
    if (outcome.status === 'done') {
      this.steps += 1;
      this.normalised = this.memory.doubles('results', RESULTS)[RESULT.short] === 0;
      this.isLastStep = true;
    }
    // Gradients lie where the weights from before the last step were.
    if (outcome.status === 'gradientNotFinite') this.isLastStep = false;
    return outcome;
  }

  /**
   * Has the threads do it. Where the largest codes are chosen, those are looked for only that lie not too
   * far below what the last batch has chosen; what it comes to does not depend on that.
   */
  private async run(command: Pass, pass: PassNumbers) {
    const params = this.memory.doubles('params', PARAMS);
    params.set(pass.own ?? [], PARAM.own);
    params[PARAM.screened] = this.screened(params[PARAM.rows] as number);
    const { prefixes = this.memory.shape.prefixes, prefixWeights } = pass;
    if (prefixes && prefixWeights) {
      this.memory.words('prefixEnds').set(prefixes);
      this.memory.doubles('prefixWeights', prefixWeights.length).set(prefixWeights);
    }
    const isChosen = pass.floor === undefined;
    params[PARAM.floor] = isChosen ? this.floor : pass.floor;
    await this.crew.run(command);
    let outcome = this.outcome();
    if (outcome.status === 'floorTooHigh') {
      this.floor = 0;
      this.stepsWithoutFloor = STEPS_WITHOUT_FLOOR;
      this.memory.doubles('params', PARAMS)[PARAM.floor] = 0;
      this.memory.words('fault')[0] = 0;
      await this.crew.run(command);
      outcome = this.outcome();
    }
    if (isChosen && this.stepsWithoutFloor > 0) this.stepsWithoutFloor -= 1;
    // A pass that overflowed has chosen nothing that tells of the next one.
    else if (isChosen) this.floor = this.least < Number.POSITIVE_INFINITY ? FLOOR * this.least : 0;
    const results = this.memory.doubles('results', RESULTS);
    const screened = results[RESULT.screened] as number;
    if (screened > 0) this.uncertain = (results[RESULT.uncertain] as number) / screened;
    return outcome;
  }

  /** Of the chunks of features, every which one is screened; 0 for none. */
  private screened(rows: number): number {
    if (this.use.screens === false || rows < FEWEST_SCREENED) return 0;
    if (this.memory.stride > MOST_SCREENED_COLUMNS) return 0;
    return this.uncertain > MOST_UNCERTAIN[buildHere()] ? SAMPLE : 1;
  }

  /** The least code that the last batch has chosen, where codes are chosen; else 0. */
  get least(): number {
    return this.memory.doubles('results', RESULTS)[RESULT.least] as number;
  }

  /**
   * Goes back to the weights from before the last step.
   *
   * @returns false where they are gone, or somebody has written a weight since.
   */
  takeBack(): boolean {
    if (!this.isLastStep) return false;
    this.isLastStep = false;
    this.crew.kernels.takeBack(this.steps);
    this.normalised = false;
    return true;
  }

  /**
   * Encodes `x [rows, inputDim]`; the codes can be read after it.
   *
   * @throws RangeError where there is no memory for them.
   */
  async encode(x: Float32Array, pass: PassNumbers = {}): Promise<void> {
    await this.writeBatch(x);
    await this.run('encodeRows', pass);
  }

  /**
   * Encodes and decodes `x [rows, inputDim]`; the reconstruction can be read after it.
   *
   * @throws RangeError where there is no memory for the codes.
   */
  async forward(x: Float32Array, target?: Float32Array, pass: PassNumbers = {}): Promise<Outcome> {
    await this.writeBatch(x, target);
    return this.run('forward', pass);
  }

  /**
   * The same without the loss: the codes can be read after it, too.
   *
   * @throws RangeError where there is no memory for the codes.
   */
  async encodeAndDecode(
    x: Float32Array,
    target: Float32Array | undefined,
    pass: PassNumbers = {},
  ): Promise<void> {
    await this.writeBatch(x, target);
    await this.run('encodeAndDecode', pass);
  }

  /** The codes of the rows, so many, that have been encoded last; to be read before anything else is done. */
  codes(rows: number): SparseCodes {
    const counts = this.memory.words('rowCodes', rows);
    const features = this.memory.words('rowFeatures', rows);
    const codes = this.memory.words('rowValues', rows);
    const { buffer } = counts;
    const rowOffsets = new Uint32Array(rows + 1);
    counts.forEach((count, row) => {
      rowOffsets[row + 1] = (rowOffsets[row] as number) + count;
    });
    const indices = new Uint32Array(rowOffsets[rows] as number);
    const values = new Float32Array(indices.length);
    counts.forEach((count, row) => {
      const to = rowOffsets[row] as number;
      indices.set(new Uint32Array(buffer, features[row], count), to);
      values.set(new Float32Array(buffer, codes[row], count), to);
    });
    return { indices, values, rowOffsets };
  }

  /** Rows `[rows, outputDim]` of codes: `Σ code · W_dec + b_dec`. */
  async decode({ indices, values, rowOffsets }: SparseCodes): Promise<Float32Array> {
    const rows = rowOffsets.length - 1;
    const { memory } = this;
    await memory.makeRoom(rows, this.density);
    const pool = memory.at('pool');
    memory.reserve(pool + values.length * ENTRY * 4);
    const entries = memory.words('pool', values.length * ENTRY);
    const codes = new Float32Array(entries.buffer, pool, entries.length);
    const rowOf = memory.decoderRows();
    values.forEach((code, i) => {
      entries[i * ENTRY] = (rowOf[indices[i] as number] as number) * 4;
      codes[i * ENTRY + 1] = code;
    });
    const listStart = memory.words('listStart');
    const listCount = memory.words('listCount');
    for (let row = 0; row < rows; row++) {
      const from = rowOffsets[row] as number;
      listStart[row] = pool + from * ENTRY * 4;
      listCount[row] = (rowOffsets[row + 1] as number) - from;
    }
    memory.doubles('params', PARAMS)[PARAM.rows] = rows;
    await this.crew.run('decodeLists');
    return readRows(memory.floats(), memory.batchRows('errors', rows), memory.outputDim);
  }

  /** The reconstruction of the last batch, `[rows, outputDim]`, whose target this was. */
  reconstruction(target: Float32Array): Float32Array {
    const { outputDim } = this.memory;
    const { reconstructions, prefixes = [0] } = this.memory.shape;
    const floats = this.memory.floats();
    // The last of nested dictionaries has all features.
    const whole = (prefixes.length - 1) * this.memory.examples * this.memory.stride;
    const first = this.memory.at('errors') / 4 + whole;
    return target.map((wanted, i) => {
      const column = i % outputDim;
      const row = (i - column) / outputDim;
      // The columns of several reconstructions lie in turn, four by four.
      const quad = column - (column % 4);
      const at = row * this.memory.stride * reconstructions + quad * reconstructions + (column % 4);
      return wanted + (floats[first + at] as number);
    });
  }

  /** By feature the rows of the last batch on which it has fired; to be read before the next one. */
  firing(): Uint32Array {
    return this.memory.words('firing', this.memory.shape.features);
  }

  /** What the last step or pass has measured of its batch, whose target this was. */
  measures(target: Float32Array): BatchMeasures {
    const { memory } = this;
    const { outputDim } = memory;
    const rows = target.length / outputDim;
    const results = memory.doubles('results', RESULTS);
    const sums = memory.doubles('spreadSums', outputDim);
    const squares = memory.doubles('spreadSquares', memory.stride / 16);
    const mean = new Float64Array(outputDim);
    let spread = squares.reduce((all, some) => all + some, 0); // Σ ‖row − first row‖²
    sums.forEach((sum, column) => {
      mean[column] = (target[column] as number) + sum / rows;
      spread -= (sum * sum) / rows;
    });
    return {
      rows,
      firing: this.firing().slice(),
      squaredError: rows * (results[RESULT.squaredError] as number),
      mean,
      spread,
    };
  }

  /** Milliseconds of the last step's phases: product, selection, decoder, gradients, update. */
  phases(): number[] {
    const stamps = Array.from(this.memory.doubles('stamps', 6));
    return stamps.slice(1).map((stamp, i) => stamp - (stamps[i] as number));
  }

  private async writeBatch(x: Float32Array, target?: Float32Array): Promise<void> {
    const rows = x.length / this.memory.shape.inputDim;
    await this.memory.makeRoom(rows, this.density);
    this.memory.writeBatch('x', x);
    if (target) this.memory.writeBatch('target', target);
    this.memory.doubles('params', PARAMS).set([rows, target ? 1 : 0]);
    this.memory.words('fault')[0] = 0;
  }

  private outcome(): Outcome {
    const outcome = this.readOutcome();
    const { features } = this.memory.shape;
    const rows = this.memory.doubles('params', PARAMS)[PARAM.rows] as number;
    this.density = Math.max(outcome.pairs / (rows * features), 1 / features);
    return outcome;
  }

  private readOutcome(): Outcome {
    return outcomeOf(this.memory.doubles('results', RESULTS));
  }

  // ── weights and moments ────────────────────────────────────────────────────────────────────

  /** A weight as it was after the last whole step, even while one is under way. */
  readWeight(position: number): Float32Array {
    return this.memory.readWeight(position, this.steps + 1);
  }

  writeWeight(position: number, values: Float32Array): void {
    this.isLastStep = false;
    if (this.memory.kindOf(position) !== 'encoder') this.normalised = false;
    this.memory.writeWeight(position, values);
  }

  /** The moments of all weights, in the order of their positions. */
  readMoments(): Moments[] {
    this.crew.kernels.catchUp(this.steps);
    const { momentum } = this.use.training ?? { momentum: false };
    return Array.from({ length: this.memory.positions }, (_, position) => ({
      v: this.memory.readMoment('V', position),
      ...(momentum ? { m: this.memory.readMoment('M', position) } : {}),
    }));
  }

  /** Takes moments over; where there are none for a weight, they are zero. */
  writeMoments(moments: readonly (Moments | undefined)[]): void {
    const { momentum } = this.use.training ?? { momentum: false };
    for (let position = 0; position < this.memory.positions; position++) {
      this.memory.writeMoment('V', position, moments[position]?.v);
      if (momentum) this.memory.writeMoment('M', position, moments[position]?.m);
    }
    this.memory.words('updatedAt', this.memory.shape.features).fill(this.steps);
  }
}

/** As large as it may become: shared memory takes its whole room in the address space at once. */
function emptyMemory(shared: boolean, maximum = MOST_PAGES): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum, shared });
  } catch (error) {
    if (maximum <= FEWEST_PAGES) throw error;
    return emptyMemory(shared, maximum / 2);
  }
}
