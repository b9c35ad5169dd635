/** What is saved for sparsify is the same dictionary again, and what it cannot say is refused. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  encodeSAE,
  loadSAE,
  metadataOf,
  ReluSAE,
  type SAEModel,
  setMetadata,
  TopKSAE,
} from '../../../src';
import { Edited } from './edited';

/** The same dictionary, through files. */
async function again(sae: SAEModel): Promise<SAEModel> {
  const files = await encodeSAE(sae, { format: 'sparsify' });
  const blobs = [...files].map(([name, bytes]) => new File([bytes as BlobPart], name));
  return loadSAE(blobs);
}

/** The largest difference between codes and reconstructions of two dictionaries. */
async function difference(one: SAEModel, other: SAEModel): Promise<number> {
  const x = tf.randomNormal<tf.Rank.R2>([20, 6], 0, 2, 'float32', 7);
  const made = [one.encode(x), other.encode(x)];
  const rows = [await one.reconstruct(x), await other.reconstruct(x)];
  const largest = tf.tidy(() => {
    const differences = [made, rows].map(([a, b]) =>
      tf.max(tf.abs(tf.sub(a as tf.Tensor, b as tf.Tensor))),
    );
    return Math.max(...differences.map((each) => each.dataSync()[0] as number));
  });
  expect(tf.tidy(() => tf.sum(made[0] as tf.Tensor).dataSync()[0])).toBeGreaterThan(0);
  tf.dispose([x, made, rows]);
  return largest;
}

test.each([
  'sparsify_expanded',
  'sparsify_skip_transcoder',
  'sparsify_skip_autoencoder',
  'sparsify_run/layers.5.mlp',
])('%s', async (name) => {
  const sae = await loadSAE(join(__dirname, 'fixtures', name));
  const same = await again(sae);
  expect(await difference(sae, same)).toBe(0);
  // sparsify brings no transcoder's decoder rows back to norm 1.
  const { decoderRows: _, ...config } = same.getConfig();
  expect(sae.getConfig()).toMatchObject({ ...config, name: sae.name });
  expect(metadataOf(same)).toEqual(metadataOf(sae));
  sae.dispose();
  same.dispose();
});

test('rows that are not centred, or have a scale, are so in the weights', async () => {
  for (const options of [{ centred: false }, { normalize: 'mean-norm' as const }]) {
    const sae = new TopKSAE({ inputDim: 6, encodingDim: 12, k: 4, seed: 1, ...options });
    const x = tf.randomNormal([50, 6], 1, 3, 'float32', 3);
    if ('normalize' in options) await sae.initNormalization(x);
    tf.tidy(() => {
      sae.sae.bDec.write(tf.linspace(-1, 1, 6));
    });
    const same = await again(sae);
    expect(same.getConfig()).not.toMatchObject(options);
    expect(await difference(sae, same)).toBeLessThan(1e-5);
    tf.dispose(x);
    sae.dispose();
    same.dispose();
  }
});

test('what it was made for is kept', async () => {
  const sae = new TopKSAE({ inputDim: 6, encodingDim: 12, k: 4 });
  setMetadata(sae, { modelName: 'gpt2', hookName: 'blocks.8.hook_resid_pre' });
  const same = await again(sae);
  expect(metadataOf(same)).toEqual({ ...metadataOf(sae), format: 'sparsify' });
  sae.dispose();
  same.dispose();
});

test.each([
  ['another architecture', () => new ReluSAE({ inputDim: 6, encodingDim: 12 })],
  ['two widths', () => new TopKSAE({ inputDim: 6, encodingDim: 12, outputDim: 4 })],
  ['layer norm', () => new TopKSAE({ inputDim: 6, encodingDim: 12, normalize: 'layer-norm' })],
])('%s is refused', async (_, make) => {
  const sae = make();
  const said = 'expected a dictionary that the format "sparsify" can say';
  await expect(encodeSAE(sae, { format: 'sparsify' })).toBeRefused(
    'SAE_UNSUPPORTED',
    'sparsify',
    said,
  );
  sae.dispose();
});

describe('the configuration of the run', () => {
  test('is none where it cannot be read', async () => {
    const run = await Edited.of('sparsify_run');
    for (const content of ['no JSON', '[1]', '{"model": 5, "dataset": {}}']) {
      await run.write('config.json', content);
      const sae = await loadSAE(join(run.folder, 'layers.5.mlp'));
      const { modelName, datasetPath, hookName } = metadataOf(sae);
      expect([modelName, datasetPath, hookName]).toEqual([
        undefined,
        undefined,
        'blocks.5.hook_mlp_out',
      ]);
      sae.dispose();
    }
  });

  test('stands beside the folder at an address, too', async () => {
    const asked: string[] = [];
    const fetchFunc: typeof fetch = async (input) => {
      const { pathname } = new URL(String(input instanceof Request ? input.url : input));
      asked.push(pathname);
      const bytes = await readFile(join(__dirname, 'fixtures', pathname)).catch(() => undefined);
      return new Response(bytes, { status: bytes ? 200 : 404 });
    };
    const sae = await loadSAE('http://localhost/sparsify_run/layers.5.mlp', { fetchFunc });
    expect(metadataOf(sae)).toMatchObject({ contextSize: 2049, hookName: 'blocks.5.hook_mlp_out' });
    expect(asked).toContain('/sparsify_run/config.json');
    sae.dispose();
    asked.length = 0;
    // Nothing lies above a server's own folder.
    await expect(loadSAE('http://localhost/', { fetchFunc })).toBeRefused(
      'SAE_FILE',
      'http://localhost/',
    );
    expect(asked.every((path) => path.lastIndexOf('/') === 0)).toBe(true);
  });

  test('leaves out what is nobody’s business', async () => {
    const run = await Edited.of('sparsify_run');
    await run.json('config.json', { hf_token: 'secret' });
    const sae = await loadSAE(join(run.folder, 'layers.5.mlp', 'sae.safetensors'));
    expect(metadataOf(sae).modelName).toBe('EleutherAI/pythia-160m');
    expect(JSON.stringify(metadataOf(sae))).not.toContain('secret');
    sae.dispose();
  });
});
