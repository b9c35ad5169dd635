import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { LossCurveArgs, LossRow } from '../../src/viz/lossCurve';

jest.setTimeout(30_000);

/** The pictures of several tables, drawn in one process. */
function draw(...calls: [readonly LossRow[], LossCurveArgs][]): string[] {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(__dirname, 'lossCurveDraw.ts')],
    { input: JSON.stringify(calls), encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as string[];
}
const lossCurve = (given: readonly LossRow[], args: LossCurveArgs) =>
  draw([given, args])[0] as string;

const rows = (steps: number): LossRow[] =>
  Array.from({ length: steps }, (_, i) => ({
    epoch: 1 + Math.floor(i / 100),
    step: i + 1,
    loss: 100 / (i + 1),
    L_sparsity: 300 + (i % 7),
    lr: i * 1e-5,
  }));
/** The `d` of every path that draws a curve, not an axis. */
const lines = (svg: string) => [...svg.matchAll(/stroke-width="1.6"[^>]*>\s*<path d="([^"]*)"/g)];

test('has a panel for each column, each with its axis', () => {
  const svg = lossCurve(rows(50), { title: 'Training', subtitle: 'of something' });
  for (const text of ['Training', 'of something', 'loss (what training lowers)', 'L_sparsity']) {
    expect(svg).toContain(`>${text}</t`);
  }
  expect(svg).toContain('>learning rate</t');
  expect(lines(svg)).toHaveLength(3);
  expect([...svg.matchAll(/>step<\/text>/g)]).toHaveLength(3);
});

test('stands alone: a namespace, a ground, no script, nothing from elsewhere', () => {
  const svg = lossCurve(rows(50), { title: 'Training' });
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg).toContain('<rect fill="#ffffff"');
  expect(svg).not.toMatch(/<script|<style|href|url\(|@import/);
});

test('text stays text', () => {
  const svg = lossCurve([{ epoch: 1, step: 1, '<b>&"': 1 }], {
    title: '</title><script>alert(1)</script>',
    subtitle: '"><img src=x>',
  });
  expect(svg).not.toMatch(/<script|<img|<b>/);
  expect(svg).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(svg).toContain('&lt;b&gt;&amp;');
});

test('is the same picture for the same rows', () => {
  const [first, second] = draw([rows(300), { title: 't' }], [rows(300), { title: 't' }]);
  expect(second).toBe(first);
});

test('stays small over many steps, and says what the bands are', () => {
  const svg = lossCurve(rows(20_000), { title: 't' });
  expect(svg.length).toBeLessThan(150_000);
  expect(svg).toContain('band: range of neighbouring steps');
  expect(lossCurve(rows(20), { title: 't' })).not.toContain('band:');
});

test('marks where epochs begin', () => {
  expect(lossCurve(rows(250), { title: 't' })).toContain('dotted: an epoch begins');
  expect(lossCurve(rows(50), { title: 't' })).not.toContain('dotted');
});

test.each([0, 1, 2])('draws %d steps', (steps) => {
  const svg = lossCurve(rows(steps), { title: 't' });
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test('draws a column of zeros', () => {
  const zeros = rows(3).map((row) => ({ ...row, lr: 0 }));
  expect(lossCurve(zeros, { title: 't' })).not.toMatch(/NaN|Infinity/);
});
