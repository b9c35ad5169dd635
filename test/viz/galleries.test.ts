import type { FeatureEntry, FeatureReport } from '../../src/analysis/featureReport/report';
import { drawDecoderGallery } from '../../src/viz/decoderGallery';
import { drawFeatureGallery } from '../../src/viz/featureGallery';
import type { Figure } from '../../src/viz/figure';
import { type HandArgs, handReport } from './handReport';
import { HOSTILE_NAMES, hostileReport } from './hostileReport';
import { type Drawn, readPicture, unescaped } from './readPicture';
import { tagReport } from './tagReport';

/** Four rows of 2 × 2 pixels; feature 2 is dead, and feature 3 fires on one row only. */
const ARGS: HandArgs = {
  codes: [
    [1, 0.5, 0, 0],
    [2, 0.5, 0, 0],
    [3, 4, 0, 0.25],
    [0, 4.5, 0, 0],
  ],
  decoder: [
    [0.15, -0.15, 0, 1],
    [0.1, 0.1, 0.1, 0.1],
    [0.01, 0.02, 0.03, 0.04],
    [-1, 0, 0, 0],
  ],
  images: [
    [0, 255, 128, 1],
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [255, 255, 255, 255],
  ],
  imageShape: [2, 2],
  labels: [0, 0, 0, 1],
  classNames: ['cat', 'dog'],
};
const report = handReport(ARGS);
const change = (data: Partial<FeatureReport['data']>, more: Partial<FeatureReport> = {}) =>
  ({ ...report, data: { ...report.data, ...data }, ...more }) as FeatureReport;
const entries = (features: readonly FeatureEntry[]): FeatureReport => ({ ...report, features });
const damaged = (feature: number, part: Partial<FeatureEntry>) =>
  entries(report.features.map((e) => (e.feature === feature ? { ...e, ...part } : e)));

const texts = (figure: Figure) =>
  readPicture(figure.toSVG())
    .filter((drawn): drawn is Extract<Drawn, { kind: 'text' }> => drawn.kind === 'text')
    .map(({ text }) => text);
const unisolated = (text: string) => text.replace(/[\u2066-\u2069]/g, '');
const images = (figure: Figure) =>
  readPicture(figure.toSVG()).filter(({ kind }) => kind === 'image');
const places = (figure: Figure) => figure.toSVG().match(/stroke-dasharray/g)?.length ?? 0;

describe('drawDecoderGallery', () => {
  test('ranks by mean, leaves out what never fires', () => {
    expect(texts(drawDecoderGallery(report))).toEqual([
      'Top 3 Decoder Directions (RdBu, fixed scale)',
      ...['F#1', '2.375', 'F#0', '1.500', 'F#3', '0.062'],
      ...['−0.15', '0.15'],
    ]);
    expect(texts(drawDecoderGallery(report, { topN: 1 }))[1]).toBe('F#1');
  });

  test('of equal means the last feature comes first, as numpy has it', () => {
    const equal = entries(report.features.map((e) => ({ ...e, density: 1, mean: 1 })));
    const shown = texts(drawDecoderGallery(equal)).filter((text) => text.startsWith('F#'));
    expect(shown).toEqual(['F#3', 'F#2', 'F#1', 'F#0']);
  });

  test('has at most ten tiles side by side, or as many as it is told', () => {
    const many = handReport({
      ...ARGS,
      codes: [Array.from({ length: 23 }, (_, i) => i + 1)],
      decoder: Array.from({ length: 23 }, () => [0, 0, 0, 0.1]),
    });
    const wide = drawDecoderGallery(many, { topN: 10 });
    const high = drawDecoderGallery(many, { topN: 23 });
    expect(high.width).toBe(wide.width);
    expect(high.height).toBeGreaterThan(2.5 * (wide.height - 100));
    expect(images(high)).toHaveLength(23 + 1);
    const narrow = drawDecoderGallery(many, { topN: 10, columns: 5 });
    expect(narrow.width).toBeLessThan(0.6 * wide.width);
    expect(narrow.height).toBeGreaterThan(1.5 * (wide.height - 100));
  });

  test('the limit is the darkest red', () => {
    const pixels = (limit: number) => {
      const first = images(drawDecoderGallery(entries(report.features.slice(0, 1)), { limit }))[0];
      return first?.kind === 'image' ? [...first.pixels] : [];
    };
    expect(pixels(0.15)).toEqual([...[103, 0, 31], ...[5, 48, 97], ...[247, 246, 246], 103, 0, 31]);
    expect(pixels(1).slice(9)).toEqual([103, 0, 31]);
    expect(pixels(1).slice(0, 3)).not.toEqual([103, 0, 31]);
  });
});

describe('drawFeatureGallery', () => {
  test('a row each: number, mean, tag, direction, images and their captions', () => {
    expect(texts(drawFeatureGallery(report, { topImages: 3 }))).toEqual([
      'Decoder Directions + Top-Activating Images',
      ...['Decoder', 'Weight', 'Top 1', 'Top 2', 'Top 3'],
      ...['F#1', 'mean=2.375', 'on 4 rows only', 'dog (4.50)', 'cat (4.00)', 'cat (0.50)'],
      ...['F#0', 'mean=1.500', 'on 3 rows only', 'cat (3.00)', 'cat (2.00)', 'cat (1.00)'],
      ...['F#3', 'mean=0.062', 'on 1 row only', 'cat (0.25)'],
      ...['−0.15', '0.15'],
    ]);
  });

  test('MONO with its class, POLY with the commonest and its share, of enough rows', () => {
    const tagged = texts(drawFeatureGallery(tagReport(), { topImages: 1 }));
    expect(tagged.filter((text) => /^(MONO|POLY|on )/.test(text)).map(unisolated)).toEqual([
      'POLY: 67% cat', // 20 of 30; its strongest image alone says nothing
      'MONO: cat',
    ]);
  });

  test('of a dictionary that is too dense to read it says so, and what to do', () => {
    const figure = drawFeatureGallery(tagReport(2), { topImages: 1 });
    expect(texts(figure).slice(1, 3)).toEqual([
      'Too dense to read: more than a tenth of all features are active on a row. Its pictures show noise, whatever their tags say.',
      'Train longer, and for a lower L0.',
    ]);
    expect(figure.toSVG().match(/<desc>.*Too dense to read: .*<\/desc>/)).not.toBeNull();
    expect(drawFeatureGallery(tagReport()).toSVG()).not.toContain('Too dense');
  });

  test('fewer rows than images leave places empty', () => {
    const figure = drawFeatureGallery(report, { featureIdx: [3], topImages: 4 });
    expect(images(figure)).toHaveLength(2 + 1);
    expect(places(figure)).toBe(3);
    expect(places(drawFeatureGallery(report, { topImages: 3, featureIdx: [0, 1] }))).toBe(0);
  });

  test('a dead feature is called dead, where it is asked for', () => {
    const figure = drawFeatureGallery(report, { featureIdx: [2, 0], topImages: 2 });
    expect(texts(figure).slice(5, 8)).toEqual(['F#2', 'mean=0.000', 'dead']);
    expect(places(figure)).toBe(2);
  });

  test('featureIdx gives order and repetition, topFeatures cuts it', () => {
    const shown = (featureIdx: number[], topFeatures: number) =>
      texts(drawFeatureGallery(report, { featureIdx, topFeatures })).filter((t) => t[0] === 'F');
    expect(shown([3, 0, 3, 1], 3)).toEqual(['F#3', 'F#0', 'F#3']);
  });

  test('without labels: activations alone, and no tags', () => {
    const { labels: _, classNames: __, ...bare } = ARGS;
    const figure = drawFeatureGallery(handReport(bare), { topImages: 2, featureIdx: [0, 2] });
    expect(texts(figure).slice(5)).toEqual([
      ...['F#0', 'mean=1.500', '3.00', '2.00'],
      ...['F#2', 'mean=0.000', 'dead', '−0.15', '0.15'],
    ]);
  });

  test('grey images as matplotlib shows them', () => {
    const figure = drawFeatureGallery(report, { featureIdx: [0], topImages: 3 });
    const last = images(figure)[3];
    expect(last?.kind === 'image' && [...last.pixels]).toEqual([
      ...[0, 0, 0, 255, 255, 255],
      ...[128, 128, 128, 1, 1, 1],
    ]);
  });

  test('coloured images as they are, their decoder by channel', () => {
    const coloured = handReport({
      codes: [[1]],
      decoder: [[0.15, -0.15, 0, 9, -9, 0.075]],
      images: [[1, 2, 3, 33, 254, 255]],
      imageShape: [1, 2, 3],
    });
    const figure = drawFeatureGallery(coloured, { topImages: 1 });
    const [direction, image] = images(figure);
    expect(image?.kind === 'image' && [...image.pixels]).toEqual([1, 2, 3, 33, 254, 255]);
    const pixels = direction?.kind === 'image' ? [...direction.pixels] : [];
    expect(pixels.slice(0, 5)).toEqual([254, 0, 127, 255, 0]);
    expect(Math.abs((pixels[5] as number) - 191)).toBeLessThanOrEqual(1);
    expect(texts(drawDecoderGallery(coloured))[0]).toBe(
      'Top 1 Decoder Directions (RGB, fixed scale)',
    );
  });
});

describe.each([
  ['drawDecoderGallery', drawDecoderGallery],
  ['drawFeatureGallery', drawFeatureGallery],
] as const)('%s', (name, draw) => {
  test('says so where nothing fires, or where there is nothing', () => {
    const dead = entries(report.features.slice(2, 3));
    expect(texts(draw(dead))).toContain("No feature fires on the report's 4 rows.");
    expect(texts(draw(entries([])))).toContain('The report is about no feature.');
    expect(images(draw(dead))).toHaveLength(0);
    expect(draw(dead).toSVG()).toContain('4 rows.</desc>');
  });

  test('stands alone: named, described, no script, nothing from elsewhere', () => {
    const svg = draw(report).toSVG();
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" [^>]* role="img"/);
    expect(svg).toMatch(/^<svg [^>]*><title>[^<]+<\/title><desc>[^<]+<\/desc>/);
    expect(svg).not.toMatch(/<script|<style|<foreignObject|style=|\son\w+=|url\(|xlink|id="/);
    expect([...svg.matchAll(/href="(.{22})/g)].map(([, start]) => start)).toEqual(
      Array.from({ length: images(draw(report)).length }, () => 'data:image/png;base64,'),
    );
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('draws the same of the same report, and leaves it alone', () => {
    const before = JSON.stringify(report);
    expect(draw(report).toSVG()).toBe(draw(report).toSVG());
    expect(JSON.stringify(report)).toBe(before);
    expect(draw(JSON.parse(before) as FeatureReport).toSVG()).toBe(draw(report).toSVG());
  });

  test.each([
    [change({ kind: 'token' }), 'SAE_DATA', 'kind "image"; received one of kind "token"'],
    [change({ imageShape: [2] as never }), 'SAE_DATA', 'data.imageShape as'],
    [change({ imageShape: [2, 2, 4] as never }), 'SAE_DATA', 'data.imageShape as'],
    [change({}, { version: 1 as never }), 'SAE_DATA', 'a feature report of version 3; received 1'],
    [change({}, { format: 'x' as never }), 'SAE_DATA', 'a feature report; received "x"'],
    [change({}, { features: {} as never }), 'SAE_DATA', 'features as an array'],
    [null as never, 'SAE_DATA', 'a feature report; received null'],
    [damaged(0, { decoder: { scale: 1, values: '***' } }), 'SAE_DATA', 'decoder row of feature 0'],
    [damaged(0, { decoder: { scale: 1, values: 'AAA=' } }), 'SAE_DATA', 'with 4 weights'],
    [damaged(0, { decoder: undefined as never }), 'SAE_DATA', 'decoder row of feature 0'],
  ])('refuses a report that is none', (wrong, code, message) => {
    expect(() => draw(wrong)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
    expect(() => draw(wrong)).toThrow(name);
  });

  test.each([
    [{ limit: 0 }, 'limit: expected a finite number > 0'],
    [{ limit: Number.NaN }, 'limit: expected a finite number > 0'],
    [{ topM: 3 }, 'expected options among'],
  ])('refuses %j', (args, message) => {
    expect(() => draw(report, args as never)).toThrow(message);
  });
});

test.each([
  [{ featureIdx: [9] }, 'featureIdx: expected features that the report is about; received 9'],
  [{ featureIdx: [-1] }, 'received -1'],
  [{ featureIdx: [] }, 'featureIdx: expected a list of one or more features'],
  [{ featureIdx: [0.5] }, 'featureIdx: expected a list'],
  [{ topImages: 0 }, 'topImages: expected an integer from 1 to 1000'],
  [{ topImages: 1001 }, 'topImages: expected an integer from 1 to 1000; received 1001'],
  [{ topFeatures: 1.5 }, 'topFeatures: expected a positive integer'],
])('drawFeatureGallery refuses %j', (args, message) => {
  expect(() => drawFeatureGallery(report, args as never)).toThrow(message);
});

test('a report with fewer examples than are asked for is refused, not drawn as if there were none', () => {
  const short = damaged(1, { top: report.features[1]?.top.slice(0, 2) as never });
  expect(() => drawFeatureGallery(short, { topImages: 3 })).toThrow(
    "topImages: expected at most the report's 2 top examples; received 3",
  );
  expect(() => drawFeatureGallery(short, { topImages: 2 })).not.toThrow();
});

test.each([undefined, '***', 'AAAA'])('an image that is %j is refused', (image) => {
  const rows = { ...report.rows, 2: { image: image as never } };
  expect(() => drawFeatureGallery({ ...report, rows })).toThrow('the image of row 2 with 4 bytes');
});

test('hostile names are text: escaped, cut, whole in the titles', () => {
  const featureIdx = [0, 1, 2, 3, 4, 5, 6, 7];
  const svg = drawFeatureGallery(hostileReport(), { featureIdx }).toSVG();
  // Not toMatch: what it prints of such a picture helps nobody.
  const found = svg.match(/<script|<img|<svg o|onload="|<\/title><\/svg>|[\u202a-\u202e]|\p{Cs}/u);
  expect(found).toBeNull();
  const titles = [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map(([, text]) =>
    unescaped(text as string).replace(/[\u2066-\u2069]/g, ''),
  );
  for (const name of HOSTILE_NAMES) {
    const whole = name
      .replace(/[^\P{Cc}\t\n\r]|\p{Cs}|\uffff/gu, '\ufffd')
      .replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
    expect(titles.filter((title) => title.startsWith(`${whole} (`)).length).toBeGreaterThan(0);
  }
  const lines = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text as string);
  expect(Math.max(...lines.map((line) => unescaped(line).length))).toBeLessThan(80);
  // Each name's direction ends where the name does.
  for (const line of lines) {
    expect(line.match(/\u2068/g)?.length).toBe(line.match(/\u2069/g)?.length);
  }
});
