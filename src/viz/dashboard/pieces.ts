import { deflateSync, strToU8 } from 'fflate';
import type { FeatureEntry, FeatureReport } from '../../analysis/featureReport/report';
import { base64Of, bytesOf, joined } from '../../bytes';
import { badReport } from '../../errors';
import { decoderRow } from '../decoderRow';
import { featureScore } from '../featureScore';
import { type FeatureTag, featureTag } from '../featureTag';
import {
  COLUMNS,
  type Column,
  DECODER_STEPS,
  GROUP,
  type PageEntry,
  type PageWords,
  pieceId,
  TAGS,
} from './pageData';

/** One inert element of the file. */
export interface Piece {
  readonly id: string;
  /** Bytes before they were deflated. */
  readonly size: number;
  /** Deflated. */
  readonly base64: string;
}

/** More digits than this are not to be seen in any drawing or table. */
const DIGITS = 6;

/** How many pieces are made before whatever else goes on in a page gets its turn. */
const BREATH = 64;

export const piece = (id: string, bytes: Uint8Array): Piece => ({
  id,
  size: bytes.length,
  base64: base64Of(deflateSync(bytes)),
});

const json = (value: unknown) =>
  strToU8(
    JSON.stringify(value, (_, part) =>
      typeof part === 'number' && !Number.isInteger(part) ? Number(part.toPrecision(DIGITS)) : part,
    ),
  );

/** What the overview is drawn from. */
export function openingPieces(report: FeatureReport): Piece[] {
  const words = pageWords(report);
  return [
    piece(pieceId('columns'), overviewColumns(report)),
    ...(words === undefined ? [] : [piece(pieceId('words'), json(words))]),
  ];
}

/**
 * What the features' pages are drawn from, a group of neighbours in each piece.
 *
 * @throws SAE_DATA for a decoder row or an image that does not have the size of the data's rows.
 */
export async function laterPieces(where: string, report: FeatureReport): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (const [id, bytes] of laterBytes(where, report)) {
    pieces.push(piece(id, bytes));
    if (pieces.length % BREATH === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return pieces;
}

function* laterBytes(where: string, report: FeatureReport): Generator<[string, Uint8Array]> {
  const { features, data, rows, images = {} } = report;
  const numbers = Object.keys(data.kind === 'position' ? images : rows)
    .map(Number)
    .filter(Number.isSafeInteger)
    .sort((a, b) => a - b);
  yield [pieceId('rowNumbers'), littleEndian(numbers)];
  for (const [group, entries] of groups(features, GROUP.entries)) {
    yield [pieceId('entries', group), json(entries.map(withoutDecoder))];
  }
  if (data.kind === 'image' || data.kind === 'position') {
    const shape: readonly number[] | undefined = data.imageShape;
    if (shape === undefined) throw badReport(where, 'data.imageShape of images', shape);
    const size = shape.reduce((a, b) => a * b, 1);
    const decoded = data.kind === 'image' ? features : [];
    for (const [group, entries] of groups(decoded, GROUP.decoders)) {
      const own = entries.map((entry) => decoderBytes(where, entry, size));
      yield [pieceId('decoders', group), joined(own)];
    }
    const textOf = (n: number) => (data.kind === 'image' ? rows[n]?.image : images[n]);
    for (const [group, part] of groups(numbers, GROUP.rows)) {
      const own = part.map((number) => imageBytes(where, number, textOf(number), size));
      yield [pieceId('rows', group), joined(own)];
    }
  }
  if (data.kind === 'token') {
    for (const [group, part] of groups(numbers, GROUP.rows)) {
      yield [pieceId('rows', group), json(part.map((row) => rows[row]))];
    }
  }
}

function decoderBytes(where: string, entry: FeatureEntry, size: number): Uint8Array {
  const bytes = byteDecoder(entry, size);
  if (bytes !== undefined) return bytes;
  throw badReport(
    where,
    `the decoder row of feature ${entry.feature} with ${size} weights`,
    entry.decoder,
  );
}

function imageBytes(
  where: string,
  row: number,
  text: string | undefined,
  size: number,
): Uint8Array {
  const bytes = text === undefined ? undefined : bytesOf(text);
  if (bytes?.length === size) return bytes;
  throw badReport(where, `the image of row ${row} with ${size} bytes`, bytes?.length ?? text);
}

function* groups<T>(all: readonly T[], size: number): Generator<[number, readonly T[]]> {
  for (let start = 0; start < all.length; start += size) {
    yield [start / size, all.slice(start, start + size)];
  }
}

function withoutDecoder({ decoder: _, ...entry }: FeatureEntry): PageEntry {
  return entry;
}

function littleEndian(numbers: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, i) => void view.setUint32(4 * i, number, true));
  return new Uint8Array(view.buffer);
}

/**
 * A decoder row in half the bytes: its scale as little-endian float32, then a signed byte a weight.
 *
 * What is lost is less than one of the 256 colours where the largest weight is below 0.3.
 *
 * @returns `4 + inputDim` bytes; undefined where the entry's own text is no row
 */
export function byteDecoder({ decoder }: FeatureEntry, inputDim: number): Uint8Array | undefined {
  const weights = decoder === undefined ? undefined : decoderRow(decoder);
  if (decoder === undefined || weights?.length !== inputDim) return undefined;
  const view = new DataView(new ArrayBuffer(4 + inputDim));
  view.setFloat32(0, decoder.scale, true);
  weights.forEach((weight, i) => {
    view.setInt8(
      4 + i,
      decoder.scale > 0 ? Math.round((weight / decoder.scale) * DECODER_STEPS) : 0,
    );
  });
  return new Uint8Array(view.buffer);
}

/** Tokens kept of each feature, and characters of each token: enough to search and to show. */
const TOKENS = 5;
const CHARACTERS = 80;

/** The tokens that activate each feature most; undefined where the rows are no tokens. */
export function pageWords({ data, features, rows }: FeatureReport): PageWords | undefined {
  if (data.kind !== 'token') return undefined;
  const places = new Map<string, number>();
  const place = (word: string) => {
    const known = places.get(word) ?? places.size;
    places.set(word, known);
    return known;
  };
  const byFeature = features.map(({ top }) => {
    const own = new Set<number>();
    for (const { row } of top) {
      const window = rows[row]?.window;
      const token = window?.tokens[window.focus];
      if (token !== undefined) own.add(place(token.slice(0, CHARACTERS)));
      if (own.size === TOKENS) break;
    }
    return [...own];
  });
  return { words: [...places.keys()], byFeature };
}

/** A feature as the overview's columns show it. */
interface Row {
  readonly entry: FeatureEntry;
  /** Null without labels. */
  readonly tag: FeatureTag | null;
  readonly score: number;
}

/** The overview's columns, one behind the other, as little-endian float32. */
export function overviewColumns({ features, data }: FeatureReport): Uint8Array {
  const rows = features.map((entry) => ({
    entry,
    tag: featureTag(entry, data),
    score: featureScore(entry, data),
  }));
  const view = new DataView(new ArrayBuffer(4 * COLUMNS.length * rows.length));
  COLUMNS.forEach((column, c) => {
    rows.forEach((row, i) => {
      view.setFloat32(4 * (c * rows.length + i), VALUES[column](row), true);
    });
  });
  return new Uint8Array(view.buffer);
}

const VALUES: Record<Column, (row: Row) => number> = {
  feature: ({ entry }) => entry.feature,
  density: ({ entry }) => entry.density,
  mean: ({ entry }) => entry.mean,
  meanActive: ({ entry }) => entry.meanActive,
  max: ({ entry }) => entry.max,
  purity: ({ entry }) => entry.purity ?? Number.NaN,
  kurtosis: ({ entry }) => entry.kurtosis,
  label: ({ entry }) => entry.classes?.[0]?.label ?? Number.NaN,
  tag: ({ tag }) => TAGS[tag?.kind ?? 'dead'],
  effect: ({ entry }) => entry.effects?.[strongest(entry.effects)] ?? Number.NaN,
  effectOn: ({ entry }) => (entry.effects?.length ? strongest(entry.effects) : Number.NaN),
  score: ({ score }) => score,
  monoLabel: ({ tag }) => (tag?.kind === 'mono' ? tag.label : Number.NaN),
};

/** Which of a feature's effects is the largest, whatever its sign. */
const strongest = (effects: readonly number[]) =>
  effects.reduce(
    (best, value, i) => (Math.abs(value) > Math.abs(effects[best] ?? 0) ? i : best),
    0,
  );
