import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { DashboardBrowser, tableFeatures } from './dashboardPage.mts';

const require = createRequire(import.meta.url);
const { sampleReport } = require('../viz/sampleReport') as typeof import('../viz/sampleReport');

const browser = new DashboardBrowser();
after(() => browser.close());

/** Features opened for the figures. */
const OPENED = 25;

test('6,272 features with 20 examples each of 10,000 images: at most 25 MB, and quick', async (t) => {
  const report = sampleReport({ features: 6272, rows: 10_000, dead: 0.01 });
  const examples = report.features.reduce((sum, { top }) => sum + top.length, 0);
  assert.ok(examples / 6272 > 18, `${examples} top examples`);
  await browser.open(report, async (page) => {
    const megabytes = (await sizeOf(page)) / 1e6;
    t.diagnostic(`file ${megabytes.toFixed(1)} MB; ${await paint(page)}`);
    t.diagnostic(`opening a feature: ${figures(await openings(page))}`);
    assert.ok(megabytes <= 25, `${megabytes} MB`);
  });
});

test('65,536 features: sorted, searched, paged and filtered', async (t) => {
  const size = { features: 65_536, rows: 1000, examples: 3, side: 8 };
  const report = sampleReport({ kind: 'vector', ...size });
  await browser.open(report, async (page) => {
    t.diagnostic(`file ${((await sizeOf(page)) / 1e6).toFixed(1)} MB; ${await paint(page)}`);
    const timed = async (what: string, selector: string, value?: string) => {
      const ms = await page.evaluate(act, { selector, value: value ?? null });
      t.diagnostic(`${what}: ${ms.toFixed(0)} ms`);
    };
    await timed('sorting by density', 'th:nth-child(3) button');
    const densities = (await tableFeatures(page)).map((f) => report.features[f]?.density ?? 0);
    assert.deepEqual(
      densities,
      [...densities].sort((a, b) => b - a),
    );
    assert.equal(densities[0], Math.max(...report.features.map(({ density }) => density)));
    await timed('searching', '.search', 'stripes');
    await timed('filtering', '.choice-input[value=mono]');
    await timed('the next rows', '.pager-step:last-child');
    assert.match((await page.locator('.pager').textContent()) ?? '', /51–100 of/);
    const status = await page.locator('[role=status]').textContent();
    assert.match(status ?? '', /^[\d,]+ of 65,536 features$/);
    assert.equal((await tableFeatures(page)).length, 50);
  });
});

async function sizeOf(page: Page): Promise<number> {
  const { size } = await stat(fileURLToPath(page.url().split('#')[0] as string));
  return size;
}

/** When the overview was painted, and when the whole file had been read. */
async function paint(page: Page): Promise<string> {
  const [painted, read] = await page.evaluate(() => [
    performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming)
      .domContentLoadedEventEnd,
  ]);
  return `first paint after ${painted?.toFixed(0)} ms, all read after ${read?.toFixed(0)} ms`;
}

/** Clicks or fills in, and waits until that has been painted: milliseconds. Runs in the page. */
async function act({ selector, value }: { selector: string; value: string | null }) {
  const element = document.querySelector<HTMLInputElement>(selector);
  const start = performance.now();
  if (value === null) element?.click();
  else if (element !== null) {
    element.value = value;
    element.dispatchEvent(new Event('input'));
  }
  await new Promise<void>((resolve) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve();
      port2.postMessage(null);
    });
  });
  return performance.now() - start;
}

/** Opens features all over the file, each from the overview. */
async function openings(page: Page): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < OPENED; i++) {
    await page.getByRole('searchbox').fill(String(i * 251));
    times.push(await page.evaluate(act, { selector: '.row', value: null }));
    assert.ok(
      (await page.locator('.example').count()) > 0 || (await page.getByText('dead').count()) > 0,
    );
    await page.keyboard.press('Escape');
  }
  return times;
}

function figures(times: number[]): string {
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? Number.NaN;
  return `${median.toFixed(0)} ms as a median of ${times.length}, ${times.at(-1)?.toFixed(0)} ms at most`;
}
