import fc from 'fast-check';
import { count, digits, percent, short, tenthPercent } from '../../src/viz/dashboard/app/numbers';
import { countOf, type Selectable, select } from '../../src/viz/dashboard/app/selection';
import { readView, SHOWS, SORTS, START, writeView } from '../../src/viz/dashboard/app/view';
import { visibleToken } from '../../src/viz/dashboard/app/visibleToken';
import { COLUMNS } from '../../src/viz/dashboard/pageData';
import { byteDecoder, overviewColumns, pageWords } from '../../src/viz/dashboard/pieces';
import { decoderRow } from '../../src/viz/decoderRow';
import { sampleReport } from './sampleReport';

const share = fc.double({ min: Number.MIN_VALUE, max: 1, noNaN: true });
const number = fc.option(fc.nat(999_999_999), { nil: null });
const view = fc.record({
  feature: number,
  trying: fc.boolean(),
  against: number,
  sort: fc.constantFrom(...SORTS),
  descending: fc.boolean(),
  show: fc.constantFrom(...SHOWS),
  from: fc.option(share, { nil: null }),
  below: fc.option(share, { nil: null }),
  query: fc.string({ unit: 'grapheme' }),
  page: fc.integer({ min: 1, max: 1e6 }),
});

test('an address says all of a view, and the start is the empty one', () => {
  fc.assert(
    fc.property(view, (one) => {
      // Without a feature there is nothing to hold against another one.
      const against = one.feature === null ? null : one.against;
      const trying = one.feature === null && one.trying;
      expect(readView(writeView(one))).toEqual({ ...one, against, trying });
    }),
  );
  expect(writeView(START)).toBe('#');
  expect(readView('')).toEqual(START);
  expect(writeView({ ...START, feature: 7 })).toBe('#feature=7');
});

test('any address is a view', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { page, sort, show } = readView(`#${text}`);
      return page >= 1 && SORTS.includes(sort) && SHOWS.includes(show);
    }),
  );
  expect(
    readView('#feature=-1&against=5&sort=__proto__&show=x&from=2&below=x&page=0.5&order=z'),
  ).toEqual(START);
});

/** The overview of a report, as the page reads it. */
function selectable(args: Parameters<typeof sampleReport>[0]): Selectable {
  const report = sampleReport({ features: 80, rows: 200, side: 4, ...args });
  const bytes = overviewColumns(report);
  const size = report.features.length;
  const column = (c: number) => new Float32Array(bytes.buffer, 4 * c * size, size);
  return {
    size,
    columns: Object.fromEntries(
      COLUMNS.map((name, c) => [name, column(c)]),
    ) as Selectable['columns'],
    className: (label) => report.data.classNames?.[label] ?? `class ${label}`,
    words: pageWords(report),
  };
}

test('a selection is what is shown and found, in order; what has no value comes last', () => {
  const data = selectable({ dead: 0.2 });
  const { density, purity, label } = data.columns;
  for (const descending of [true, false]) {
    const all = select(data, { ...START, sort: 'purity', descending });
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, i) => i));
    const alive = countOf(data, 'alive');
    expect(alive).toBeLessThan(75);
    const values = Array.from(all.subarray(0, alive), (i) => purity[i] as number);
    expect(values).toEqual([...values].sort((a, b) => (descending ? b - a : a - b)));
    expect(Array.from(all.subarray(alive)).every((i) => density[i] === 0)).toBe(true);
  }
  const named = Array.from(
    select(data, { ...START, sort: 'class', descending: false }),
    (i) => label[i],
  );
  const names = named.filter(Number.isFinite).map((of) => data.className(of as number));
  expect(names).toEqual([...names].sort());

  const dead = select(data, { ...START, show: 'dead', query: '1' });
  expect(dead.length).toBeGreaterThan(0);
  for (const i of dead) expect([density[i], String(i)[0]]).toEqual([0, '1']);
  const counts = (['mono', 'poly', 'few', 'dead'] as const).map((show) => countOf(data, show));
  expect(counts.reduce((a, b) => a + b)).toBe(80);
});

test('numbers are found by their first digits, with and without F#', () => {
  const data = selectable({});
  const found = (query: string) => [
    ...select(data, { ...START, sort: 'feature', descending: false, query }),
  ];
  expect(found('7')).toEqual([7, ...Array.from({ length: 10 }, (_, i) => 70 + i)]);
  expect(found(' F#12 ')).toEqual([12]);
  expect(found('#5').length).toBe(11);
  expect(found('-1')).toEqual([]);
});

test('tokens are found by a part, in any case', () => {
  const data = selectable({ kind: 'token' });
  const { words = [], byFeature = [] } = data.words ?? {};
  const found = select(data, { ...START, query: 'PARI' });
  expect(found.length).toBeGreaterThan(0);
  expect(found.length).toBe(
    byFeature.filter((own) => own.some((word) => words[word] === ' Paris')).length,
  );
});

test('numbers as they are shown', () => {
  expect([0, 0.0123456, 1, 4.5, 12.34, 99.99, 1234.5].map(digits)).toEqual([
    '0',
    '0.0123',
    '1.00',
    '4.50',
    '12.3',
    '100',
    '1,235',
  ]);
  expect([-0.871, 3e-7, 1.5e9, Number.NaN].map(digits)).toEqual(['−0.871', '3.0e−7', '1.5e9', '–']);
  expect([0.15, -0.15, 1000, 0.03].map(short)).toEqual(['0.15', '−0.15', '1,000', '0.03']);
  expect([percent(0.0321), percent(1), percent(Number.NaN)]).toEqual(['3.21%', '100%', '–']);
  expect([1, 0.378, 0.001, 0].map(tenthPercent)).toEqual(['100%', '37.8%', '0.1%', '0.0%']);
  expect(count(65_536)).toBe('65,536');
});

test('tokens that would not be seen are', () => {
  expect(['', ' ', '\n\t', ' a', 'a b'].map(visibleToken)).toEqual(['∅', '␣', '⏎⇥', ' a', 'a b']);
});

test('a byte a weight is near enough, and a row of the wrong size is none', () => {
  const { features } = sampleReport({ features: 5, side: 8 });
  for (const entry of features) {
    const exact = decoderRow(entry.decoder as NonNullable<typeof entry.decoder>) as Float32Array;
    const bytes = byteDecoder(entry, 64) as Uint8Array;
    const view = new DataView(bytes.buffer);
    const scale = view.getFloat32(0, true);
    exact.forEach((weight, i) => {
      const kept = (view.getInt8(4 + i) / 127) * scale;
      expect(Math.abs(kept - weight)).toBeLessThanOrEqual(scale / 250);
    });
    expect(byteDecoder(entry, 63)).toBeUndefined();
    expect(byteDecoder({ ...entry, decoder: { scale: 0, values: '' } }, 0)).toHaveLength(4);
  }
});
