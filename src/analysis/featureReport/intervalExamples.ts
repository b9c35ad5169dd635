import type { CodeSpan } from './codeSpan';
import { type Contents, ExampleLists, type FoundExample } from './exampleLists';
import { bitsOf, octave } from './octaves';
import { rowHash } from './rowHash';

/**
 * The number of octaves per feature that examples are drawn from: the highest ones with
 * activations.
 */
const OCTAVES = 6;
const NONE = -32768;

/** The examples of one octave. */
export interface FoundInterval {
  readonly octave: number;
  /** The examples, strongest first. */
  readonly examples: readonly FoundExample[];
}

/**
 * Rows drawn from each octave of a feature's activations: those with the smallest hash of row and
 * feature, so the choice depends neither on their order nor on chance.
 */
export class IntervalExamples {
  /** `OCTAVES` lists per feature, in no particular order. */
  private readonly lists: ExampleLists;
  /** The octave of each list. */
  private readonly octaves: Int16Array;

  /** @param length the number of rows per octave of a feature */
  constructor(
    features: number,
    private readonly length: number,
    contents: Contents,
  ) {
    const lists = length > 0 ? features * OCTAVES : 0;
    this.lists = new ExampleLists(lists, length, contents);
    this.octaves = new Int16Array(lists).fill(NONE);
  }

  add(span: CodeSpan): void {
    if (this.length === 0) return;
    const { indices, values, rowOffsets } = span.codes;
    const bits = bitsOf(values);
    const { floors } = this.lists;
    for (let row = span.from; row < span.to; row++) {
      const end = rowOffsets[row + 1] as number;
      for (let i = rowOffsets[row] as number; i < end; i++) {
        const feature = indices[i] as number;
        const list = this.listOf(feature, octave(bits[i] as number));
        if (list < 0) continue;
        const score = -rowHash(span.first + row, feature);
        if (score >= (floors[list] as number)) this.lists.take(list, score, span, row, i);
      }
    }
  }

  /** Returns a feature's octaves, highest first. */
  of(feature: number): FoundInterval[] {
    const found: FoundInterval[] = [];
    for (let i = 0; i < OCTAVES && this.length > 0; i++) {
      const list = feature * OCTAVES + i;
      const octave = this.octaves[list] as number;
      if (octave === NONE) continue;
      const examples = this.lists.of(list);
      examples.sort((a, b) => b.activation - a.activation || b.row - a.row);
      found.push({ octave, examples });
    }
    return found.sort((a, b) => b.octave - a.octave);
  }

  /** Returns the list of a feature's octave; −1 if the feature has six higher ones. */
  private listOf(feature: number, wanted: number): number {
    const { octaves } = this;
    const first = feature * OCTAVES;
    let lowest = first;
    for (let list = first; list < first + OCTAVES; list++) {
      const known = octaves[list] as number;
      if (known === wanted) return list;
      if (known < (octaves[lowest] as number)) lowest = list;
    }
    if ((octaves[lowest] as number) > wanted) return -1;
    this.lists.clear(lowest);
    octaves[lowest] = wanted;
    return lowest;
  }
}
