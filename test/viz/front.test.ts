import { type DrawnPoint, drawFront } from '../../src';
import { refusal } from '../refusal';
import { HOSTILE } from './hostileText';
import { type Drawn, readPicture } from './readPicture';

const point = (name: string, l0: number, explainedVariance: number, isBest = true): DrawnPoint => ({
  ...{ name, l0, explainedVariance, isBest },
});
const texts = (points: readonly DrawnPoint[]) =>
  readPicture(drawFront(points).toSVG()).filter((drawn) => drawn.kind === 'text');
const placeOf = (drawn: readonly Drawn[], wanted: string) =>
  drawn.find(
    (one): one is Extract<Drawn, { kind: 'text' }> => 'text' in one && one.text === wanted,
  );

test('axes have names, and points theirs', () => {
  const drawn = texts([point('few', 4, 0.5), point('many', 40, 0.9)]);
  const shown = drawn.map((one) => ('text' in one ? one.text : ''));
  expect(shown).toEqual(
    expect.arrayContaining([
      ...['Explained variance against L0', 'L0 (features active on a row, mean)'],
      ...['explained variance (share of 1)', 'few', 'many', '5', '10', '20', '0.5', '0.9'],
    ]),
  );
  for (const one of drawn) if ('fill' in one) expect(one.fill).toMatch(/^#(1f2933|4d5866)$/);
});

test('further up and further right is more', () => {
  const drawn = texts([point('a', 4, 0.5), point('b', 30, 0.9), point('c', 31, 0.2, false)]);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => placeOf(drawn, name));
  expect(b?.y).toBeLessThan(a?.y ?? 0);
  expect(c?.y).toBeGreaterThan(a?.y ?? 0);
  expect(b?.x).toBeGreaterThan(a?.x ?? 0);
});

test('names of points that lie together do not', () => {
  const drawn = texts(Array.from({ length: 8 }, (_, i) => point(`name ${i}`, 20 + i / 50, 0.8)));
  const names = drawn.filter((one) => 'text' in one && one.text.startsWith('name'));
  for (const [i, one] of names.entries()) {
    for (const other of names.slice(i + 1)) {
      if (!('x' in one) || !('x' in other)) continue;
      const isApart = Math.abs(one.y - other.y) >= 12 || Math.abs(one.x - other.x) >= 40;
      expect({ one, other, isApart }).toEqual({ one, other, isApart: true });
    }
  }
});

test('differences too small for three digits are told apart', () => {
  const shown = texts([point('a', 31, 0.862), point('b', 40, 0.861)]).map(
    (one) => 'text' in one && one.text,
  );
  expect(shown).toEqual(expect.arrayContaining(['0.861', '0.8615', '0.862']));
});

test.each([
  [[point('only', 0, 1)]],
  [[point('a', 3, -2), point('b', 3, -2)]],
  [[point('a', 0, 0.5), point('b', 1e6, 0.5)]],
])('points that span nothing, or much: %j', (points) => {
  expect(drawFront(points).toSVG()).not.toMatch(/NaN|Infinity/);
});

test.each(HOSTILE)('a name with %s is text', (_, name) => {
  const svg = drawFront([point(name, 4, 0.5), point('b', 9, 0.6)]).toSVG();
  expect(svg).not.toMatch(/<img|<script|<svg onload/);
  expect(svg.length).toBeLessThan(60_000);
});

test('no points are a reason, and what is none is refused', async () => {
  expect(drawFront([]).toSVG()).toContain('No dictionary has both');
  expect(await refusal(() => drawFront([{ name: 'a', l0: 1 } as DrawnPoint]))).toBe(
    'SAE_OPTION drawFront.points[0].explainedVariance: expected a finite number; received undefined. Give the front of a comparison, as compareSAEs gives it.',
  );
  expect(await refusal(() => drawFront([], { titel: 'x' } as never))).toContain('"title"');
});
