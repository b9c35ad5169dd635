import { createHash } from 'node:crypto';
import { inflateSync, strFromU8 } from 'fflate';
import type { FeatureReport } from '../../src/analysis/featureReport/report';
import { bytesOf } from '../../src/bytes';
import { featureDashboard } from '../../src/viz/dashboard/featureDashboard';
import { COLUMNS, GROUP, type PageHead, pieceId } from '../../src/viz/dashboard/pageData';
import { HOSTILE } from './hostileText';
import { sampleReport } from './sampleReport';

const small = (args: Parameters<typeof sampleReport>[0] = {}) =>
  sampleReport({ features: 40, rows: 100, side: 8, ...args });

/** The text of an element of the file, as a parser sees it. */
function textOf(html: string, id: string): string {
  return new RegExp(`<script [^>]*id="${id}"[^>]*>([^<]*)</script>`).exec(html)?.[1] ?? '';
}
const bytesIn = (html: string, id: string) =>
  inflateSync(bytesOf(textOf(html, id)) ?? new Uint8Array());
const jsonIn = (html: string, id: string) => JSON.parse(strFromU8(bytesIn(html, id)));
const headOf = (html: string) => JSON.parse(textOf(html, 'head')) as PageHead;

test.each(['image', 'token', 'vector'] as const)(
  '%s: all of the report is in the file',
  async (kind) => {
    const report = small({ kind });
    const html = await featureDashboard(report);
    expect(headOf(html)).toMatchObject({
      title: 'Features of sample',
      data: report.data,
      features: 40,
    });

    const columns = bytesIn(html, pieceId('columns'));
    const view = new DataView(columns.buffer, columns.byteOffset);
    const at = (name: (typeof COLUMNS)[number], i: number) =>
      view.getFloat32(4 * (COLUMNS.indexOf(name) * 40 + i), true);
    report.features.forEach((entry, i) => {
      expect(at('feature', i)).toBe(entry.feature);
      expect(at('density', i)).toBe(Math.fround(entry.density));
      expect(at('max', i)).toBe(Math.fround(entry.max));
    });

    const rows = Object.keys(report.rows).length;
    const entries = jsonIn(html, pieceId('entries'));
    expect(entries).toHaveLength(GROUP.entries);
    expect(jsonIn(html, pieceId('entries', 2))).toHaveLength(40 - 2 * GROUP.entries);
    expect(entries[7].top.map(({ row }: { row: number }) => row)).toEqual(
      report.features[7]?.top.map(({ row }) => row),
    );
    expect(bytesIn(html, pieceId('rowNumbers'))).toHaveLength(4 * rows);
    if (kind === 'image') {
      const last = Math.floor((rows - 1) / GROUP.rows);
      expect(bytesIn(html, pieceId('rows', last))).toHaveLength(64 * (rows - last * GROUP.rows));
      expect(bytesIn(html, pieceId('decoders', 9))).toHaveLength(GROUP.decoders * (64 + 4));
    }
    if (kind === 'token') {
      const [first] = Object.values(report.rows);
      expect(jsonIn(html, pieceId('rows'))[0]).toEqual(first);
      expect(jsonIn(html, pieceId('words')).byFeature).toHaveLength(40);
    }
  },
);

test('the policy allows its own program and style sheet, and nothing else', async () => {
  const html = await featureDashboard(small());
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
  const hash = (text: string | undefined) =>
    `'sha256-${createHash('sha256')
      .update(text ?? '')
      .digest('base64')}'`;
  const [, program] = /<script>([\s\S]*?)<\/script>/.exec(html) ?? [];
  const [, style] = /<style>([\s\S]*?)<\/style>/.exec(html) ?? [];
  expect(policy?.split('; ')).toEqual([
    "default-src 'none'",
    `script-src ${hash(program)}`,
    `style-src ${hash(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
  expect(html).not.toMatch(/ style="| on[a-z]+="/);
});

test('the licences of what the program holds are in the file', async () => {
  const html = await featureDashboard(small());
  const [licences = ''] = /\/\*! Holds work of others[\s\S]*?\*\//.exec(html) ?? [];
  for (const name of ['@observablehq/plot', 'd3-scale', 'fflate']) expect(licences).toContain(name);
  // What encodes PNGs is not for pages that only show a report.
  expect(licences).not.toContain('fast-png');
  expect(licences.match(/^Copyright/gm)?.length).toBeGreaterThan(3);
});

test('nothing in the file asks for anything from elsewhere', async () => {
  // What the program could ask for, the policy refuses.
  const html = (await featureDashboard(small())).replace(/<script>[\s\S]*?<\/script>/, '');
  expect(html).not.toMatch(/<(link|img|iframe|object|embed|base)\b|\ssrc=|@import|url\(/);
});

test('the overview stands before the program, details behind it', async () => {
  const html = await featureDashboard(small());
  const program = html.indexOf('<script>');
  expect(html.indexOf(`id="${pieceId('columns')}"`)).toBeLessThan(program);
  expect(html.indexOf(`id="${pieceId('entries')}"`)).toBeGreaterThan(program);
});

test('always the same file', async () => {
  expect(await featureDashboard(small())).toBe(await featureDashboard(small()));
});

test.each(HOSTILE)('text from strangers stays text: %s', async (_, text) => {
  const names = [text, 'plain'];
  const report = small({ classNames: names, name: text });
  const html = await featureDashboard(report, { title: text });
  // Two scripts of the page's own are all that is not inert, and no element came in with a name.
  expect(html.match(/<script>/g)).toHaveLength(1);
  expect(html).not.toMatch(/<img|<svg|<\/title>(?=[\s\S]*<\/title>)/);
  const title = text.trim() || 'Features of a model';
  expect(headOf(html)).toMatchObject({ title, data: { classNames: names } });

  const tokens = await featureDashboard(small({ kind: 'token', vocabulary: [text] }));
  expect(tokens.match(/<script>/g)).toHaveLength(1);
  const [first] = jsonIn(tokens, pieceId('rows'));
  expect(first.window.tokens[0]).toBe(text);
});

test('reports with little in them are files all the same', async () => {
  const dead = small({ dead: 1 });
  expect(Object.keys(dead.rows)).toEqual([]);
  expect(headOf(await featureDashboard(dead)).features).toBe(40);
  expect(headOf(await featureDashboard({ ...dead, features: [] })).features).toBe(0);
  expect(headOf(await featureDashboard(small({ rows: 1, features: 1, dead: 0 }))).data.rows).toBe(
    1,
  );
  expect(
    headOf(await featureDashboard(small({ classNames: null }))).data.classNames,
  ).toBeUndefined();
});

test.each<[string, (report: FeatureReport) => unknown]>([
  ['nothing', () => undefined],
  ['something else', () => ({ a: 1 })],
  ['another version', (report) => ({ ...report, version: 1 })],
  ['a report without features', ({ features: _, ...report }) => report],
  ['a feature that is none', (report) => ({ ...report, features: [null] })],
  [
    'images without a shape',
    ({ data: { imageShape: _, ...data }, ...rest }) => ({ ...rest, data }),
  ],
  ['an image of another size', (report) => ({ ...report, rows: { 3: { image: 'AAAA' } } })],
  ['an image that is no base64', (report) => ({ ...report, rows: { 3: { image: '<>' } } })],
  [
    'a decoder row of another size',
    (report) => ({
      ...report,
      features: [{ ...report.features[0], decoder: { scale: 1, values: 'AAAA' } }],
    }),
  ],
])('%s is refused, with what to do', async (_, broken) => {
  const given = broken(small()) as FeatureReport;
  await expect(featureDashboard(given)).rejects.toThrow(
    /^SAE_DATA featureDashboard: expected .*; received .*\. Make the report with featureReport\.$/,
  );
});

test('options are checked', async () => {
  const wrong = { titel: 'x' } as object;
  await expect(featureDashboard(small(), wrong)).rejects.toThrow(/SAE_OPTION.*"title"/);
  await expect(featureDashboard(small(), { title: 3 } as object)).rejects.toThrow(/a text/);
});
