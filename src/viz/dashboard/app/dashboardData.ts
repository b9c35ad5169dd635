import type { RowContent } from '../../../analysis/featureReport/report';
import {
  COLUMNS,
  type Column,
  DECODER_STEPS,
  GROUP,
  HEAD_ID,
  type PageEntry,
  type PageHead,
  type PageWords,
  pieceId,
} from '../pageData';
import type { Encoder } from './encode';
import { openEncoder } from './encoder';
import { Marks } from './marks';
import { count } from './numbers';
import { PieceCache, pieceBytes, pieceJson } from './pieces';

/** Everything that the file holds. Features and rows of data are read when they are asked for. */
export class DashboardData {
  readonly head: PageHead;
  readonly columns: Readonly<Record<Column, Float32Array>>;
  readonly words: PageWords | undefined;
  /** The encoder that the file carries; its numbers are read when they are asked for. */
  readonly encoder: Encoder | undefined;
  /** What somebody has made of the features. */
  readonly marks: Marks;
  /** Pixels of an image, or 0. */
  private readonly pixels: number;
  private readonly indexOfFeature = new Map<number, number>();
  private indexOfRow: Map<number, number> | undefined;
  private readonly entries = new PieceCache(
    (group) => pieceJson(pieceId('entries', group)) as PageEntry[],
    64,
  );
  private readonly decoders = new PieceCache((g) => pieceBytes(pieceId('decoders', g)), 1024);
  private readonly images = new PieceCache((g) => pieceBytes(pieceId('rows', g)), 1024);
  private readonly windows = new PieceCache(
    (group) => pieceJson(pieceId('rows', group)) as RowContent[],
    256,
  );

  constructor() {
    this.head = JSON.parse(document.getElementById(HEAD_ID)?.textContent ?? '') as PageHead;
    const { features, data } = this.head;
    const view = new DataView(pieceBytes(pieceId('columns')).buffer);
    const column = (c: number) =>
      Float32Array.from({ length: features }, (_, i) =>
        view.getFloat32(4 * (c * features + i), true),
      );
    this.columns = Object.fromEntries(COLUMNS.map((name, c) => [name, column(c)])) as Record<
      Column,
      Float32Array
    >;
    this.columns.feature.forEach((feature, i) => void this.indexOfFeature.set(feature, i));
    this.words = data.kind === 'token' ? (pieceJson(pieceId('words')) as PageWords) : undefined;
    this.encoder = this.head.encoder && openEncoder(this.head.encoder);
    this.marks = new Marks(this);
    this.pixels = (data.imageShape ?? []).reduce<number>((a, b) => a * b, 1);
  }

  /** Features that the report is about. */
  get size(): number {
    return this.head.features;
  }

  /** A column's value. */
  value(column: Column, index: number): number {
    return this.columns[column][index] as number;
  }

  /** Where a feature stands in the columns. */
  indexOf(feature: number): number | undefined {
    return this.indexOfFeature.get(feature);
  }

  /** The name of a class; one without a name is called by its number. */
  className(label: number): string {
    return this.head.data.classNames?.[label] ?? `class ${label}`;
  }

  /** What classes are of, and MONO and POLY count. */
  get counted(): 'rows' | 'images' {
    return this.head.data.kind === 'position' ? 'images' : 'rows';
  }

  /** What the rows are, in a word: what density, activations and histograms count. */
  get rowsWord(): 'rows' | 'positions' {
    return this.head.data.kind === 'position' ? 'positions' : 'rows';
  }

  /** So many of them, in words. */
  countedRows(rows: number): string {
    const { rowsWord } = this;
    return `${count(rows)} ${rows === 1 ? rowsWord.slice(0, -1) : rowsWord}`;
  }

  /** Whether it is known what the features do to the classes of a model. */
  get hasEffects(): boolean {
    return this.head.data.effectNames !== undefined;
  }

  /** Whether several places of an image are rows: where on it a feature fires can be shown. */
  get hasMaps(): boolean {
    const { kind, mapShape = [1, 1] } = this.head.data;
    return kind === 'position' && mapShape[0] * mapShape[1] > 1;
  }

  /** The name of what a feature has an effect on. */
  effectName(effect: number): string {
    return this.head.data.effectNames?.[effect] ?? `class ${effect}`;
  }

  /** Whether rows have labels. */
  get labelled(): boolean {
    return this.head.data.classNames !== undefined || this.columns.label.some(Number.isFinite);
  }

  /** The tokens that activate a feature most. */
  topTokens(index: number): string[] {
    const { words, byFeature } = this.words ?? { words: [], byFeature: [] };
    return (byFeature[index] ?? []).map((place) => words[place] ?? '');
  }

  /** A feature's details. */
  entry(index: number): PageEntry {
    const group = this.entries.get(Math.floor(index / GROUP.entries));
    return group[index % GROUP.entries] as PageEntry;
  }

  /** A feature's decoder row, of images. */
  decoder(index: number): Float32Array {
    const group = this.decoders.get(Math.floor(index / GROUP.decoders));
    const start = (index % GROUP.decoders) * (4 + this.pixels);
    const view = new DataView(group.buffer, group.byteOffset + start, 4 + this.pixels);
    const unit = view.getFloat32(0, true) / DECODER_STEPS;
    const weights = new Float32Array(this.pixels);
    for (let i = 0; i < weights.length; i++) weights[i] = unit * view.getInt8(4 + i);
    return weights;
  }

  /**
   * The cosine of two decoder rows: of images by the rows themselves, else as the report has it of nearest
   * ones; undefined of others.
   */
  cosine(a: number, b: number): number | undefined {
    if (this.head.data.kind === 'image') return cosineOf(this.decoder(a), this.decoder(b));
    const among = (index: number, other: number) =>
      this.entry(index).neighbours.find(({ feature }) => feature === this.value('feature', other));
    return (among(a, b) ?? among(b, a))?.cosine;
  }

  /** The bytes of an image, by its number: that of its row, where rows are images. */
  image(number: number): Uint8Array | undefined {
    const place = this.placeOfRow(number);
    if (place === undefined) return undefined;
    const start = (place % GROUP.rows) * this.pixels;
    return this.images.get(Math.floor(place / GROUP.rows)).subarray(start, start + this.pixels);
  }

  /** A row's token among its neighbours. */
  tokens(row: number): RowContent['window'] {
    const place = this.placeOfRow(row);
    if (place === undefined) return undefined;
    return this.windows.get(Math.floor(place / GROUP.rows))[place % GROUP.rows]?.window;
  }

  private placeOfRow(row: number): number | undefined {
    if (this.indexOfRow === undefined) {
      const bytes = pieceBytes(pieceId('rowNumbers'));
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      this.indexOfRow = new Map();
      for (let i = 0; i < bytes.length / 4; i++)
        this.indexOfRow.set(view.getUint32(4 * i, true), i);
    }
    return this.indexOfRow.get(row);
  }
}

function cosineOf(a: Float32Array, b: Float32Array): number {
  let [product, first, second] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    product += x * y;
    first += x * x;
    second += y * y;
  }
  return first > 0 && second > 0 ? product / Math.sqrt(first * second) : 0;
}
