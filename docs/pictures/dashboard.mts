/**
 * `npx tsx docs/pictures/dashboard.mts`: the dashboard's page of one feature, as Chromium shows it;
 * from what `npx tsx docs/pictures/draw.ts dictionary` has left.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launch } from '../../test/browser/chromium.mts';

const place = (path: string) => new URL(path, import.meta.url);
const chosen = await readFile(place('../../.cache/guides/chosen.json'), 'utf8');
const [feature] = JSON.parse(chosen) as number[];

const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
await page.goto(`${place('../../.cache/guides/dashboard.html')}#feature=${feature}`);
await page.getByRole('heading', { name: `Feature ${feature}` }).waitFor();
await page.screenshot({ path: fileURLToPath(place('feature-page.png')), fullPage: true });
await browser.close();
