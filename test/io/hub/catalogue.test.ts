import { listSAEs, resolveSAE } from '../../../src';
import { parseAddress } from '../../../src/io/hub/address';
import { COUNTS } from '../../../src/io/hub/catalogue/packed.generated';

const count = (values: readonly unknown[]) => values.filter((v) => v !== undefined).length;

test('the table is whole: as many of each as its script has counted', async () => {
  const all = await listSAEs();
  expect({
    source: COUNTS.source,
    releases: new Set(all.map((one) => one.release)).size,
    dictionaries: all.length,
    repositories: new Set(all.map((one) => one.repo)).size,
    layer: count(all.map((one) => one.layer)),
    place: count(all.map((one) => one.place)),
    width: count(all.map((one) => one.width)),
    l0: count(all.map((one) => one.l0)),
    variance: count(all.map((one) => one.varianceExplained)),
    neuronpedia: count(all.map((one) => one.neuronpediaId)),
  }).toEqual(COUNTS);
});

test('each entry has a name of its own in its release, and an address that can be opened', async () => {
  const all = await listSAEs();
  expect(new Set(all.map(({ release, id }) => `${release}\n${id}`)).size).toBe(all.length);
  for (const { address, repo, path, conversion } of all) {
    const place = parseAddress('test', address);
    expect(place.repo).toBe(repo);
    if (conversion !== 'mntss_clt_layer_transcoder') expect(place.path).toBe(path);
  }
});

test('a dictionary is found by what it is of', async () => {
  const found = await listSAEs({ model: 'gpt2-small', layer: 7, release: 'gpt2-small-res-jb' });
  expect(found).toEqual([
    {
      release: 'gpt2-small-res-jb',
      id: 'blocks.7.hook_resid_pre',
      model: 'gpt2-small',
      layer: 7,
      place: 'resid_pre',
      width: undefined,
      l0: 54,
      varianceExplained: 0.9,
      normScalingFactor: undefined,
      neuronpediaId: 'gpt2-small/7-res-jb',
      conversion: 'sae_lens',
      repo: 'jbloom/GPT2-Small-SAEs-Reformatted',
      path: 'blocks.7.hook_resid_pre',
      address: 'hf://jbloom/GPT2-Small-SAEs-Reformatted/blocks.7.hook_resid_pre',
    },
  ]);
  const gemma = { model: 'gemma-3-4b-pt', layer: 9, width: 65536, place: 'resid_post' } as const;
  const widths = await listSAEs(gemma);
  expect(widths.length).toBeGreaterThan(0);
  for (const one of widths) expect(one).toMatchObject({ ...gemma, model: 'google/gemma-3-4b-pt' });
  const sparse = await listSAEs({ ...gemma, l0: [1, 50] });
  expect(sparse).toEqual(widths.filter(({ l0 = 0 }) => l0 >= 1 && l0 <= 50));
  expect(await listSAEs({ text: 'Llama_Scope 32X lxr', layer: 14 })).toMatchObject([
    { id: 'l14r_32x', width: 131072, normScalingFactor: expect.any(Number) },
  ]);
  expect(await listSAEs({ model: 'gpt2-small', layer: 99 })).toEqual([]);
});

test('names that are not there are answered with those that are near', async () => {
  await expect(listSAEs({ model: 'gpt2-smal' })).toBeRefused(
    'SAE_OPTION',
    'listSAEs.model',
    'expected a model of SAELens\'s table; received "gpt2-smal". Did you mean "gpt2-small"?',
  );
  await expect(resolveSAE({ release: 'gpt2-small-res-jbb', id: 'x' })).rejects.toThrow(
    /^SAE_OPTION resolveSAE\.release: .*Did you mean "gpt2-small-res-jb"/,
  );
  await expect(
    resolveSAE({ release: 'gpt2-small-res-jb', id: 'blocks.7.hook_resid_post' }),
  ).rejects.toThrow(/^SAE_OPTION resolveSAE\.id: .*Did you mean .*"blocks\.7\.hook_resid_pre"/);
  await expect(listSAEs({ release: 'qqqqqqqq' })).rejects.toThrow(
    /Look through what listSAEs\(\) has/,
  );
  await expect(listSAEs({ layers: 3 } as never)).rejects.toThrow(/Did you mean "layer"/);
  await expect(listSAEs({ l0: [1] as never })).rejects.toThrow(/^SAE_OPTION listSAEs\.l0/);
});
