/**
 * Dashboards against accepted pictures, which a person's eyes have looked at.
 *
 * What has changed lies in .cache/golden afterwards. Look at it, and copy it to test/viz/golden
 * where it is what it should be.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import pixelmatch from 'pixelmatch';
import type { Page } from 'playwright-core';
import { DashboardBrowser, type Opening } from './dashboardPage.mts';

const require = createRequire(import.meta.url);
const { sampleReport } = require('../viz/sampleReport') as typeof import('../viz/sampleReport');

const root = fileURLToPath(new URL('../..', import.meta.url));
const ACCEPTED = join(root, 'test', 'viz', 'golden');
const CHANGED = join(root, '.cache', 'golden');
/** Edges of letters may come out a little differently on another processor. */
const MOST_APART = 0.001;

/** Other browsers than the one that is packed with this repository draw other letters. */
const skip =
  process.platform === 'linux' && process.arch === 'x64'
    ? false
    : 'the accepted pictures are those of the Chromium for Linux on x64';

const browser = new DashboardBrowser();
after(() => browser.close());

const report = sampleReport({ features: 120, rows: 500, name: 'sample' });
const tokens = sampleReport({ kind: 'token', features: 120, rows: 500, name: 'sample' });
const positions = sampleReport({
  kind: 'position',
  features: 120,
  rows: 500,
  name: 'sample',
  effectNames: ['Disc', 'Ring', 'Cross', 'Stripes', 'Square'],
});
const desktop = { width: 1200, height: 800 };
const phone = { width: 360, height: 720 };
const dark = { colorScheme: 'dark' } as const;
const feature = { hash: '#feature=7' };

const pictures: readonly [name: string, about: typeof report, opening: Opening][] = [
  ['overview', report, desktop],
  ['overview-dark', report, { ...desktop, ...dark }],
  ['overview-phone', report, phone],
  ['overview-tokens', tokens, desktop],
  ['feature', report, { ...desktop, ...feature }],
  ['feature-dark', report, { ...desktop, ...dark, ...feature }],
  ['feature-phone', report, { ...phone, ...feature }],
  ['feature-tokens', tokens, { ...desktop, ...feature }],
  ['overview-positions', positions, desktop],
  ['feature-positions', positions, { ...desktop, height: 1300, hash: '#feature=72' }],
  ['feature-positions-dark', positions, { ...desktop, height: 1300, ...dark, hash: '#feature=72' }],
];

for (const [name, about, opening] of pictures) {
  test(`dashboard-${name} looks as it did`, { skip }, async () => {
    // The machine's fonts are anybody's: the page's own policy would refuse this one.
    const options = { ...opening, bypassCSP: true, title: 'A sample of features' };
    await browser.open(about, (page) => compare(page, `dashboard-${name}.png`), options);
  });
}

async function compare(page: Page, name: string): Promise<void> {
  await page.addStyleTag({ content: fonts() });
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(500); // small pictures come after the first painting
  const png = await page.screenshot({ animations: 'disabled' });
  const accepted = join(ACCEPTED, name);
  const apart = existsSync(accepted) ? differing(png, readFileSync(accepted)) : 1;
  if (apart > MOST_APART) {
    mkdirSync(CHANGED, { recursive: true });
    writeFileSync(join(CHANGED, name), png);
  }
  assert.ok(apart <= MOST_APART, `${(100 * apart).toFixed(2)} % of ${name} differ`);
}

/** Share of the pixels that differ; all where the sizes do. */
function differing(a: Uint8Array, b: Uint8Array): number {
  const [left, right] = [a, b].map((png) => {
    const { width, height, data, channels } = decode(png);
    const rgba = new Uint8Array(4 * width * height).fill(255);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < channels; c++) rgba[4 * i + c] = data[channels * i + c] as number;
    }
    return { width, height, rgba };
  });
  if (left === undefined || right === undefined) return 1;
  const { width, height } = left;
  if (width !== right.width || height !== right.height) return 1;
  return (
    pixelmatch(left.rgba, right.rgba, undefined, width, height, { threshold: 0.1 }) /
    (width * height)
  );
}

function fonts(): string {
  const face = (file: string, weight: string) => {
    const data = readFileSync(require.resolve(`dejavu-fonts-ttf/ttf/${file}.ttf`)).toString(
      'base64',
    );
    return `@font-face{font-family:Sample;font-weight:${weight};src:url(data:font/ttf;base64,${data})}`;
  };
  return `${face('DejaVuSans', '100 500')}${face('DejaVuSans-Bold', '501 900')}html{font-family:Sample}`;
}
