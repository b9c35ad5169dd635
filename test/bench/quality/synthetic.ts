/**
 * Rows of which the features are known: each row is a sum of a few directions, so that what a dictionary
 * has found can be held against what there is.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniform } from '../../../src/activations/shuffle';
import { SYNTHETIC } from './settings';

/** Rows, and what they are made of. */
export interface SyntheticRows {
  /** `[rows, inputDim]`, one row after another. */
  readonly rows: Float32Array;
  /** How much of each true feature is in each row, `[rows, features]`: 0 for most. */
  readonly present: Float32Array;
  /** The true features, `[features, inputDim]`, each of norm 1. */
  readonly directions: Float32Array;
  /** Of each feature its parent, without which it is in no row; -1 for none. */
  readonly parents: readonly number[];
}

/** How features come about in a row, by name. */
export type Structure = 'flat' | 'hierarchical' | 'correlated';
export const STRUCTURES: readonly Structure[] = ['flat', 'hierarchical', 'correlated'];

/** Children of each parent, where features have parents. */
const CHILDREN = 7;
/** Features of a group that come together, and how strongly: the correlation of their normal variables. */
const GROUP = 4;
const CORRELATION = 0.7;
/** The share of rows with a feature: of all where they are flat or correlated, and of parents. */
const SHARE = 0.05;
const SHARE_OF_PARENTS = 0.2;
/** The share of a parent's rows that have one of its children too. */
const SHARE_WITH_CHILD = 0.6;
/** How much of a feature is in a row that has it. */
const LEAST = 0.5;
const MOST = 1.5;

/** Numbers at random that a seed decides. */
class Random {
  private readonly generator;

  constructor(seed: number) {
    this.generator = xoroshiro128plus(seed);
  }

  /** Above 0 and below 1, each as likely. */
  uniform(): number {
    return uniform(this.generator);
  }

  /** Of mean 0 and variance 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  amount(): number {
    return LEAST + (MOST - LEAST) * this.uniform();
  }
}

/** The normal variable above which a share of all lies, by bisection of its distribution function. */
function quantile(share: number, random = new Random(0)): number {
  const drawn = Float64Array.from({ length: 200_000 }, () => random.normal()).sort();
  return drawn[Math.floor((1 - share) * drawn.length)] as number;
}

/** How much of each feature is in one row, by what structure there is. */
const DRAW: Readonly<Record<Structure, (random: Random, row: Float32Array, at: number) => void>> = {
  flat: (random, row) => {
    for (let f = 0; f < row.length; f++) if (random.uniform() < SHARE) row[f] = random.amount();
  },
  hierarchical: (random, row) => {
    for (let parent = 0; parent < row.length; parent += 1 + CHILDREN) {
      if (random.uniform() >= SHARE_OF_PARENTS) continue;
      row[parent] = random.amount();
      if (random.uniform() >= SHARE_WITH_CHILD) continue;
      row[parent + 1 + Math.floor(random.uniform() * CHILDREN)] = random.amount();
    }
  },
  correlated: (random, row, least) => {
    for (let first = 0; first < row.length; first += GROUP) {
      const shared = Math.sqrt(CORRELATION) * random.normal();
      for (let f = first; f < first + GROUP; f++) {
        const own = Math.sqrt(1 - CORRELATION) * random.normal();
        if (shared + own > least) row[f] = random.amount();
      }
    }
  },
};

/**
 * Makes rows of a structure.
 *
 * @param count how many
 * @param seed of the rows; the directions are the same for all seeds
 */
export function makeRows(structure: Structure, count: number, seed: number): SyntheticRows {
  const { features, inputDim } = SYNTHETIC;
  const directions = makeDirections(features, inputDim);
  const random = new Random(seed + 1);
  const least = quantile(SHARE);
  const present = new Float32Array(count * features);
  const rows = new Float32Array(count * inputDim);
  for (let r = 0; r < count; r++) {
    const amounts = present.subarray(r * features, (r + 1) * features);
    DRAW[structure](random, amounts, least);
    const row = rows.subarray(r * inputDim, (r + 1) * inputDim);
    amounts.forEach((amount, f) => {
      if (amount === 0) return;
      for (let i = 0; i < inputDim; i++)
        row[i] = (row[i] as number) + amount * (directions[f * inputDim + i] as number);
    });
  }
  const parents = Array.from({ length: features }, (_, f) => {
    const place = f % (1 + CHILDREN);
    return structure === 'hierarchical' && place > 0 ? f - place : -1;
  });
  return { rows, present, directions, parents };
}

/** Directions at random, of norm 1. */
function makeDirections(features: number, inputDim: number): Float32Array {
  const random = new Random(0);
  const directions = new Float32Array(features * inputDim);
  for (let f = 0; f < features; f++) {
    const row = directions.subarray(f * inputDim, (f + 1) * inputDim);
    row.forEach((_, i) => {
      row[i] = random.normal();
    });
    const norm = Math.hypot(...row);
    row.forEach((value, i) => {
      row[i] = value / norm;
    });
  }
  return directions;
}

/** True features in a row, on average: the L0 that a dictionary is asked for. */
export function meanActive({ present }: SyntheticRows): number {
  const active = present.reduce((sum, amount) => sum + Number(amount > 0), 0);
  return active / (present.length / SYNTHETIC.features);
}
