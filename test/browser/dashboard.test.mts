import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { FeatureEntry } from '../../src/analysis/featureReport/report';
import type * as GatedSae from '../../src/index';
import { inPage } from './chromium.mts';
import { DashboardBrowser, overflow, pixelsOf, tableFeatures } from './dashboardPage.mts';

const require = createRequire(import.meta.url);
const { sampleReport } = require('../viz/sampleReport') as typeof import('../viz/sampleReport');
const { HOSTILE } = require('../viz/hostileText') as typeof import('../viz/hostileText');
const { featureDashboard } =
  require('../../src/viz/dashboard/featureDashboard') as typeof import('../../src/viz/dashboard/featureDashboard');
const { featureScore } =
  require('../../src/viz/featureScore') as typeof import('../../src/viz/featureScore');
const { bytesOf } = require('../../src/bytes') as typeof import('../../src/bytes');
const { decoderRow } =
  require('../../src/viz/decoderRow') as typeof import('../../src/viz/decoderRow');
const { heatPixels } =
  require('../../src/viz/image/heatMap') as typeof import('../../src/viz/image/heatMap');
const { decoderPixels, imagePixels } =
  require('../../src/viz/image/tile') as typeof import('../../src/viz/image/tile');

const report = sampleReport();
const tokens = sampleReport({ kind: 'token', features: 60 });
const vectors = sampleReport({ kind: 'vector', features: 60, classNames: null });
const EFFECTS = ['Disc', 'Ring', '<b>Cross</b>', 'Stripes', 'Square'];
const positions = sampleReport({
  kind: 'position',
  features: 60,
  rows: 200,
  effectNames: EFFECTS,
});
const axe = () => readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
const browser = new DashboardBrowser();
after(() => browser.close());

/** The features' numbers, sorted by something; equal ones by number. */
const sortedBy = (value: (entry: FeatureEntry) => number, descending: boolean) =>
  [...report.features]
    .sort((a, b) => (descending ? -1 : 1) * (value(a) - value(b)) || a.feature - b.feature)
    .map(({ feature }) => feature);
const byMean = sortedBy(({ mean }) => Math.fround(mean), true);
/** As the page opens. */
const byScore = sortedBy((entry) => Math.fround(featureScore(entry, report.data)), true);
const entryOf = (feature: number) => report.features[feature] as FeatureEntry;
const status = (page: Page) => page.locator('[role=status]').textContent();
const heading = (page: Page) => page.locator('h1:visible').textContent();
const hash = (page: Page) => page.evaluate(() => location.hash);
/** The address follows what is typed after a moment. */
const hashIs = async (page: Page, expected: RegExp) => {
  for (let tries = 0; tries < 100 && !expected.test(await hash(page)); tries++) {
    await page.waitForTimeout(50);
  }
  assert.match(await hash(page), expected);
};

test('opens from disk with no request, no complaint, the features most worth reading first', async () => {
  await browser.open(report, async (page) => {
    assert.equal(await page.title(), 'Features of sample');
    assert.equal(await heading(page), 'Features of sample');
    assert.equal(await status(page), '200 features');
    assert.deepEqual(await tableFeatures(page), byScore.slice(0, 50));
    assert.equal(await page.locator('.plot').count(), 1);
    await page.locator('.feature-link canvas[width="28"]').nth(49).waitFor();
  });
});

test('headings sort, both ways, and say how', async () => {
  await browser.open(report, async (page) => {
    const sort = (name: string) =>
      page.getByRole('columnheader', { name }).getByRole('button').click();
    const order = (name: string) =>
      page.getByRole('columnheader', { name }).getAttribute('aria-sort');
    assert.equal(await order('score'), 'descending');
    await sort('max');
    assert.deepEqual(await tableFeatures(page), sortedBy(({ max }) => max, true).slice(0, 50));
    assert.deepEqual([await order('max'), await order('score')], ['descending', 'none']);
    await sort('max');
    assert.deepEqual(await tableFeatures(page), sortedBy(({ max }) => max, false).slice(0, 50));
    assert.equal(await order('max'), 'ascending');
    await sort('feature');
    assert.deepEqual((await tableFeatures(page)).slice(0, 3), [0, 1, 2]);
    // Dead features have no purity: they come last in either order.
    const dead = report.features.filter(({ density }) => density === 0).length;
    for (let i = 0; i < 2; i++) {
      await sort('purity');
      await page.getByRole('button', { name: 'Next rows' }).click({ clickCount: 3 });
      const last = (await tableFeatures(page)).slice(-dead);
      assert.ok(dead > 3 && last.every((feature) => entryOf(feature).density === 0));
    }
    await hashIs(page, /sort=purity&order=up&page=4/);
  });
});

test('search by number and by class, and what it leaves is counted', async () => {
  await browser.open(report, async (page) => {
    const search = page.getByRole('searchbox');
    await search.fill('19');
    const numbered = byScore.filter((feature) => String(feature).startsWith('19'));
    assert.deepEqual(await tableFeatures(page), numbered);
    assert.equal(await status(page), `${numbered.length} of 200 features`);
    await search.fill(' cROss ');
    const cross = byScore.filter((feature) => {
      return entryOf(feature).classes?.[0]?.label === 2;
    });
    assert.deepEqual(await tableFeatures(page), cross.slice(0, 50));
    assert.ok(cross.length > 5);
    await search.fill('no such thing');
    assert.equal(await status(page), '0 of 200 features');
    assert.ok(await page.getByText('No feature is like that.').isVisible());
    await search.fill('7');
    await search.press('Enter');
    assert.equal(await heading(page), 'Feature 7');
  });
});

test('search by token', async () => {
  await browser.open(tokens, async (page) => {
    await page.getByRole('searchbox').fill('mountain');
    const found = await tableFeatures(page);
    assert.ok(found.length > 0 && found.length < 60, `${found.length} found`);
    for (const feature of found) {
      const top = tokens.features[feature]?.top ?? [];
      const texts = top.map(({ row }) => {
        const window = tokens.rows[row]?.window;
        return window?.tokens[window.focus];
      });
      assert.ok(texts.includes(' mountain'), `feature ${feature}: ${texts}`);
    }
  });
});

test('filters: table, scatter and counts show the same features', async () => {
  await browser.open(report, async (page) => {
    /** How many points of the scatter are green, and orange. */
    const colours = async () => {
      const pixels = await pixelsOf(page, '.points');
      const counts = { green: 0, orange: 0 };
      for (let i = 0; i < pixels.length; i += 4) {
        const [r, g, b, a] = pixels.slice(i, i + 4) as [number, number, number, number];
        if (a < 100) continue;
        if (g > r + 40 && g > b + 20) counts.green += 1;
        if (r > g + 40) counts.orange += 1;
      }
      return counts;
    };
    const show = (name: string) => page.getByRole('radio', { name }).check();
    const all = await colours();
    assert.ok(all.green > 100 && all.orange > 100, JSON.stringify(all));
    await show('MONO');
    const tags = await page.locator('.row .tag').allTextContents();
    assert.ok(tags.length > 20 && tags.every((tag) => tag === 'MONO'));
    const mono = await colours();
    assert.ok(mono.orange === 0 && mono.green >= all.green, JSON.stringify(mono));
    await show('POLY');
    assert.equal((await colours()).green, 0);
    await show('Dead');
    const dead = report.features.filter(({ density }) => density === 0);
    assert.equal(await status(page), `${dead.length} of 200 features`);
    assert.deepEqual(
      await tableFeatures(page),
      dead.map(({ feature }) => feature),
    );
    await show('Alive');
    assert.equal(await status(page), `${200 - dead.length} of 200 features`);
    await hashIs(page, /^#show=alive$/);
  });
});

test('MONO names its class, and classes of one name are one', async () => {
  const feature = byMean[0] as number;
  const { top } = entryOf(feature);
  const features = report.features.map((entry) =>
    entry.feature === feature
      ? {
          ...entry,
          top: top.map((example, i) => ({ ...example, label: i % 2 === 0 ? 1 : 4 })),
          classes: [1, 4].map((label) => ({ label, share: 0.5 })),
        }
      : entry,
  );
  const named = (...classNames: string[]) => ({ ...report, data: { ...report.data, classNames } });
  const cells = async (page: Page) => {
    const row = page.locator('.row', { has: page.locator(`[data-index="${feature}"]`) });
    return (await row.locator('td').allTextContents()).slice(-2);
  };
  const hash = '#sort=mean';
  const several = async (page: Page) => {
    assert.deepEqual(await cells(page), ['POLY', 'Ring']);
  };
  await browser.open({ ...report, features }, several, { hash });
  const same = { ...named('Disc', 'Ring', 'Cross', 'Stripes', 'Ring'), features };
  const one = async (page: Page) => {
    assert.deepEqual(await cells(page), ['MONO', 'Ring']);
    await page.locator('.row').first().click();
    assert.equal(
      await page.locator('.feature-header').textContent(),
      `Feature ${feature}MONO Ring☆`,
    );
  };
  await browser.open(same, one, { hash });
});

test('a feature that fires on a few rows is neither MONO nor POLY, and said to be of few', async () => {
  const few = report.features.filter(
    ({ density }) => density > 0 && Math.round(density * report.data.rows) < 10,
  );
  assert.ok(few.length > 5, `${few.length} such features`);
  await browser.open(report, async (page) => {
    await page.getByRole('radio', { name: 'Few rows' }).check();
    assert.equal(await status(page), `${few.length} of 200 features`);
    const shown = await tableFeatures(page);
    assert.ok(shown.every((feature) => few.includes(entryOf(feature))));
    const tags = await page.locator('.row .tag').allTextContents();
    assert.ok(tags.every((tag) => tag === 'few rows'));
    assert.match((await page.locator('.scatter .note').textContent()) ?? '', /on too few rows/);
  });
});

test('what is too dense to read is said to be, with what to do', async () => {
  const says = /^Too dense to read: more than a tenth.* Train longer, and for a lower L0\.$/;
  await browser.open({ ...report, l0: { mean: 20.1, max: 90 } }, async (page) => {
    assert.match((await page.getByRole('note').textContent()) ?? '', says);
    await page.locator('.row').first().click();
    assert.ok(!(await page.getByRole('note').isVisible()));
  });
  await browser.open(report, async (page) => {
    assert.equal(await page.getByRole('note').count(), 0);
  });
});

test('on paper it is light, whatever it is on the screen', async () => {
  await browser.open(
    report,
    async (page) => {
      const ground = () =>
        page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const dark = await ground();
      await page.emulateMedia({ media: 'print' });
      assert.notEqual(await ground(), dark);
      assert.equal(await ground(), 'rgb(247, 247, 245)');
      assert.ok(!(await page.getByRole('searchbox').isVisible()));
    },
    { colorScheme: 'dark' },
  );
});

test('a point of the scatter: its tip on hovering, its page on clicking', async () => {
  await browser.open(report, async (page) => {
    await page.getByRole('searchbox').fill('36');
    const box = await page.locator('.points').boundingBox();
    assert.ok(box);
    // The only selected point, wherever it is.
    let found: string | null = null;
    for (let y = 20; y < box.height && found === null; y += 20) {
      for (let x = 20; x < box.width && found === null; x += 20) {
        await page.mouse.move(box.x + x, box.y + y);
        const tip = page.locator('.tip');
        if (await tip.isVisible()) found = await tip.textContent();
      }
    }
    assert.match(found ?? '', /^Feature 36 MONO.*fires on 9\.83%/);
    await page.mouse.down();
    await page.mouse.up();
    assert.equal(await heading(page), 'Feature 36');
  });
});

test('a feature by click: everything in the report about it', async () => {
  await browser.open(report, async (page) => {
    await page.locator('.row').nth(2).click();
    const feature = byScore[2] as number;
    const entry = entryOf(feature);
    assert.equal(await heading(page), `Feature ${feature}`);
    assert.equal(await page.title(), `Feature ${feature} · Features of sample`);
    assert.ok(
      await page
        .locator('h1')
        .last()
        .evaluate((h1) => h1 === document.activeElement),
    );

    const facts = await page.locator('.facts').textContent();
    const fired = Math.round(entry.density * 600);
    assert.match(facts ?? '', new RegExp(`fires on ${fired} of 600 rows`));
    assert.equal(
      await page.locator('.histogram rect').count(),
      entry.histogram.counts.filter((n) => n > 0).length,
    );

    const decoder = await pixelsOf(page, '.tile.large');
    const weights = decoderRow(entry.decoder as NonNullable<typeof entry.decoder>) as Float32Array;
    const expected = decoderPixels(weights, [28, 28], 0.15);
    const apart = expected.map((value, i) =>
      Math.abs(value - (decoder[4 * Math.floor(i / 3) + (i % 3)] as number)),
    );
    // A byte a weight: no more than some neighbouring colours away.
    assert.ok(Math.max(...apart) <= 8, `${Math.max(...apart)} levels apart`);

    const images = page.locator('.examples.image:not(.few) .example');
    assert.equal(await images.count(), entry.top.length);
    const first = await pixelsOf(page, '.example-image');
    const image = bytesOf(report.rows[entry.top[0]?.row ?? -1]?.image ?? '') as Uint8Array;
    const grey = imagePixels(image, [28, 28]).filter((_, i) => i % 3 === 0);
    assert.deepEqual(
      first.filter((_, i) => i % 4 === 0),
      [...grey],
    );
    assert.equal(
      await page.locator('.interval').count(),
      entry.intervals.filter(({ count }) => count > 0).length,
    );
    assert.equal(await page.locator('.bar-table tbody tr').count(), entry.classes?.length);
    const relatives = await page
      .locator('.relative-name')
      .evaluateAll((names) => names.map((name) => Number.parseInt(name.textContent ?? '', 10)));
    assert.deepEqual(
      relatives,
      [...entry.neighbours, ...entry.coactive].map(({ feature }) => feature),
    );
    await page.locator('.relative').first().click();
    assert.equal(await heading(page), `Feature ${entry.neighbours[0]?.feature}`);
  });
});

test('tokens: windows with the token among its neighbours, the stronger the darker', async () => {
  const best = [...tokens.features].sort((a, b) => b.mean - a.mean)[0] as FeatureEntry;
  const open = async (page: Page) => {
    const line = page.locator('.token-line').first();
    const { row, activations = [] } = best.top[0] as (typeof best.top)[number];
    const window = tokens.rows[row]?.window;
    assert.ok(window);
    assert.equal(await line.textContent(), window.tokens.join('').replaceAll('\n', '⏎'));
    assert.equal(
      (await line.locator('mark').textContent())?.trim(),
      window.tokens[window.focus]?.replaceAll('\n', '⏎').trim(),
    );
    assert.equal(
      await line.locator('.lit').count(),
      activations.filter((value) => value !== null && value > 0).length,
    );
    assert.equal(await page.locator('.bar-table tbody tr').count(), 10);
  };
  await browser.open(tokens, open, { hash: `#feature=${best.feature}` });
});

test('positions: where on each image the feature fires, and the image without it', async () => {
  const best = [...positions.features].sort((a, b) => b.mean - a.mean)[0] as FeatureEntry;
  const open = async (page: Page) => {
    const { top } = best;
    const pictures = page.locator('.examples.image:not(.few) .picture');
    assert.equal(await pictures.count(), top.length);
    const [first] = top;
    assert.ok(first?.activations && first.image !== undefined && first.position !== undefined);
    const image = bytesOf(positions.images?.[first.image] ?? '') as Uint8Array;
    const shown = await pixelsOf(page, '.example-image');
    const grey = imagePixels(image, [28, 28]).filter((_, i) => i % 3 === 0);
    assert.deepEqual(
      shown.filter((_, i) => i % 4 === 0),
      [...grey],
    );
    await page.locator('canvas.heat[width="7"]').last().waitFor({ state: 'attached' });
    const heat = await pixelsOf(page, 'canvas.heat');
    const expected = heatPixels(first.activations, best.max);
    // Colours of pixels that let light through are rounded once more.
    const apart = expected.map((value, i) => Math.abs(value - (heat[i] as number)));
    assert.ok(apart.length === 4 * 49 && Math.max(...apart) <= 2, `${Math.max(...apart)} apart`);
    const fires = first.activations.filter((value) => Number(value) > 0).length;
    const [line, column] = [Math.floor(first.position / 7) + 1, (first.position % 7) + 1];
    assert.equal(
      await page.locator('.example-image').first().getAttribute('aria-label'),
      `Image ${first.image}: fires on ${fires} of 49 places, most in line ${line}, column ${column}`,
    );
    const box = async (selector: string) => page.locator(selector).first().boundingBox();
    const [whole, frame] = [await box('.picture'), await box('.frame-of-place')];
    assert.ok(whole && frame);
    assert.ok(Math.abs(frame.x - whole.x - ((column - 1) * whole.width) / 7) < 0.5);
    assert.ok(Math.abs(frame.y - whole.y - ((line - 1) * whole.height) / 7) < 0.5);
    assert.ok(Math.abs(frame.width - whole.width / 7) < 0.5);
    assert.match(
      (await page.locator('.facts').textContent()) ?? '',
      new RegExp(`images${best.images}of 200`),
    );

    const toggle = page.getByRole('button', { name: 'Show where it fires' });
    assert.equal(await toggle.getAttribute('aria-pressed'), 'true');
    const look = () =>
      page
        .locator('.example-image')
        .first()
        .evaluate((one) => getComputedStyle(one).filter);
    assert.equal(await look(), 'grayscale(1)');
    await toggle.click();
    assert.equal(await toggle.getAttribute('aria-pressed'), 'false');
    assert.equal(await look(), 'none');
    assert.ok(!(await page.locator('canvas.heat').first().isVisible()));
    // It stays so from feature to feature.
    await page.keyboard.press('j');
    assert.ok(!(await page.locator('canvas.heat').first().isVisible()));
    await page.getByRole('button', { name: 'Show where it fires' }).click();
    assert.ok(await page.locator('canvas.heat').first().isVisible());
  };
  await browser.open(positions, open, { hash: `#feature=${best.feature}` });
});

test('an image that is wide or high: what is laid over it lies on it', async () => {
  const sides = [
    [14, 56],
    [56, 14],
  ] as const;
  for (const imageShape of sides) {
    const wide = { ...positions, data: { ...positions.data, imageShape } };
    const open = async (page: Page) => {
      const [picture, heat] = await Promise.all(
        ['.example-image', 'canvas.heat'].map((one) => page.locator(one).first().boundingBox()),
      );
      assert.ok(picture && heat);
      assert.deepEqual(Object.values(picture).map(Math.round), Object.values(heat).map(Math.round));
      const [height, width] = imageShape;
      assert.ok(Math.abs(picture.width / picture.height - width / height) < 0.02);
    };
    await browser.open(wide, open, { hash: '#feature=7' });
  }
});

test('effects on the classes: sorted by size in the table, as bars on the page', async () => {
  const largest = ({ effects = [] }: FeatureEntry) => Math.max(...effects.map(Math.abs));
  const bySize = [...positions.features].sort(
    (a, b) => Math.fround(largest(b)) - Math.fround(largest(a)) || a.feature - b.feature,
  );
  await browser.open(positions, async (page) => {
    await page.getByRole('columnheader', { name: 'largest effect' }).getByRole('button').click();
    assert.deepEqual(
      await tableFeatures(page),
      bySize.slice(0, 50).map(({ feature }) => feature),
    );
    await hashIs(page, /sort=effect/);
    await page.locator('.row').first().click();
    const { effects = [] } = bySize[0] as FeatureEntry;
    const rows = page.locator('.effects .bar-table tbody tr');
    const shown = await rows.locator('th').allTextContents();
    const order = effects.map((value, i) => ({ value, i })).sort((a, b) => b.value - a.value);
    assert.deepEqual(
      shown,
      order.map(({ i }) => EFFECTS[i]),
    );
    assert.equal(
      await rows.locator('.bar.below').count(),
      effects.filter((value) => value < 0).length,
    );
  });
  await browser.open(report, async (page) => {
    assert.equal(await page.getByRole('columnheader', { name: 'largest effect' }).count(), 0);
  });
});

test('columns fit a window of 1,280 pixels: the last one is seen whole', async () => {
  for (const about of [report, tokens, positions, vectors]) {
    await browser.open(about, async (page) => {
      const { scrollWidth, clientWidth } = await page
        .locator('.scroller')
        .evaluate(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
      assert.equal(scrollWidth, clientWidth, `${about.data.kind}: ${scrollWidth} pixels`);
    });
  }
});

test('positions are called so wherever they are counted', async () => {
  const open = async (page: Page) => {
    assert.match((await page.locator('.scatter').textContent()) ?? '', /share of positions/);
    await page.locator('.row').first().click();
    const text = (await page.locator('.feature').textContent()) ?? '';
    assert.doesNotMatch(text, /\brows?\b/i);
    assert.match(text, /Positions on which both fire/);
    const label = await page.locator('.histogram .plot').getAttribute('aria-label');
    assert.match(label ?? '', /up to \d+ positions in a bin/);
  };
  await browser.open(positions, open);
});

test('tokens of a tokenizer are the text that they are of', async () => {
  const vocabulary = ['The', 'Ġcapital', 'Ġof', 'ĠFrance', 'Ġcaf', 'Ã©', 'Ċ'];
  const spoken = sampleReport({ kind: 'token', features: 20, vocabulary });
  await browser.open(spoken, async (page) => {
    const chips = (await page.locator('.chip').allTextContents()).join('|');
    assert.match(chips, / (capital|of|France|caf)/);
    assert.doesNotMatch(chips, /[ĠĊÃ]/);
    await page.getByRole('searchbox').fill('é');
    await page.locator('.row').first().click();
    assert.doesNotMatch((await page.locator('.feature').textContent()) ?? '', /[ĠĊÃ]/);
  });
});

test('plain rows: their numbers and activations; without labels no tags and no classes', async () => {
  await browser.open(vectors, async (page) => {
    assert.deepEqual(await page.locator('.choice-word').allTextContents(), [
      'All',
      'Alive',
      'Dead',
      'Starred',
    ]);
    assert.equal(await page.locator('.tag.mono, .tag.poly').count(), 0);
    assert.equal(await page.getByRole('columnheader', { name: 'purity' }).count(), 0);
    await page.locator('.row').first().click();
    const feature = Number(/\d+/.exec((await heading(page)) ?? '')?.[0]);
    const rows = await page.locator('.examples.vector:not(.few) .example').allTextContents();
    assert.match(rows[0] ?? '', new RegExp(`^row ${vectors.features[feature]?.top[0]?.row}`));
    assert.equal(rows.length, vectors.features[feature]?.top.length);
  });
});

test('keys: rows, opening, leafing, back to the row, search, help', async () => {
  await browser.open(report, async (page) => {
    const press = (...keys: string[]) =>
      keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    const focused = () =>
      page.evaluate(() => Number(/\d+/.exec(document.activeElement?.textContent ?? '')?.[0]));
    await press('j', 'j', 'ArrowDown', 'k');
    assert.equal(await focused(), byScore[1]);
    await press('Enter');
    assert.equal(await heading(page), `Feature ${byScore[1]}`);
    await press('j', 'ArrowRight', 'k');
    assert.equal(await heading(page), `Feature ${byScore[2]}`);
    await press('Escape');
    assert.equal(await heading(page), 'Features of sample');
    assert.equal(await focused(), byScore[2]);

    // Over the end of a page of the table.
    for (let i = 2; i < 50; i++) await press('j');
    assert.equal(await focused(), byScore[50]);
    assert.match((await page.locator('.pager').textContent()) ?? '', /51–100 of 200/);
    await press('k');
    assert.equal(await focused(), byScore[49]);

    await press('/');
    assert.ok(await page.getByRole('searchbox').evaluate((e) => e === document.activeElement));
    await page.keyboard.type('j?7');
    assert.equal(await page.getByRole('searchbox').inputValue(), 'j?7');
    await press('Escape');
    assert.equal(await status(page), '200 features');
    await press('Escape', '?');
    assert.ok(await page.getByRole('dialog').isVisible());
    await press('j', 'Escape');
    assert.ok(await page.getByRole('dialog').isHidden());
    assert.equal(await heading(page), 'Features of sample');
  });
});

test('everything is reached with Tab, and seen to be', async () => {
  await browser.open(report, async (page) => {
    const reached = new Set<string>();
    for (let i = 0; i < 75; i++) {
      await page.keyboard.press('Tab');
      const [what, outline] = await page.evaluate(() => {
        const at = document.activeElement;
        const face = at?.matches('.choice-input') ? (at.nextElementSibling ?? at) : at;
        return [
          at?.className || at?.tagName || '',
          face ? getComputedStyle(face).outlineStyle : '',
        ];
      });
      if (what === 'BODY') break;
      assert.equal(outline, 'solid', `the focus on ${what} cannot be seen`);
      reached.add(what as string);
    }
    for (const part of [
      'plain',
      'search',
      'choice-input',
      'heading-text',
      'feature-link',
      'pager-step',
    ]) {
      assert.ok(reached.has(part), `${part} was not reached: ${[...reached]}`);
    }
  });
});

test('addresses lead to a feature and to a selection; back and forth go through them', async () => {
  const address = '#feature=7&sort=density&order=up&show=poly&search=r';
  const open = async (page: Page) => {
    assert.equal(await heading(page), 'Feature 7');
    const place = await page.locator('.place').textContent();
    assert.match(place ?? '', /^\d+ of \d+ selected$/);
    await page.getByRole('link', { name: '← All features' }).click();
    assert.equal(await page.getByRole('searchbox').inputValue(), 'r');
    assert.ok(await page.getByRole('radio', { name: 'POLY' }).isChecked());
    const density = (await tableFeatures(page)).map((feature) => entryOf(feature).density);
    assert.ok(density.length > 10);
    assert.deepEqual(
      density,
      [...density].sort((a, b) => a - b),
    );
    await page.goBack();
    assert.equal(await heading(page), 'Feature 7');
    await page.getByRole('link', { name: 'Next ›' }).click();
    const next = await heading(page);
    await page.goBack();
    assert.equal(await heading(page), 'Feature 7');
    await page.goForward();
    assert.equal(await heading(page), next);
    await page.goBack();
    await page.getByRole('link', { name: '← All features' }).click();
    await page.locator('.row').nth(1).click();
    await page.goBack();
    assert.equal(await heading(page), 'Features of sample');
    assert.equal(await page.getByRole('searchbox').inputValue(), 'r');
    await page.evaluate(() => {
      location.hash = '#feature=12345';
    });
    assert.ok(await page.getByText('The report is not about this feature.').isVisible());
    await page.evaluate(() => {
      location.hash = '#feature=x&sort=nonsense&page=999';
    });
    assert.deepEqual(await tableFeatures(page), byScore.slice(150));
  };
  await browser.open(report, open, { hash: address });
});

test('light or dark as the system has it, and as is chosen, also where nothing is remembered', async () => {
  const ground = (page: Page) =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = 'rgb(247, 247, 245)';
  const dark = 'rgb(19, 22, 27)';
  const toggle = (page: Page) => page.getByRole('button', { name: 'Dark' });
  await browser.open(report, async (page) => {
    assert.equal(await ground(page), light);
    await page.emulateMedia({ colorScheme: 'dark' });
    // The system's change arrives with the next frame.
    for (let i = 0; i < 50 && (await ground(page)) !== dark; i++) await page.waitForTimeout(50);
    assert.equal(await ground(page), dark);
    await toggle(page).click();
    assert.equal(await ground(page), light);
    assert.equal(await toggle(page).getAttribute('aria-pressed'), 'false');
    await page.reload();
    assert.equal(await ground(page), light);
  });
  const refused = async (page: Page) => {
    assert.equal(await ground(page), dark);
    await toggle(page).click();
    assert.equal(await ground(page), light);
  };
  const prepare = (page: Page) =>
    page.addInitScript(() => {
      Object.defineProperty(globalThis, 'localStorage', {
        get: () => {
          throw new DOMException('refused', 'SecurityError');
        },
      });
    });
  await browser.open(report, refused, { colorScheme: 'dark', prepare });
});

for (const [kind, about] of Object.entries({
  image: report,
  token: tokens,
  vector: vectors,
  positions,
})) {
  test(`readable on a phone: ${kind}`, async () => {
    await browser.open(
      about,
      async (page) => {
        assert.equal(await overflow(page), 0);
        // What is too wide for the phone is scrolled to within the table.
        const last = page.getByRole('columnheader').last();
        await page.locator('.scroller').evaluate((scroller) => scroller.scrollBy(2000, 0));
        const box = await last.boundingBox();
        assert.ok(box && box.x + box.width <= 361, JSON.stringify(box));
        await page.locator('.row').first().tap();
        assert.match((await heading(page)) ?? '', /^Feature/);
        assert.equal(await overflow(page), 0);
      },
      { width: 360, height: 740, isMobile: true, hasTouch: true },
    );
  });
}

for (const [what, text] of HOSTILE) {
  test(`text from strangers is text: ${what}`, async () => {
    const names = [text, `${text} (2)`];
    const named = sampleReport({ features: 12, rows: 40, side: 8, classNames: names, name: text });
    await browser.open(
      named,
      async (page) => {
        assert.notEqual(await page.title(), 'owned');
        const { y = 1e4 } = (await page.getByRole('searchbox').boundingBox()) ?? {};
        assert.ok(y < 400, `the search field lies ${y} pixels below a title`);
        const all = page.locator('h1 .unfold');
        if ((await all.count()) > 0) await all.click();
        const title = await page.locator('h1:visible bdi').first().textContent();
        assert.equal(title, text.trim() || 'Features of a model');
        assert.equal(await overflow(page), 0);
        await page.locator('.row').first().click();
        assert.equal(await page.locator('img, iframe, svg:not(.plot)').count(), 0);
        assert.equal(await overflow(page), 0);
        const unfold = page.locator('.bar-table .unfold').first();
        if ((await unfold.count()) > 0) await unfold.click();
        const name = await page.locator('.bar-table bdi').first().textContent();
        assert.ok(names.includes(name ?? ''), `${name} is shown`);
        assert.equal(await overflow(page), 0);
      },
      { title: text, width: 800 },
    );
    const spoken = sampleReport({ kind: 'token', features: 6, rows: 40, vocabulary: [text] });
    await browser.open(
      spoken,
      async (page) => {
        await page.locator('.row').first().click();
        const unfold = page.locator('.token-line .unfold').first();
        if ((await unfold.count()) > 0) await unfold.click();
        const shown = await page.locator('.token-line bdi').first().textContent();
        const visible = text.replaceAll('\n', '⏎').replaceAll('\t', '⇥');
        assert.equal(shown, visible === '' ? '∅' : visible);
        assert.equal(await overflow(page), 0);
        assert.notEqual(await page.title(), 'owned');
      },
      { width: 800 },
    );
  });
}

test('little to show is said: dead features only, no feature, one row', async () => {
  const dead = sampleReport({ features: 9, rows: 5, side: 8, dead: 1 });
  await browser.open(dead, async (page) => {
    assert.ok(await page.getByText('No feature fires on these 5 rows').isVisible());
    assert.equal(await page.locator('.swatch, .note').count(), 0);
    await page.locator('.row').first().click();
    assert.ok(await page.getByText('it fires on no row').isVisible());
    assert.equal(await page.locator('.example').count(), 0);
  });
  await browser.open({ ...dead, features: [] }, async (page) => {
    assert.equal(await status(page), '0 features');
    assert.ok(await page.getByText('The report is about no feature.').isVisible());
  });
  const one = sampleReport({ features: 1, rows: 1, side: 8, dead: 0, classNames: ['only'] });
  await browser.open(one, async (page) => {
    assert.equal(await status(page), '1 feature');
    await page.locator('.row').click();
    assert.ok(await page.getByText('fires on 1 of 1 rows').isVisible());
    assert.equal(await page.locator('.histogram rect').count(), 1);
  });
});

test('a file that was not copied whole, and a browser without JavaScript, are told so', async () => {
  const cut = (html: string) =>
    html.replace(/<script type="text\/plain" id="piece-entries[\s\S]*/, '');
  await browser.open(
    report,
    async (page) => {
      assert.match((await page.getByRole('alert').textContent()) ?? '', /not copied whole/);
      await page.locator('.row').first().click();
      assert.ok(await page.getByText('cannot be read').isVisible());
    },
    { change: cut },
  );
  await browser.open(
    report,
    async (page) => {
      await page.waitForTimeout(1200); // the text waits for a program that may be about to run
      assert.match(await page.locator('main').innerText(), /JavaScript is off in this browser/);
    },
    { javaScriptEnabled: false },
  );
});

for (const [kind, about] of Object.entries({
  image: report,
  token: tokens,
  vector: vectors,
  positions,
})) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`accessible: ${kind}, ${colorScheme}`, async () => {
      const opening = { colorScheme };
      await browser.open(
        about,
        async (page) => {
          assert.deepEqual(await faults(page), [], 'the overview');
          await page.getByRole('radio', { name: 'Dead' }).check();
          await page.locator('.row').first().click();
          assert.deepEqual(await faults(page), [], 'a dead feature');
          await page.goBack();
          await page.getByRole('radio', { name: 'All' }).check();
          await page.locator('.row').first().click();
          assert.deepEqual(await faults(page), [], 'a feature');
          await page.keyboard.press('?');
          assert.deepEqual(await faults(page), [], 'the keys');
        },
        opening,
      );
    });
  }
}

/** What axe-core finds, of any weight. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(await axe());
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, impact, nodes }) =>
      nodes.map(({ html }) => `${impact} ${id}: ${html.slice(0, 200)}`),
    );
  });
}

test('made in a page and in a worker by the script bundle: the same file as in Node', async () => {
  const scripts = ['/node_modules/@tensorflow/tfjs/dist/tf.min.js', '/dist/gated-sae-tfjs.iife.js'];
  const small = sampleReport({ features: 30, rows: 60, side: 8 });
  const expected = await featureDashboard(small);
  await inPage(async (page, complaints) => {
    for (const url of scripts) await page.addScriptTag({ url });
    const made = await page.evaluate(
      async ({ report, scripts }) => {
        const { gatedSAE } = globalThis as unknown as { gatedSAE: typeof GatedSae };
        const program = `importScripts(${scripts.map((url) => JSON.stringify(location.origin + url))});
          onmessage = async ({ data }) => postMessage(await gatedSAE.featureDashboard(data));`;
        const worker = new Worker(URL.createObjectURL(new Blob([program])));
        const inWorker = new Promise<string>((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
        });
        worker.postMessage(report);
        return [await gatedSAE.featureDashboard(report), await inWorker];
      },
      { report: small, scripts },
    );
    assert.deepEqual(complaints, []);
    assert.deepEqual(
      made.map((html) => html === expected),
      [true, true],
    );
  });
});
