/** A page opens dictionaries from a static server, and computes what their packages do. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inPage } from './chromium.mts';

const root = join(import.meta.dirname, '..', '..');

/** What the page's script knows of the library. */
interface Library {
  loadSAE(source: string | File[]): Promise<{
    encode(x: unknown): { arraySync(): number[][]; dispose(): void };
    getClassName(): string;
  }>;
  encodeSAE(model: unknown, args: object): Promise<Map<string, Uint8Array>>;
}

const fixtures = 'test/io/dictionaries/fixtures';
const NAMES = ['saelens_gated', 'saelens_topk_rescaled', 'sparsify_expanded', 'saelens_bfloat16'];

test('by script tags a page opens dictionaries from a static server, encodes, and writes them', async () => {
  await inPage(async (page) => {
    await page.addScriptTag({ url: '/node_modules/@tensorflow/tfjs/dist/tf.min.js' });
    await page.addScriptTag({ url: '/dist/gated-sae-tfjs.iife.js' });
    for (const name of NAMES) {
      const expected = JSON.parse(
        readFileSync(join(root, fixtures, name, 'expected.json'), 'utf8'),
      );
      const address = `/${fixtures}/${name}/${expected.inside ?? ''}`;
      const [codes, again] = await page.evaluate(
        async ({ address, x }) => {
          const here = globalThis as unknown as {
            gatedSAE: Library;
            tf: { tensor2d(x: unknown): unknown };
          };
          const { loadSAE, encodeSAE } = here.gatedSAE;
          const sae = await loadSAE(address);
          const files = await encodeSAE(sae, { format: 'tfjs' });
          const chosen = [...files].map(([path, bytes]) => new File([bytes as BlobPart], path));
          const other = await loadSAE(chosen);
          const rows = here.tf.tensor2d(x);
          return [sae, other].map((one) => one.encode(rows).arraySync());
        },
        { address, x: expected.x },
      );
      assert.deepEqual(again, codes);
      (expected.codes as number[][]).flat().forEach((code, i) => {
        const found = (codes as number[][]).flat()[i] as number;
        assert.ok(Math.abs(found - code) < 1e-4, `${name}: ${found} for ${code}`);
      });
    }
  });
});
