import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import type { Page } from 'playwright-core';
import { DashboardBrowser, overflow, tableFeatures } from './dashboardPage.mts';

const require = createRequire(import.meta.url);
const { sampleReport } = require('../viz/sampleReport') as typeof import('../viz/sampleReport');
const { HOSTILE } = require('../viz/hostileText') as typeof import('../viz/hostileText');

/** The library itself, for the one test that encodes. */
const tensors = () => ({
  tf: require('@tensorflow/tfjs') as typeof import('@tensorflow/tfjs'),
  library: require('../../src') as typeof import('../../src'),
});

const report = sampleReport();
const positions = sampleReport({ kind: 'position', features: 60, rows: 200 });
const tokens = sampleReport({ kind: 'token', features: 60 });
const browser = new DashboardBrowser();
after(() => browser.close());

const axe = () => readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
const status = (page: Page) => page.locator('.controls [role=status]').textContent();
const densityOf = (feature: number) => report.features[feature]?.density ?? Number.NaN;
const heading = (page: Page) => page.locator('h1:visible').textContent();
/** What axe finds against the page as it is. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(await axe());
  return page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      }
    ).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

test('densities: by keys, by dragging over the histogram, from the address, and all again', async () => {
  await browser.open(report, async (page) => {
    const low = page.getByRole('slider', { name: 'Least density' });
    const high = page.getByRole('slider', { name: 'Largest density' });
    // Edges of the bins: 0.1 %, 0.2 %, 0.5 %, 1 % …
    await low.focus();
    while ((await low.getAttribute('aria-valuetext')) !== '1%') await low.press('ArrowRight');
    await high.focus();
    while ((await high.getAttribute('aria-valuetext')) !== '10%') await high.press('ArrowLeft');
    const inRange = report.features.filter(({ density }) => density >= 0.01 && density < 0.1);
    assert.ok(inRange.length > 20 && inRange.length < 190);
    assert.equal(await status(page), `${inRange.length} of 200 features`);
    assert.ok((await tableFeatures(page)).every((f) => densityOf(f) >= 0.01 && densityOf(f) < 0.1));
    assert.equal(await page.locator('.density-said').textContent(), '1% to 10%');
    await page.waitForFunction(() => location.hash.includes('below'));
    const hash = await page.evaluate(() => location.hash);
    assert.deepEqual(
      ['from', 'below'].map((name) =>
        Number(new URLSearchParams(hash.slice(1)).get(name)).toFixed(4),
      ),
      ['0.0100', '0.1000'],
    );
    await page.getByRole('button', { name: 'All densities' }).click();
    assert.equal(await status(page), '200 features');

    const plot = await page.locator('.density-plot').boundingBox();
    assert.ok(plot);
    const bins = await page.locator('.density-bin').count();
    const middle = (bin: number) => plot.x + (plot.width * (bin + 0.5)) / bins;
    await page.mouse.move(middle(bins - 3), plot.y + 20);
    await page.mouse.down();
    await page.mouse.move(middle(bins - 1), plot.y + 30);
    await page.mouse.up();
    const dense = report.features.filter(({ density }) => density >= 0.1);
    assert.equal(await status(page), `${dense.length} of 200 features`);
    assert.equal(await page.locator('.density-bin.out').count(), bins - 3);
    // Neither border passes the other.
    await high.focus();
    for (let i = 0; i < bins + 2; i++) await high.press('ArrowLeft');
    assert.ok(Number(await low.inputValue()) < Number(await high.inputValue()));
  });
  const open = async (page: Page) => {
    assert.ok((await tableFeatures(page)).every((feature) => densityOf(feature) >= 0.05));
  };
  await browser.open(report, open, { hash: '#from=0.05' });
});

test('the glossary says what the report has, and its score as it is', async () => {
  const terms = async (page: Page) => {
    await page.keyboard.press('?');
    assert.ok(await page.getByRole('dialog', { name: 'Help' }).isVisible());
    assert.deepEqual(await violations(page), []);
    const words = await page.locator('.term').allTextContents();
    assert.equal(await overflow(page), 0);
    await page.keyboard.press('Escape');
    assert.ok(await page.getByRole('dialog').isHidden());
    return words;
  };
  await browser.open(report, async (page) => {
    const words = await terms(page);
    assert.ok(['score', 'density', 'purity', 'kurtosis'].every((word) => words.includes(word)));
    assert.ok(!words.includes('token'));
  });
  await browser.open(tokens, async (page) => {
    const words = await terms(page);
    assert.ok(words.includes('token') && !words.includes('purity'));
  });
});

test('stars and notes: given by mouse and key, kept, found, exported, imported', async () => {
  await browser.open(report, async (page) => {
    const [first, second] = (await tableFeatures(page)) as [number, number];
    const star = (feature: number) => page.locator(`.star[data-feature="${feature}"]:visible`);
    await star(first).click();
    assert.equal(await star(first).getAttribute('aria-pressed'), 'true');
    assert.equal(await heading(page), 'Features of sample', 'the row was opened');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('s');
    assert.equal(await star(second).getAttribute('aria-pressed'), 'true');
    await page.keyboard.press('s');
    assert.equal(await star(second).getAttribute('aria-pressed'), 'false');

    await page.keyboard.press('Enter');
    const note = page.getByRole('textbox', { name: `Note on feature ${second}` });
    await note.fill('stripes? j k s / ?');
    await note.press('j');
    assert.equal(await note.inputValue(), 'stripes? j k s / ?j');
    await note.press('Escape');
    assert.equal(await heading(page), `Feature ${second}`);
    await page.keyboard.press('s');
    assert.equal(await star(second).getAttribute('aria-pressed'), 'true');
    await page.keyboard.press('Escape');
    assert.match(
      (await page.locator('.marks-said').textContent()) ?? '',
      /^2 stars, 1 note\. They stay/,
    );

    await page.reload();
    await page.getByRole('radio', { name: 'Starred' }).check();
    assert.deepEqual(await tableFeatures(page), [first, second]);
    await star(first).click();
    assert.deepEqual(await tableFeatures(page), [second]);
    await star(second).click();
    assert.ok(await page.getByText('No feature is like that.').isVisible());
    await page.getByRole('radio', { name: 'All' }).check();
    await page.getByRole('searchbox').fill('STRIPES?');
    assert.deepEqual(await tableFeatures(page), [second]);

    const arrival = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).click();
    const file = await (await arrival).path();
    const text = await readFile(file, 'utf8');
    assert.deepEqual(JSON.parse(text), {
      format: 'gated-sae-dashboard-marks',
      version: 1,
      model: { name: 'sample', className: 'GatedSAE', features: 200 },
      marks: [{ feature: second, starred: false, note: 'stripes? j k s / ?j' }],
    });

    const take = async (content: string) => {
      await writeFile(file, content);
      await page.locator('input[type=file]').setInputFiles(file);
    };
    const said = page.locator('.marks-said');
    const marks = HOSTILE.map(([, hostile], feature) => ({
      feature,
      starred: true,
      note: hostile,
    }));
    const strangers = {
      ...JSON.parse(text),
      marks: [...marks, { feature: 99_999, starred: true }, null],
    };
    await take(JSON.stringify(strangers));
    await said.getByText(`Taken of ${HOSTILE.length} features.`).waitFor();
    assert.notEqual(await page.title(), 'owned');
    await take('{"format":"something else"}');
    await said.getByText('This is no file of stars and notes of such a page.').waitFor();
    await page.goto(`${page.url().split('#')[0]}#feature=0`);
    assert.equal(await page.locator('.note-field').inputValue(), HOSTILE[0]?.[1]);
    assert.equal(await page.locator('img, iframe, svg:not(.plot)').count(), 0);
  });
});

test('where the browser keeps nothing, stars last as long as the page, and that is said', async () => {
  const prepare = (page: Page) =>
    page.addInitScript(() => {
      Object.defineProperty(globalThis, 'localStorage', {
        get: () => {
          throw new DOMException('refused', 'SecurityError');
        },
      });
    });
  await browser.open(
    report,
    async (page) => {
      await page.locator('.star').first().click();
      assert.equal(await page.locator('.star').first().getAttribute('aria-pressed'), 'true');
      assert.match((await page.locator('.marks-said').textContent()) ?? '', /does not keep them/);
    },
    { prepare },
  );
});

test('one feature against another: numbers, pictures and examples of both', async () => {
  for (const about of [report, positions, tokens]) {
    const [a, b] = about.features.filter(
      ({ density, neighbours }) => density > 0 && neighbours[0],
    ) as [(typeof about.features)[number], (typeof about.features)[number]];
    const open = async (page: Page) => {
      const field = page.getByRole('textbox', { name: 'Number of the other feature' });
      await field.fill('4711');
      await field.press('Enter');
      assert.ok(await page.getByText('The report is not about such a feature.').isVisible());
      await field.fill(String(b.feature));
      await field.press('Enter');
      assert.equal(await heading(page), `Feature ${a.feature} against ${b.feature}`);
      const heads = await page.locator('.measure-value.head').allTextContents();
      assert.deepEqual(heads, [String(a.feature), String(b.feature)]);
      assert.equal(await page.locator('.side-by-side').count(), 2);
      assert.equal(
        await page.locator('.side-by-side .example').count(),
        a.top.length + b.top.length,
      );
      const placeOf = ({ image, row }: (typeof a.top)[number]) => image ?? row;
      const shared = b.top.filter((one) => a.top.some((own) => placeOf(own) === placeOf(one)));
      const facts = (await page.locator('.relation').textContent()) ?? '';
      assert.match(facts, new RegExp(`shared examples${shared.length}of`));
      assert.deepEqual(await violations(page), []);
      await page.setViewportSize({ width: 390, height: 800 });
      assert.equal(await overflow(page), 0);
      await page.getByRole('link', { name: '⇄ Swap' }).click();
      assert.equal(await heading(page), `Feature ${b.feature} against ${a.feature}`);
      await page.keyboard.press('Escape');
      assert.equal(await heading(page), `Feature ${b.feature}`);
      const near = b.neighbours[0]?.feature;
      await page
        .getByRole('link', { name: `Compare with feature ${near}`, exact: true })
        .first()
        .click();
      assert.equal(await heading(page), `Feature ${b.feature} against ${near}`);
      if (about !== report) {
        const cosine = b.neighbours[0]?.cosine ?? 0;
        const shown = await page.locator('.relation .fact-value').first().textContent();
        assert.ok(Math.abs(Number(shown) - cosine) < 1e-3, `${shown} and ${cosine}`);
      }
    };
    await browser.open(about, open, { hash: `#feature=${a.feature}` });
  }
});

test('the cosine of two images of weights is that of the rows', async () => {
  const { decoderRow } =
    require('../../src/viz/decoderRow') as typeof import('../../src/viz/decoderRow');
  const [a, b] = [3, 8].map((i) =>
    decoderRow(report.features[i]?.decoder ?? { scale: 0, values: '' }),
  );
  assert.ok(a && b);
  const dot = (x: Float32Array, y: Float32Array) =>
    x.reduce((sum, v, i) => sum + v * (y[i] ?? 0), 0);
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const open = async (page: Page) => {
    const shown = await page.locator('.relation .fact-value').first().textContent();
    assert.ok(Math.abs(Number(shown?.replace('−', '-')) - cosine) < 5e-3, `${shown} and ${cosine}`);
  };
  await browser.open(report, open, { hash: '#feature=3&against=8' });
});

test('try an input: numbers and images fire what they fire in the model, from a file on disk', async () => {
  const { tf, library } = tensors();
  await tf.setBackend('cpu');
  const side = 8;
  const sae = new library.TopKSAE({ inputDim: side * side, encodingDim: 90, k: 6, seed: 2 });
  const x = tf.randomUniform<import('@tensorflow/tfjs').Rank.R2>(
    [50, side * side],
    0,
    1,
    'float32',
    4,
  );
  const own = await library.featureReport(sae, x, { imageShape: [side, side] });
  const dictionary = await library.encoderWeights(sae);
  /** The features that fire on a row, the strongest first. */
  const firing = (row: ArrayLike<number>) => {
    const codes = tf.tidy(() =>
      sae.encode(tf.tensor2d(Array.from(row), [1, row.length])).dataSync(),
    );
    const order = Array.from(codes.keys()).filter((i) => (codes[i] as number) > 0);
    return order.sort((a, b) => (codes[b] as number) - (codes[a] as number));
  };
  const shown = (page: Page) =>
    page
      .locator('.tried-link')
      .evaluateAll((links) => links.map((link) => Number(/\d+/.exec(link.textContent ?? '')?.[0])));
  const said = (page: Page) => page.locator('.try-said').textContent();
  await browser.open(
    own,
    async (page) => {
      await page.getByRole('link', { name: 'Try an input' }).click();
      assert.equal(await heading(page), 'Try an input');
      const row = await x.slice([3, 0], [1, side * side]).data();
      const field = page.getByRole('textbox', { name: '64 numbers' });
      await field.fill(Array.from(row).join(', '));
      await page.getByRole('button', { name: 'Encode' }).click();
      assert.deepEqual(await shown(page), firing(row));
      assert.equal(await said(page), '6 of 90 features fire on it.');
      await field.fill('1 2 <b>three</b>');
      await page.getByRole('button', { name: 'Encode' }).click();
      assert.equal(await said(page), '“<b>three</b>” is no number.');
      assert.deepEqual(await shown(page), []);

      // A picture of 8 × 8 greys, drawn in the page and dropped.
      const bytes = Array.from({ length: side * side }, (_, i) => (i * 37) % 256);
      await page.evaluate(
        async ({ bytes, side }) => {
          const canvas = document.createElement('canvas');
          canvas.width = side;
          canvas.height = side;
          const context = canvas.getContext('2d');
          const image = context?.createImageData(side, side);
          if (!image) throw new Error('no canvas');
          bytes.forEach((byte, i) => void image.data.set([byte, byte, byte, 255], 4 * i));
          context?.putImageData(image, 0, 0);
          const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done));
          const data = new DataTransfer();
          data.items.add(new File([blob as Blob], 'grey.png', { type: 'image/png' }));
          const target = document.querySelector('.try');
          target?.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
        },
        { bytes, side },
      );
      await page.locator('.try-preview:visible').waitFor();
      assert.deepEqual(await shown(page), firing(bytes.map((byte) => byte / 255)));
      assert.deepEqual(await violations(page), []);
      await page.setViewportSize({ width: 390, height: 800 });
      assert.equal(await overflow(page), 0);

      const files = page.locator('.try-file');
      await files.setInputFiles({
        name: 'row.json',
        mimeType: 'application/json',
        buffer: Buffer.from(JSON.stringify(Array.from(row))),
      });
      await page.locator('.try-preview').waitFor({ state: 'hidden' });
      assert.deepEqual(await shown(page), firing(row));
      await files.setInputFiles({
        name: 'a.png',
        mimeType: 'image/png',
        buffer: Buffer.from('no image'),
      });
      await page.getByText('This browser cannot open that image.').waitFor();

      await field.fill(Array.from(row).join(' '));
      await page.getByRole('button', { name: 'Encode' }).click();
      await page.locator('.tried-link').first().click();
      assert.equal(await heading(page), `Feature ${firing(row)[0]}`);
      await page.goBack();
      assert.deepEqual(await shown(page), firing(row));
      await page.locator('.back:visible').focus();
      await page.keyboard.press('Escape');
      assert.equal(await heading(page), `Features of ${own.model.name}`);
    },
    { dictionary },
  );
  // Without the dictionary there is no such page, whatever the address.
  const without = async (page: Page) => {
    assert.equal(await page.getByRole('link', { name: 'Try an input' }).count(), 0);
    assert.ok(await page.getByText('This file does not carry its dictionary.').isVisible());
  };
  await browser.open(own, without, { hash: '#try=1' });
  x.dispose();
  sae.dispose();
});
