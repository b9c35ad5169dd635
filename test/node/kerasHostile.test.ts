import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectKeras, kerasArchive, SAEError } from '../../src';
import { hdf5Chunks } from '../../src/io/hdf5/write';
import type { Json, JsonObject } from '../../src/io/keras/layerTable';
import { pythonJson } from '../../src/io/keras/pythonJson';
import { zipChunks } from '../../src/io/zip/write';
import { cpuTime } from '../cpuTime';
import { arraysOf, FIXTURES, NEWEST } from '../io/keras/fixture';

const hostile = join(FIXTURES, 'hostile');
const MB = 2 ** 20;

/** What a file comes to, how long it takes, and how much memory. */
async function refusal(open: () => Promise<unknown>) {
  const before = process.memoryUsage().rss;
  const start = cpuTime();
  const error = await open().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const ms = cpuTime() - start;
  return { error, ms, bytes: process.memoryUsage().rss - before };
}

async function expectRefused(open: () => Promise<unknown>, message: RegExp): Promise<void> {
  // Once before, for what the first call of anything compiles and loads.
  await refusal(open);
  // The best of some, for the machine may have been busy with something else.
  const tries = [await refusal(open), await refusal(open), await refusal(open)];
  const { error, bytes } = tries[0] as (typeof tries)[0];
  const ms = Math.min(...tries.map((one) => one.ms));
  expect(error).toBeInstanceOf(SAEError);
  expect((error as SAEError).message).toMatch(message);
  expect(ms).toBeLessThan(250);
  expect(bytes).toBeLessThan(200 * MB);
}

test.each([
  ['badcrc_stored.keras', /^SAE_FILE .*badcrc_stored\.keras: expected .*checksum/],
  ['config_huge_dim.keras', /^SAE_FILE .*config_huge_dim.keras: .*encodingDim/],
  ['duplicate_member.keras', /^SAE_FILE .*duplicate_member.keras: expected one config\.json/],
  ['h5_1_2GB_fill.keras', /^SAE_FILE .*h5_1_2GB_fill.keras: .*chunked/],
  ['h5_softcycle.keras', /^SAE_FILE .*h5_softcycle.keras: .*soft link/],
  ['lambda_layer.keras', /^SAE_UNSUPPORTED .*lambda_layer.keras: .*Lambda "l".*never run/],
  ['proto_json.keras', /^SAE_FILE .*proto_json.keras: config\.json: .*"__proto__"/],
  ['truncated_60pct.keras', /^SAE_FILE .*truncated_60pct.keras: .*breaks off/],
])('%s is refused, quickly and in little memory', async (name, message) => {
  await expectRefused(() => kerasArchive(join(hostile, name)).load(), message);
  expect({}).not.toHaveProperty('polluted');
});

test('each hostile file has its test', () => {
  expect(readdirSync(hostile)).toHaveLength(8);
});

// ── files of our own making, from a good one ──────────────────────────────────────────────────

interface Parts {
  config: JsonObject;
  arrays: Map<string, { shape: number[]; bytes: Uint8Array }>;
}

const SHAPES = {
  'vars/0': [4, 6],
  'vars/1': [6],
  'vars/2': [6],
  'vars/3': [6],
  'vars/4': [6, 4],
  'vars/5': [4],
};

async function good(): Promise<Parts> {
  const archive = readFileSync(join(NEWEST, 'gsae_built.keras'));
  const found = await arraysOf(archive);
  const arrays = new Map(
    Object.entries(SHAPES).map(([path, shape]) => [
      path,
      { shape, bytes: (found.get(path) as [string, Uint8Array])[1] },
    ]),
  );
  const config: JsonObject = {
    module: 'gated_sae.model',
    class_name: 'GatedSAE',
    config: {
      name: 'sae',
      trainable: true,
      dtype: 'float32',
      input_dim: 4,
      encoding_dim: 6,
      lambda_sparse: 0.001,
      aux_weight: 0.01,
      clip_norm: 1,
    },
    registered_name: 'gated_sae>GatedSAE',
  };
  return { config, arrays };
}

function archiveOf(
  { config, arrays }: Parts,
  extra: { name: string; text: string }[] = [],
): Uint8Array {
  const text = (value: string) => [new TextEncoder().encode(value)];
  const datasets = [...arrays].map(([path, { shape, bytes }]) => ({
    path,
    shape,
    dtype: 'float32' as const,
    data: [bytes],
  }));
  return Buffer.concat(
    zipChunks([
      { name: 'metadata.json', chunks: text('{}') },
      {
        name: 'config.json',
        chunks: text(typeof config === 'string' ? config : pythonJson(config)),
      },
      { name: 'model.weights.h5', chunks: hdf5Chunks(datasets) },
      ...extra.map((member) => ({ name: member.name, chunks: text(member.text) })),
    ]),
  );
}

const withConfig = (parts: Parts, changes: Record<string, Json>): Parts => ({
  ...parts,
  config: { ...parts.config, config: { ...(parts.config['config'] as JsonObject), ...changes } },
});

test('the good one opens', async () => {
  const { weightSpecs } = await kerasArchive(archiveOf(await good())).load();
  expect(weightSpecs).toHaveLength(6);
});

const dense = (name: string, from: Json[]) => ({
  module: 'keras.layers',
  class_name: 'Dense',
  config: { name, units: 2, activation: 'linear' },
  name,
  inbound_nodes: [
    {
      args: [
        {
          class_name: '__keras_tensor__',
          config: { shape: [null, 2], dtype: 'float32', keras_history: from },
        },
      ],
      kwargs: {},
    },
  ],
});

const functional = (layers: Json[], outputs: Json): JsonObject => ({
  module: 'keras.src.models.functional',
  class_name: 'Functional',
  registered_name: 'Functional',
  config: {
    name: 'm',
    layers: [
      {
        module: 'keras.layers',
        class_name: 'InputLayer',
        config: { batch_shape: [null, 2], dtype: 'float32', name: 'x' },
        name: 'x',
        inbound_nodes: [],
      },
      ...layers,
    ],
    input_layers: ['x', 0, 0],
    output_layers: outputs,
  },
});

/** Layers one behind the other, listed from the last to the first. */
const chain = (length: number): Json[] =>
  Array.from({ length }, (_, i) => {
    const at = length - 1 - i;
    return dense(`d${at}`, at === 0 ? ['x', 0, 0] : [`d${at - 1}`, 0, 0]);
  });

/** A model that calls the one within it twice, and so on. */
function nestedTwice(depth: number): JsonObject {
  const name = `m${depth}`;
  if (depth === 0) return { ...functional([dense('d', ['x', 0, 0])], ['d', 0, 0]), name };
  const inner = nestedTwice(depth - 1);
  const from = (...history: Json[]) => ({
    args: [
      {
        class_name: '__keras_tensor__',
        config: { shape: [null, 2], dtype: 'float32', keras_history: history },
      },
    ],
    kwargs: {},
  });
  const twice = {
    ...inner,
    config: { ...(inner['config'] as JsonObject), name: 'in' },
    name: 'in',
  };
  const inbound_nodes = [from('x', 0, 0), from('in', 0, 0)];
  return { ...functional([{ ...twice, inbound_nodes }], ['in', 2, 0]), name };
}

test.each<[string, (parts: Parts) => Uint8Array, RegExp]>([
  [
    'a class of a module that is not Keras',
    (p) =>
      archiveOf({
        ...p,
        config: {
          module: 'os',
          class_name: 'system',
          config: { command: 'id' },
          registered_name: null,
        },
      }),
    /SAE_UNSUPPORTED .*system/,
  ],
  [
    'a GatedSAE that is somebody else’s',
    (p) => archiveOf({ ...p, config: { ...p.config, registered_name: 'evil>GatedSAE' } }),
    /SAE_UNSUPPORTED .*"evil>GatedSAE"/,
  ],
  [
    'a Dense that is somebody else’s',
    (p) =>
      archiveOf({
        ...p,
        config: functional(
          [{ ...dense('d', ['x', 0, 0]), registered_name: 'evil>Dense' }],
          ['d', 0, 0],
        ),
      }),
    /SAE_UNSUPPORTED .*Dense "d".*"evil>Dense"/,
  ],
  [
    'more features than there are weights',
    (p) => archiveOf(withConfig(p, { encoding_dim: 100_000_000 })),
    /SAE_SHAPE .*sae\/W_gate at vars\/0 of shape \[4, 100000000\]/,
  ],
  [
    'a negative size',
    (p) => archiveOf(withConfig(p, { encoding_dim: -1 })),
    /SAE_FILE .*encodingDim/,
  ],
  [
    'a size that is no number',
    (p) => archiveOf(withConfig(p, { encoding_dim: '6' })),
    /SAE_FILE .*encodingDim/,
  ],
  [
    'an option that does not exist',
    (p) => archiveOf(withConfig(p, { constructor: 1 })),
    /SAE_UNSUPPORTED .*constructor = 1/,
  ],
  [
    'a missing array',
    (p) => {
      p.arrays.delete('vars/3');
      return archiveOf(p);
    },
    /SAE_FILE .*sae\/b_mag at vars\/3.*no such array/,
  ],
  [
    'an array too many',
    (p) => {
      p.arrays.set('vars/6', { shape: [1], bytes: new Uint8Array(4) });
      return archiveOf(p);
    },
    /SAE_FILE .*another array at vars\/6/,
  ],
  [
    'a member too many',
    (p) => archiveOf(p, [{ name: 'assets/run.py', text: 'import os' }]),
    /SAE_FILE .*"assets\/run\.py"/,
  ],
  [
    'a member outside',
    (p) => archiveOf(p, [{ name: '../evil', text: '' }]),
    /SAE_FILE .*\.\.\/evil/,
  ],
  [
    'layers in a circle',
    (p) =>
      archiveOf({
        ...p,
        config: functional([dense('a', ['b', 0, 0]), dense('b', ['a', 0, 0])], ['b', 0, 0]),
      }),
    /SAE_FILE .*no way from the inputs to "a"/,
  ],
  [
    'a layer out of nothing',
    (p) => archiveOf({ ...p, config: functional([dense('a', ['toString', 0, 0])], ['a', 0, 0]) }),
    /SAE_FILE .*no way from the inputs/,
  ],
  [
    'a layer that is called as all objects’ own',
    (p) =>
      archiveOf({
        ...p,
        config: functional([dense('constructor', ['x', 0, 0])], ['constructor', 0, 0]),
      }),
    /SAE_FILE .*"constructor"/,
  ],
  [
    'two layers of one name',
    (p) =>
      archiveOf({
        ...p,
        config: functional([dense('a', ['x', 0, 0]), dense('a', ['x', 0, 0])], ['a', 0, 0]),
      }),
    /SAE_FILE .*two of "a"/,
  ],
  [
    'an output that is not there',
    (p) => archiveOf({ ...p, config: functional([dense('a', ['x', 0, 0])], ['a', 7, 0]) }),
    /SAE_FILE .*no way from the inputs to "a"/,
  ],
  [
    'config.json that is no JSON',
    (p) => archiveOf({ ...p, config: '{' as unknown as JsonObject }),
    /SAE_FILE .*config\.json: expected JSON/,
  ],
  [
    'config.json of quotes without end',
    (p) => archiveOf({ ...p, config: '\\"'.repeat(MB / 2) as unknown as JsonObject }),
    /SAE_FILE .*config\.json: expected JSON/,
  ],
  [
    'config.json too deep',
    (p) => archiveOf({ ...p, config: '['.repeat(100_000) as unknown as JsonObject }),
    /SAE_FILE .*config\.json: .*200 deep/,
  ],
  [
    'config.json too long',
    (p) => archiveOf({ ...p, config: ' '.repeat(17 * MB) as unknown as JsonObject }),
    /SAE_FILE .*config\.json/,
  ],
  [
    'models within models, each called twice',
    (p) => archiveOf({ ...p, config: nestedTwice(36) }),
    /SAE_FILE .*at most 10000 calls of layers/,
  ],
  [
    'more layers than any model has',
    (p) => archiveOf({ ...p, config: functional(chain(3500), ['d3499', 0, 0]) }),
    /SAE_FILE .*at most 3000 layers/,
  ],
  [
    'a layer that is called without end',
    (p) => {
      const one = dense('a', ['x', 0, 0]);
      const inbound_nodes = new Array(50_000).fill(one.inbound_nodes[0]);
      return archiveOf({ ...p, config: functional([{ ...one, inbound_nodes }], ['a', 0, 0]) });
    },
    /SAE_FILE .*(at most 3000 layers|at most 500000 parts|config\.json)/,
  ],
  [
    'lists without end',
    (p) => archiveOf({ ...p, config: `[${'[],'.repeat(600_000)}[]]` as unknown as JsonObject }),
    /SAE_FILE .*at most 500000 parts/,
  ],
])('%s', async (_, make, message) => {
  const bytes = make(await good());
  await expectRefused(() => kerasArchive(bytes).load(), message);
});

test('weights of NaN are told by name, and taken where they are allowed', async () => {
  const parts = await good();
  const { bytes } = parts.arrays.get('vars/4') as { bytes: Uint8Array };
  const copy = Uint8Array.from(bytes);
  new Float32Array(copy.buffer)[3] = Number.NaN;
  new Float32Array(copy.buffer)[4] = Number.POSITIVE_INFINITY;
  parts.arrays.set('vars/4', { shape: [6, 4], bytes: copy });
  const archive = archiveOf(parts);
  await expect(kerasArchive(archive).load()).rejects.toThrow(
    /^SAE_NOT_FINITE .*2 NaN or infinite values in sae\/W_dec\. .*allowNonFinite/,
  );
  const { weightSpecs } = await kerasArchive(archive, { allowNonFinite: true }).load();
  expect(weightSpecs).toHaveLength(6);
});

test('a file that does not open can still be looked at', async () => {
  const { unsupported, className, parameters } = await inspectKeras(
    join(hostile, 'lambda_layer.keras'),
  );
  expect(className).toBe('Functional');
  expect(unsupported).toMatch(/Lambda/);
  expect(parameters).toBeGreaterThanOrEqual(0);
});

test.each(['nowhere.keras', __dirname])('%s', async (path) => {
  await expect(kerasArchive(path).load()).rejects.toThrow(/^SAE_FILE .*expected/);
});
