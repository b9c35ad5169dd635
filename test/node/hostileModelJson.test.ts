import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { SAEError } from '../../src/errors';
import { fileSystem } from '../../src/io/files/fileSystem';
import { readPieces } from '../../src/io/files/readModel';

// Long because it is a list: one line of what stands in the file, one of what is said about it.

let folder: string;
let json: string;

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'gated-sae-hostile-'));
  json = join(folder, 'model.json');
  await fs.writeFile(join(folder, 'weights.bin'), new Uint8Array(12));
});
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

type Json = Record<string, unknown>;
const KERNEL = { name: 'dense/kernel', shape: [2, 1], dtype: 'float32' };
const BIAS = { name: 'dense/bias', shape: [1], dtype: 'float32' };
const GROUP = { paths: ['weights.bin'], weights: [KERNEL, BIAS] };
const MODEL = {
  modelTopology: { class_name: 'Sequential', config: { name: 'm', layers: [] } },
  format: 'layers-model',
  generatedBy: 'a test',
  convertedBy: null,
  weightsManifest: [GROUP],
};

async function failure(path = folder): Promise<SAEError> {
  const error = await fileSystem(path)
    .load()
    .then(
      () => undefined,
      (e: unknown) => e,
    );
  expect(error).toBeInstanceOf(SAEError);
  expect(error).toHaveProperty('code', 'SAE_FILE');
  return error as SAEError;
}

const SAVE_AGAIN = 'Save the model again, or restore it from a copy.';
const COPY_AGAIN = 'Copy the whole folder again, or save the model again.';

it('loads what the others are made from', async () => {
  await fs.writeFile(json, JSON.stringify(MODEL));
  for (const path of [folder, json]) {
    expect(await fileSystem(path).load()).toEqual({
      modelTopology: MODEL.modelTopology,
      format: 'layers-model',
      generatedBy: 'a test',
      convertedBy: null,
      weightSpecs: [KERNEL, BIAS],
      weightData: new ArrayBuffer(12),
    });
  }
});

describe('paths', () => {
  const expected = 'the folder of a tfjs layers model, or its model.json';

  it.each([
    [
      'no/such/folder',
      `expected ${expected}; received nothing there. Give the path of what is there; a relative one starts where the program was started.`,
    ],
    [
      'weights.bin/model.json',
      `expected ${expected}; received a path through a file. Give a path that leads through folders only.`,
    ],
    [
      '.',
      'expected a folder with a model.json; received a folder without one. Give the folder that a tfjs model was saved to.',
    ],
  ])('%s', async (path, message) => {
    const { message: received } = await failure(join(folder, path));
    expect(received).toBe(`SAE_FILE ${join(folder, path)}: ${message}`);
  });

  it('refuses a folder named model.json', async () => {
    await fs.mkdir(json);
    expect((await failure()).message).toBe(
      `SAE_FILE ${folder}: expected a folder with a model.json; received a folder whose model.json is no file. Give the folder that a tfjs model was saved to.`,
    );
  });

  it('refuses what is neither a file nor a folder', async () => {
    if (process.platform === 'win32') return;
    expect((await failure('/dev/null')).message).toBe(
      `SAE_FILE /dev/null: expected ${expected}; received neither a file nor a folder. Give the path of either.`,
    );
  });

  it.each([undefined, null, '', 5, ['a', 'b']])('refuses %j at once', (path) => {
    expect(() => fileSystem(path as string)).toThrow(
      `SAE_OPTION fileSystem.path: expected the path of a folder; received ${path === undefined ? 'undefined' : JSON.stringify(path)}. Give it as a text.`,
    );
  });
});

describe('text', () => {
  const layersModel = 'expected the model.json of a tfjs layers model';
  const whole = JSON.stringify(MODEL);
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  it.each<[string, string | Uint8Array, string]>([
    [
      'nothing',
      '',
      `${layersModel}; received an empty file. Give the folder that a tfjs model was saved to.`,
    ],
    [
      'half of it',
      whole.slice(0, whole.length / 2),
      `${layersModel}; received text that is not JSON. ${SAVE_AGAIN}`,
    ],
    [
      'not JSON',
      '{"modelTopology": }',
      `${layersModel}; received text that is not JSON. ${SAVE_AGAIN}`,
    ],
    [
      'not UTF-8',
      new Uint8Array([0x22, 0xff, 0xfe, 0x22]),
      `${layersModel}; received text that is not JSON. ${SAVE_AGAIN}`,
    ],
    ['too deep', nested(200_000), `${layersModel}; received text that is not JSON. ${SAVE_AGAIN}`],
    [
      'a .keras file',
      'PK\x03\x04 and so on',
      `${layersModel}; received a ZIP archive, as .keras files are. Give the folder that a tfjs model was saved to.`,
    ],
    [
      'an .h5 file',
      new Uint8Array([0x89, 0x48, 0x44, 0x46, 13, 10]),
      `${layersModel}; received an HDF5 file. Give the folder that a tfjs model was saved to.`,
    ],
    ['a list', '[]', `expected its content to be an object; received []. ${SAVE_AGAIN}`],
    ['a word', '"model"', `expected its content to be an object; received "model". ${SAVE_AGAIN}`],
    ['null', 'null', `expected its content to be an object; received null. ${SAVE_AGAIN}`],
  ])('%s', async (_, text, message) => {
    await fs.writeFile(json, text);
    expect((await failure()).message).toBe(`SAE_FILE ${json}: ${message}`);
  });

  it('says why the text is not JSON', async () => {
    await fs.writeFile(json, '{');
    expect((await failure()).cause).toHaveProperty('name', 'SyntaxError');
  });

  it('does not read a model.json of gigabytes', async () => {
    await fs.writeFile(json, '');
    await fs.truncate(json, 2 ** 33); // sparse: it takes no room
    expect((await failure()).message).toBe(
      `SAE_FILE ${json}: expected a model.json of at most 268435456 bytes; received 8589934592. Check that it is the right file.`,
    );
  });

  it('takes a byte order mark', async () => {
    await fs.writeFile(json, `\ufeff${whole}`);
    expect((await fileSystem(folder).load()).format).toBe('layers-model');
  });
});

describe('content', () => {
  const config = (value: unknown) => ({ ...MODEL, modelTopology: value });
  const graph =
    'expected the model.json of a tfjs layers model; received a graph model. It has no layers: use tf.loadGraphModel.';

  it.each<[string, Json, string]>([
    ['a graph model', { ...MODEL, format: 'graph-model' }, graph],
    ['a graph model without a format', { modelTopology: { node: [], library: {} } }, graph],
    [
      "Keras's to_json()",
      { module: 'keras', class_name: 'Sequential', config: {} },
      "expected the model.json of a tfjs layers model; received a Keras model's configuration. Convert the Keras model with tensorflowjs_converter.",
    ],
    [
      'no topology',
      { weightsManifest: [] },
      `expected modelTopology to be an object; received undefined. ${SAVE_AGAIN}`,
    ],
    [
      'a topology of null',
      config(null),
      `expected modelTopology to be an object; received null. ${SAVE_AGAIN}`,
    ],
    [
      'a topology of text',
      config('Sequential'),
      `expected modelTopology to be an object; received "Sequential". ${SAVE_AGAIN}`,
    ],
    [
      'a list of topologies',
      config([]),
      `expected modelTopology to be an object; received []. ${SAVE_AGAIN}`,
    ],
    [
      'no class',
      config({ config: {} }),
      `expected modelTopology.class_name to be the name of a class; received undefined. ${SAVE_AGAIN}`,
    ],
    [
      'a class of numbers',
      config({ class_name: 5, config: {} }),
      `expected modelTopology.class_name to be the name of a class; received 5. ${SAVE_AGAIN}`,
    ],
    [
      'no configuration',
      config({ class_name: 'Model' }),
      `expected modelTopology.config to be an object; received undefined. ${SAVE_AGAIN}`,
    ],
    [
      'a nested configuration of text',
      config({ model_config: 'x' }),
      `expected modelTopology.model_config to be an object; received "x". ${SAVE_AGAIN}`,
    ],
    [
      'a nested configuration without class',
      config({ model_config: { config: {} } }),
      `expected modelTopology.model_config.class_name to be the name of a class; received undefined. ${SAVE_AGAIN}`,
    ],
    [
      'a training configuration of text',
      { ...MODEL, trainingConfig: 'adam' },
      `expected trainingConfig to be an object; received "adam". ${SAVE_AGAIN}`,
    ],
    [
      'metadata of numbers',
      { ...MODEL, userDefinedMetadata: [1] },
      `expected userDefinedMetadata to be an object; received [1]. ${SAVE_AGAIN}`,
    ],
  ])('%s', async (_, content, message) => {
    await fs.writeFile(json, JSON.stringify(content));
    expect((await failure()).message).toBe(`SAE_FILE ${json}: ${message}`);
  });
});

describe('the manifest', () => {
  const weights = (...list: unknown[]) => [{ ...GROUP, weights: list }];
  const kernel = (change: Json) => weights({ ...KERNEL, ...change }, BIAS);
  const paths = (...list: unknown[]) => [{ ...GROUP, paths: list }];
  const at = 'weightsManifest[0]';
  const first = `${at}.weights[0]`;
  const inside = 'a path inside the folder';
  const dtypes = 'one of float32, int32, bool, complex64';
  const size = 'a size that a file can have';

  it.each<[string, unknown, string, string, string]>([
    ['an object', {}, 'weightsManifest', 'a list of groups', '{}'],
    ['text', 'weights.bin', 'weightsManifest', 'a list of groups', '"weights.bin"'],
    ['false', false, 'weightsManifest', 'a list of groups', 'false'],
    ['a group of null', [null], at, 'an object', 'null'],
    ['a group that is a list', [[]], at, 'an object', '[]'],
    ['no paths', [{ weights: [] }], `${at}.paths`, 'a list of file names', 'undefined'],
    [
      'a path alone',
      [{ ...GROUP, paths: 'weights.bin' }],
      `${at}.paths`,
      'a list of file names',
      '"weights.bin"',
    ],
    ['no weights', [{ paths: [] }], `${at}.weights`, 'a list of weights', 'undefined'],
    ['a second group of text', [GROUP, 'x'], 'weightsManifest[1]', 'an object', '"x"'],

    ['an absolute path', paths('/etc/passwd'), `${at}.paths[0]`, inside, '"/etc/passwd"'],
    ['an absolute path of Windows', paths('C:\\a'), `${at}.paths[0]`, inside, '"C:\\\\a"'],
    ['a path on a drive', paths('C:a'), `${at}.paths[0]`, inside, '"C:a"'],
    ['a path on a server', paths('\\\\host\\a'), `${at}.paths[0]`, inside, '"\\\\\\\\host\\\\a"'],
    ['a path out', paths('../weights.bin'), `${at}.paths[0]`, inside, '"../weights.bin"'],
    [
      'a path out on Windows',
      paths('a\\..\\..\\b'),
      `${at}.paths[0]`,
      inside,
      '"a\\\\..\\\\..\\\\b"',
    ],
    ['a path out by a detour', paths('a/../../b'), `${at}.paths[0]`, inside, '"a/../../b"'],
    ['the folder above', paths('..'), `${at}.paths[0]`, inside, '".."'],
    ['an empty path', paths(''), `${at}.paths[0]`, inside, '""'],
    ['a path with NUL', paths('a\0'), `${at}.paths[0]`, inside, '"a\\u0000"'],
    ['a path of numbers', paths(5), `${at}.paths[0]`, inside, '5'],
    [
      'a path twice',
      paths('weights.bin', './weights.bin'),
      `${at}.paths[1]`,
      'another path than those before',
      '"./weights.bin"',
    ],

    ['a weight of null', weights(null), first, 'an object', 'null'],
    ['a weight of text', weights('kernel'), first, 'an object', '"kernel"'],
    ['no name', kernel({ name: undefined }), `${first}.name`, 'a name', 'undefined'],
    ['an empty name', kernel({ name: '' }), `${first}.name`, 'a name', '""'],
    ['a name of numbers', kernel({ name: 1 }), `${first}.name`, 'a name', '1'],
    [
      'a name that is a prototype',
      kernel({ name: '__proto__' }),
      `${first}.name`,
      'a name',
      '"__proto__"',
    ],
    [
      'a name twice',
      weights(KERNEL, { ...BIAS, name: KERNEL.name }),
      `${at}.weights[1].name`,
      'another name than those before',
      '"dense/kernel"',
    ],
    [
      'a name in two groups',
      [GROUP, { paths: [], weights: [BIAS] }],
      'weightsManifest[1].weights[0].name',
      'another name than those before',
      '"dense/bias"',
    ],
    [
      'no shape',
      kernel({ shape: undefined }),
      `${first}.shape`,
      'a list of integers ≥ 0',
      'undefined',
    ],
    ['a shape of numbers', kernel({ shape: 2 }), `${first}.shape`, 'a list of integers ≥ 0', '2'],
    [
      'a negative size',
      kernel({ shape: [2, -1] }),
      `${first}.shape`,
      'a list of integers ≥ 0',
      '[2,-1]',
    ],
    ['half a row', kernel({ shape: [1.5] }), `${first}.shape`, 'a list of integers ≥ 0', '[1.5]'],
    [
      'a size of null',
      kernel({ shape: [null, 1] }),
      `${first}.shape`,
      'a list of integers ≥ 0',
      '[null,1]',
    ],
    [
      'a size of text',
      kernel({ shape: ['2', 1] }),
      `${first}.shape`,
      'a list of integers ≥ 0',
      '["2",1]',
    ],
    [
      'an unsafe size',
      kernel({ shape: [2 ** 53] }),
      `${first}.shape`,
      'a list of integers ≥ 0',
      '[9007199254740992]',
    ],
    [
      'a size beyond all',
      kernel({ shape: [2 ** 30, 2 ** 30] }),
      `${first}.shape`,
      size,
      '[1073741824,1073741824]',
    ],
    [
      'sizes beyond all together',
      weights({ ...KERNEL, shape: [2 ** 50] }, { ...BIAS, shape: [2 ** 50] }),
      `${at}.weights`,
      size,
      '9007199254740992',
    ],
    ['no type', kernel({ dtype: undefined }), `${first}.dtype`, dtypes, 'undefined'],
    ['an unknown type', kernel({ dtype: 'float64' }), `${first}.dtype`, dtypes, '"float64"'],
    ['weights of strings', kernel({ dtype: 'string' }), `${first}.dtype`, dtypes, '"string"'],
    [
      'a type that objects have',
      kernel({ dtype: 'constructor' }),
      `${first}.dtype`,
      dtypes,
      '"constructor"',
    ],
    ['an unknown group', kernel({ group: 'x' }), `${first}.group`, '"model" or "optimizer"', '"x"'],

    [
      'a quantization of null',
      kernel({ quantization: null }),
      `${first}.quantization`,
      'an object',
      'null',
    ],
    [
      'an unknown quantization',
      kernel({ quantization: { dtype: 'int4' } }),
      `${first}.quantization.dtype`,
      'one of uint8, uint16, float16',
      '"int4"',
    ],
    [
      'a quantization without scale',
      kernel({ quantization: { dtype: 'uint8', min: 0 } }),
      `${first}.quantization.scale`,
      'a finite number',
      'undefined',
    ],
    [
      'a quantization without min',
      kernel({ quantization: { dtype: 'uint8', scale: 1, min: '0' } }),
      `${first}.quantization.min`,
      'a finite number',
      '"0"',
    ],
    [
      'float16 for integers',
      kernel({ dtype: 'int32', quantization: { dtype: 'float16' } }),
      `${first}.quantization`,
      'left out for weights of int32',
      '{"dtype":"float16"}',
    ],
  ])('%s', async (_, weightsManifest, field, expected, received) => {
    await fs.writeFile(json, JSON.stringify({ ...MODEL, weightsManifest }));
    expect((await failure()).message).toBe(
      `SAE_FILE ${json}: expected ${field} to be ${expected}; received ${received}. ${SAVE_AGAIN}`,
    );
  });

  it('shows no more than a line of what it was given', async () => {
    const name = `x\n${'y'.repeat(1e6)}`;
    const manifest = weights({ ...KERNEL, name }, { ...BIAS, name });
    await fs.writeFile(json, JSON.stringify({ ...MODEL, weightsManifest: manifest }));
    const { message } = await failure();
    expect(message.length).toBeLessThan(300 + json.length);
    expect(message).not.toContain('\n');
  });

  it('may be left out: then there is a topology alone', async () => {
    for (const weightsManifest of [undefined, null]) {
      await fs.writeFile(json, JSON.stringify({ ...MODEL, weightsManifest }));
      const artifacts = await fileSystem(folder).load();
      expect(artifacts.weightData).toBeUndefined();
      expect(artifacts.weightSpecs).toBeUndefined();
    }
  });
});

describe('the weights', () => {
  const file = () => join(folder, 'weights.bin');
  const write = (weightsManifest: unknown) =>
    fs.writeFile(json, JSON.stringify({ ...MODEL, weightsManifest }));

  it('refuses missing ones', async () => {
    await write([{ ...GROUP, paths: ['gone.bin'] }]);
    expect((await failure()).message).toBe(
      `SAE_FILE ${join(folder, 'gone.bin')}: expected the weights that model.json names; received nothing there. Give the path of what is there; a relative one starts where the program was started.`,
    );
  });

  it('refuses a folder in their place', async () => {
    await fs.rm(file());
    await fs.mkdir(file());
    await write([GROUP]);
    expect((await failure()).message).toBe(
      `SAE_FILE ${file()}: expected the weights that model.json names; received something else. ${COPY_AGAIN}`,
    );
  });

  it.each([0, 11, 13])('refuses %d bytes where 12 belong', async (length) => {
    await fs.writeFile(file(), new Uint8Array(length));
    await write([GROUP]);
    expect((await failure()).message).toBe(
      `SAE_FILE ${file()}: expected 12 bytes of weights; received ${length}. ${COPY_AGAIN}`,
    );
  });

  it('compares lengths before it makes room', async () => {
    const huge = { ...KERNEL, shape: [2 ** 40] };
    await write([{ ...GROUP, weights: [huge] }]);
    expect((await failure()).message).toBe(
      `SAE_FILE ${file()}: expected ${2 ** 42} bytes of weights; received 12. ${COPY_AGAIN}`,
    );
    await fs.truncate(file(), 2 ** 42).catch(() => undefined); // sparse, where the disk can
    await write([GROUP]);
    expect((await failure()).message).toContain('expected 12 bytes of weights; received ');
  });

  it('refuses several that are too short together', async () => {
    await fs.writeFile(join(folder, 'b'), new Uint8Array(4));
    await fs.writeFile(file(), new Uint8Array(4));
    await write([{ ...GROUP, paths: ['weights.bin', 'b'] }]);
    expect((await failure()).message).toBe(
      `SAE_FILE ${folder}: expected 12 bytes of weights in 2 files; received 8. ${COPY_AGAIN}`,
    );
    await write([{ ...GROUP, paths: [] }]);
    expect((await failure()).message).toBe(
      `SAE_FILE ${folder}: expected 12 bytes of weights in 0 files; received 0. ${COPY_AGAIN}`,
    );
  });

  it('refuses a file that has become shorter since', async () => {
    const message = `SAE_FILE ${file()}: expected 20 bytes; received 12. ${COPY_AGAIN}`;
    await expect(readPieces([{ file: file(), size: 20 }])).rejects.toThrow(message);
  });

  it('reads no more of a file that has become longer since', async () => {
    await fs.writeFile(file(), new Uint8Array([1, 2, 3, 4, 5]));
    const source = { file: file(), size: 2 };
    const data = (await readPieces([source, { ...source, size: 3 }])) as ArrayBuffer;
    expect([...new Uint8Array(data)]).toEqual([1, 2, 1, 2, 3]);
  });

  it('reads several files, of several groups, in folders below', async () => {
    await fs.mkdir(join(folder, 'sub'));
    await fs.writeFile(join(folder, 'sub/a'), new Uint8Array([1, 2, 3]));
    await fs.writeFile(join(folder, 'b'), new Uint8Array([4, 5, 6, 7, 8]));
    await fs.writeFile(join(folder, 'c'), new Uint8Array([9, 10, 11, 12]));
    await write([
      { paths: ['sub/a', './b'], weights: [KERNEL] },
      { paths: ['c'], weights: [BIAS] },
    ]);
    const { weightData, weightSpecs } = await fileSystem(folder).load();
    expect([...new Uint8Array(weightData as ArrayBuffer)]).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
    expect(weightSpecs).toEqual([KERNEL, BIAS]);
  });

  it('gives more than one buffer can hold in several, which tfjs puts together', async () => {
    await fs.writeFile(file(), new Uint8Array(new Float32Array([1, 2, 3]).buffer));
    await fs.writeFile(join(folder, 'b'), new Uint8Array(new Float32Array([4, 5]).buffer));
    const sources = [
      { file: file(), size: 12 },
      { file: join(folder, 'b'), size: 8 },
    ];
    for (const [pieceBytes, lengths] of [
      [5, [5, 5, 5, 5]],
      [12, [12, 8]],
      [19, [19, 1]],
    ] as const) {
      const pieces = (await readPieces(sources, pieceBytes)) as ArrayBuffer[];
      expect(pieces.map((piece) => piece.byteLength)).toEqual(lengths);
      const tensors = tf.io.decodeWeights(pieces, [
        { name: 'a', shape: [2], dtype: 'float32' },
        { name: 'b', shape: [3], dtype: 'float32' },
      ]);
      expect([...(tensors.a?.dataSync() ?? [])]).toEqual([1, 2]);
      expect([...(tensors.b?.dataSync() ?? [])]).toEqual([3, 4, 5]);
      tf.dispose(tensors);
    }
    expect(await readPieces(sources, 20)).toHaveProperty('byteLength', 20);
  });

  it('takes weights of no bytes, and scalars', async () => {
    await fs.writeFile(file(), new Uint8Array(4));
    const specs = [
      { ...KERNEL, shape: [0, 2] },
      { ...BIAS, shape: [] },
    ];
    await write([{ ...GROUP, weights: specs }]);
    const { weightData } = await fileSystem(folder).load();
    expect(weightData).toHaveProperty('byteLength', 4);
  });

  it.each([
    ['uint8', 1],
    ['uint16', 2],
    ['float16', 2],
  ])('takes %s in place of float32, as tfjs has it', async (dtype, bytes) => {
    await fs.writeFile(file(), new Uint8Array(2 * bytes + 4));
    const quantization = { dtype, ...(dtype === 'float16' ? {} : { scale: 0.5, min: -1 }) };
    await write([{ ...GROUP, weights: [{ ...KERNEL, quantization }, BIAS] }]);
    const { weightData, weightSpecs } = await fileSystem(folder).load();
    const tensors = tf.io.decodeWeights(weightData as ArrayBuffer, weightSpecs ?? []);
    const value = dtype === 'float16' ? 0 : -1;
    expect([...(tensors[KERNEL.name]?.dataSync() ?? [])]).toEqual([value, value]);
    tf.dispose(tensors);
  });
});

it('lets no key of a file reach a prototype', async () => {
  const text = JSON.stringify(MODEL)
    .replace('"config":{', '"config":{"__proto__":{"polluted":true},"\\u005f_proto__":{"x":1},')
    .replace(/^\{/, '{"__proto__":{"polluted":true},');
  await fs.writeFile(json, text);
  const { modelTopology } = await fileSystem(folder).load();
  const { config } = modelTopology as { config: object };
  expect(Object.keys(config)).toEqual(['name', 'layers']);
  expect(Object.getPrototypeOf(config)).toBe(Object.getPrototypeOf(JSON.parse('{}')));
  expect(({} as Json).polluted).toBeUndefined();
  expect((config as Json).polluted).toBeUndefined();
});
