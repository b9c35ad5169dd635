import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { ISOLATED, launch, serve } from './chromium.mts';
import { Demo, serious } from './demoPage.mts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const site = join(root, 'docs', 'site');
const INDEX = 'index.html';
const LAYER = 'classes/gated-sae-tfjs.GatedSAELayer.html';
const GUIDE = 'documents/The_training_step.html';
const GALLERY = 'documents/Gallery.html';
/** typedoc's headings fold their section and are links to it, both at once. */
const OF_TYPEDOC = 'nested-interactive';
/** One page of each kind. */
const PAGES = [INDEX, LAYER, GUIDE, GALLERY, 'examples/index.html'];
const PHONE = { width: 390, height: 844 };

let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;
before(async () => {
  assert.ok(existsSync(join(site, INDEX)), 'there is no site: npm run docs makes it');
  browser = await launch();
  server = await serve(ISOLATED);
});
after(async () => {
  await browser?.close();
  server?.close();
});

/** Opens a page of the site from disk, without a network; whatever it asks for beyond is a fault. */
async function fromDisk(
  file: string,
  use: (page: Page) => Promise<void>,
  options: { colorScheme?: 'light' | 'dark'; viewport?: typeof PHONE } = {},
): Promise<void> {
  const context = await browser.newContext({ offline: true, ...options });
  const page = await context.newPage();
  await page.addInitScript('globalThis.__name = (f) => f');
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!/^(file|data|blob):/.test(request.url())) complaints.push(`asks for ${request.url()}`);
  });
  await page.goto(pathToFileURL(join(site, file)).href);
  await use(page);
  assert.deepEqual(complaints, []);
  await context.close();
}

test('from disk, without a network, the search finds a class and goes there', () =>
  fromDisk(INDEX, async (page) => {
    await page.keyboard.press('/');
    await page.locator('#tsd-search-input').fill('GatedSAE');
    const first = page.locator('#tsd-search-results a').first();
    await first.waitFor();
    assert.match((await first.textContent()) as string, /GatedSAE$/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/GatedSAE\.html$/);
    assert.match(await page.title(), /^GatedSAE \|/);
  }));

test('the search finds what stands in a guide and in a docstring', async () => {
  for (const [asked, found] of [
    ['require-corp', 'The training step'],
    ['Glorot', 'GatedSAE'],
    ['common tasks', 'Common tasks'],
  ] as const) {
    await fromDisk(INDEX, async (page) => {
      await page.keyboard.press('/');
      await page.locator('#tsd-search-input').fill(asked);
      await page.locator('#tsd-search-results a', { hasText: found }).first().waitFor();
    });
  }
});

test('equations are set in their own fonts, none of them in red', () =>
  fromDisk(LAYER, async (page) => {
    const equation = page.locator('.katex-display .katex-html').first();
    const { width, height } = (await equation.boundingBox()) as { width: number; height: number };
    // Six lines of it.
    assert.ok(width > 200 && height > 100, `${width} × ${height}`);
    const fonts = await page.evaluate(() => document.fonts.check('16px KaTeX_Math'));
    assert.ok(fonts, 'the fonts of equations are not there');
    assert.equal(await page.locator('.katex-error').count(), 0);
    assert.equal(await page.getByText('\\begin').first().isVisible(), false, 'its source is seen');
  }));

test('the first page leads to the guides, the reference, the live page and the examples', () =>
  fromDisk(INDEX, async (page) => {
    for (const name of ['Train one in this browser', 'Example dashboards', 'The training step']) {
      await page.getByRole('link', { name }).first().waitFor();
    }
    await page.getByRole('link', { name: 'Example dashboards' }).first().click();
    await page.getByRole('link', { name: 'Open its dashboard' }).first().click();
    await page.getByRole('heading', { name: /gated dictionary of 512 features/ }).waitFor();
    await page.getByRole('table').first().waitFor();
  }));

test('the gallery shows its pictures from disk, each with a command', () =>
  fromDisk(GALLERY, async (page) => {
    const widths = await page
      .locator('.tsd-typography img')
      .evaluateAll((pictures) => pictures.map((one) => (one as HTMLImageElement).naturalWidth));
    assert.ok(widths.length >= 8, `${widths.length} pictures`);
    assert.deepEqual(
      widths.filter((width) => width === 0),
      [],
    );
    const commands = await page.locator('.tsd-typography pre').count();
    assert.ok(commands >= widths.length, `${commands} commands for ${widths.length} pictures`);
  }));

test('on a phone nothing is wider than the screen', async () => {
  for (const file of PAGES) {
    await fromDisk(
      file,
      async (page) => {
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= PHONE.width, `${file} is ${width} wide`);
      },
      { viewport: PHONE },
    );
  }
});

test('axe-core finds nothing that keeps people out, light or dark', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    await page.addInitScript('globalThis.__name = (f) => f');
    for (const file of PAGES) {
      await page.goto(`${server.url}docs/site/${file}`);
      const found = (await serious(page)).filter((one) => !one.startsWith(OF_TYPEDOC));
      assert.deepEqual(found, [], `${file}, ${colorScheme}`);
    }
    await context.close();
  }
});

test('the live page, from disk, looks as it should and says what it takes to run', async () => {
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  await page.addInitScript('globalThis.__name = (f) => f');
  await page.goto(pathToFileURL(join(site, 'demo', INDEX)).href);
  const status = page.getByText('it has to come from a server');
  await status.waitFor();
  assert.match((await status.textContent()) as string, /npm run docs:serve/);
  // Only with its style sheet are its parts cards.
  const rounded = () => getComputedStyle(document.querySelector('.card') as Element).borderRadius;
  assert.notEqual(await page.evaluate(rounded), '0px');
  await context.close();
});

test('the live page trains where it stands in the site', async () => {
  const demo = await Demo.open(browser, `${server.url}docs/site/demo/index.html`);
  await demo.train({ features: '256', epochs: '1' });
  await demo.until((rows) => rows.length > 5);
  await demo.close();
});
