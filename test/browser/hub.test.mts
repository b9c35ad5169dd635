import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HubServer } from '../io/hub/server.ts';
import { inPage } from './chromium.mts';

/** What the page's script knows of the library. */
interface Library {
  hubFolder(
    address: string,
    options: { token: string; fetchFunc: typeof fetch },
  ): {
    files(): Promise<string[]>;
    open(path: string): Promise<{ read(at: number, length: number): Promise<Uint8Array> }>;
  };
  listSAEs(of: { release: string }): Promise<unknown[]>;
}

test('by script tags a page lists a repository and reads parts of a file, with what it loads for it', async () => {
  const server = await HubServer.start();
  const bytes = Uint8Array.from({ length: 2_000_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
  server.add('some-one/saes', { 'l0/w.safetensors': bytes }, { lfs: ['l0/w.safetensors'] });
  server.gated.add('some-one/saes');
  // The connection is cut once: the page takes the part up again.
  server.faults = [{ on: 'cdn', path: /./, times: 1, cutAfter: 30_000 }];
  try {
    await inPage(async (page) => {
      await page.addScriptTag({ url: '/node_modules/@tensorflow/tfjs/dist/tf.min.js' });
      await page.addScriptTag({ url: '/dist/gated-sae-tfjs.iife.js' });
      const result = await page.evaluate(async (endpoint) => {
        const { gatedSAE } = globalThis as unknown as { gatedSAE: Library };
        // There is no HF_ENDPOINT in a page.
        const fetchFunc = (address: string | URL | Request, init?: RequestInit) =>
          fetch(String(address).replace('https://huggingface.co', endpoint), init);
        const options = { token: 'hf_right', fetchFunc };
        const folder = gatedSAE.hubFolder('hf://some-one/saes', options);
        const files = await folder.files();
        const part = await (await folder.open('l0/w.safetensors')).read(1_000_000, 500_000);
        const listed = await gatedSAE.listSAEs({ release: 'gpt2-small-res-jb' });
        return { files, part: Array.from(part), listed: listed.length };
      }, server.endpoint);
      assert.deepEqual(result.files, ['l0/w.safetensors']);
      assert.deepEqual(result.part, Array.from(bytes.subarray(1_000_000, 1_500_000)));
      assert.equal(result.listed, 13);
    });
    const onCdn = server.seen.filter(({ on, method }) => on === 'cdn' && method === 'GET');
    assert.equal(onCdn.length, 3);
    for (const { headers } of onCdn) {
      assert.equal(headers.authorization, undefined);
      assert.ok(headers.range);
    }
  } finally {
    server.stop();
  }
});
