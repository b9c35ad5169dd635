import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkLinks, type LinkReport } from '../../docs/build/links.mts';

/** A site of a few pages in which everything is wrong once. */
const PAGES: Readonly<Record<string, string>> = {
  'index.html': `<!doctype html><title>one</title>
    <a href="two.html#there">a place that is there</a>
    <a href="two.html#nowhere">a place that is not</a>
    <a href="three.html">a page that is not</a>
    <img src="picture.png" alt="a picture that is not">
    <a href="https://example.org/elsewhere">elsewhere</a>`,
  'two.html': '<!doctype html><title>two</title><h1 id="there">there</h1><a href="./">back</a>',
  'alone.html': '<!doctype html><title>nobody links here</title>',
};

let site: string;
let report: LinkReport;
before(async () => {
  site = await mkdtemp(join(tmpdir(), 'site-'));
  for (const [file, text] of Object.entries(PAGES)) await writeFile(join(site, file), text);
  report = await checkLinks(site);
});
after(() => rm(site, { recursive: true, force: true }));

test('a page, a place and a picture that are not there are found, with the page that names them', () => {
  assert.deepEqual(
    [...report.broken],
    [' → picture.png', ' → three.html', ' → two.html#nowhere'].map((link) => `index.html${link}`),
  );
});

test('a page that no link leads to is found', () => {
  assert.deepEqual(report.unreached, ['alone.html']);
});

test('an address of another host is named, and not fetched', () => {
  assert.deepEqual(report.external, ['https://example.org/elsewhere']);
});
