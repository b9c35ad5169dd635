import * as tf from '@tensorflow/tfjs';
import type { RowDataset, SAEModel } from '../../src';
import { type Subject, stir } from '../conformance/architecture';

/** A model of small size whose features fire on some rows each. */
export function reportModel(subject: Subject, inputDim: number, encodingDim: number): SAEModel {
  const model = subject.model({ inputDim, encodingDim, name: 'reported' });
  stir(model.sae);
  return model;
}

/** Rows in [0, 1) that look random and are the same every time; some of them twice. */
export function reportRows(count: number, width: number): number[][] {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround((state >>> 8) / 2 ** 24);
  };
  const rows = Array.from({ length: count }, () => Array.from({ length: width }, next));
  return rows.map((row, i) => (i % 7 === 6 ? (rows[i - 3] as number[]) : row));
}

/** Rows as a dataset in batches of these sizes, in turn. */
export function inBatches(x: number[][], sizes: number[]): RowDataset {
  return {
    iterator: () => {
      let at = 0;
      let turn = 0;
      return {
        next: async () => {
          if (at >= x.length) return { value: null, done: true };
          const size = sizes[turn % sizes.length] as number;
          const value = tf.tensor2d(x.slice(at, at + size));
          at += size;
          turn += 1;
          return { value, done: false };
        },
      };
    },
  };
}

/** Documents that have so many tokens, one of them empty. */
export function documents(rows: number): string[][] {
  const lengths = [1, 0, 3];
  const all: string[][] = [];
  for (let at = 0, i = 0; at < rows; i++) {
    const length = Math.min(lengths[i] ?? 4 * i, rows - at);
    all.push(Array.from({ length }, (_, k) => `${i}.${k}`));
    at += length;
  }
  return all;
}

/** `expected` with the received numbers where they are computed and close. */
export function closeTo(
  received: unknown,
  expected: unknown,
  isComputed: (key: string, value: number) => boolean,
  key = '',
): unknown {
  if (typeof expected === 'number' && isComputed(key, expected)) {
    return Math.abs(Number(received) - expected) < 1e-5 ? received : expected;
  }
  if (typeof expected !== 'object' || expected === null) return expected;
  const entries = Object.entries(expected).map(([name, value]) => [
    name,
    closeTo((received as Record<string, unknown> | undefined)?.[name], value, isComputed, name),
  ]);
  return Array.isArray(expected) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}
