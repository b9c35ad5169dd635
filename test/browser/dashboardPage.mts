import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { EncoderWeights, FeatureReport } from '../../src/analysis/featureReport/report';
import type { FeatureDashboardArgs } from '../../src/viz/dashboard/featureDashboard';
import { launch } from './chromium.mts';

// By `require`, as tsx loads the library's TypeScript.
const require = createRequire(import.meta.url);
const { featureDashboard } =
  require('../../src/viz/dashboard/featureDashboard') as typeof import('../../src/viz/dashboard/featureDashboard');

/** How a dashboard is opened. */
export interface Opening extends BrowserContextOptions {
  width?: number;
  height?: number;
  /** Of the address, from `#` on. */
  hash?: string;
  title?: string;
  /** Makes the page carry this encoder. */
  dictionary?: EncoderWeights;
  /** Does something to the file's text. */
  change?: (html: string) => string;
  /** Does something to the page before it is there. */
  prepare?: (page: Page) => Promise<unknown>;
}

/** Opens dashboards from disk, in one browser without a network. */
export class DashboardBrowser {
  private browser: Promise<Browser> | undefined;
  private folder: Promise<string> | undefined;
  private files = 0;

  /** Opens a report's dashboard, hands it over, and fails for whatever the page complained of. */
  async open(
    report: FeatureReport,
    use: (page: Page) => Promise<void>,
    {
      width = 1280,
      height = 900,
      hash = '',
      title,
      dictionary,
      change,
      prepare,
      ...rest
    }: Opening = {},
  ): Promise<void> {
    this.browser ??= launch();
    const context = await (await this.browser).newContext({
      viewport: { width, height },
      offline: true,
      reducedMotion: 'reduce',
      ...rest,
    });
    try {
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
      const address = await this.write(
        report,
        { title, ...(dictionary && { dictionary }) },
        change,
      );
      page.on('request', (request) => {
        if (request.url().split('#')[0] !== address) complaints.push(`request: ${request.url()}`);
      });
      // What tsx wraps around named functions, which then run in the page.
      await page.addInitScript('globalThis.__name = (f) => f');
      await prepare?.(page);
      await page.goto(`${address}${hash}`);
      await use(page);
      if (complaints.length > 0) throw new Error(complaints.join('\n'));
    } finally {
      await context.close();
    }
  }

  async close(): Promise<void> {
    await (await this.browser)?.close();
    if (this.folder !== undefined) await rm(await this.folder, { recursive: true });
  }

  private async write(
    report: FeatureReport,
    args: FeatureDashboardArgs,
    change: (html: string) => string = (html) => html,
  ): Promise<string> {
    this.folder ??= mkdtemp(join(tmpdir(), 'dashboard-'));
    const file = join(await this.folder, `${++this.files}.html`);
    await writeFile(file, change(await featureDashboard(report, args)));
    return pathToFileURL(file).href;
  }
}

/** Numbers of the features in the table, in its order. */
export const tableFeatures = (page: Page): Promise<number[]> =>
  page
    .locator('.feature-link')
    .evaluateAll((links) => links.map((link) => Number(/\d+/.exec(link.textContent ?? '')?.[0])));

/** How much wider the page is than the window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return Math.max(0, scrollWidth - clientWidth);
  });

/** The pixels that a canvas holds: red, green, blue and opacity. */
export const pixelsOf = (page: Page, selector: string, nth = 0): Promise<number[]> =>
  page
    .locator(selector)
    .nth(nth)
    .evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      // By way of another one: the browser warns of reading one that is drawn on.
      const copy = new OffscreenCanvas(width, height);
      const context = copy.getContext('2d', { willReadFrequently: true });
      context?.drawImage(canvas as HTMLCanvasElement, 0, 0);
      return Array.from(context?.getImageData(0, 0, width, height).data ?? []);
    });
