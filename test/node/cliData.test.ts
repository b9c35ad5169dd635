import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs';
import { type OpenedData, openData } from '../../src/cli/data/open';
import { type DataOptions, dataProblem } from '../../src/cli/data/options';
import { readClassNames, readTokens } from '../../src/cli/data/text';
import { readLabels } from '../../src/io/npy/labels';
import { type NpyOptions, type npyBytes, writeNpy } from './npyFile';

let root: string;
beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-data-'));
});
const open: OpenedData[] = [];
afterEach(async () => {
  for (const data of open.splice(0)) await data.close();
  await fs.rm(root, { recursive: true, force: true });
});

const at = (name: string) => join(root, name);
const range = (length: number) => Array.from({ length }, (_, i) => i);
const { signal } = new AbortController();

async function opened(file: string, inputDim: number, options: Partial<DataOptions> = {}) {
  const data = await openData(file, { backend: 'auto', ...options }, inputDim, [], signal);
  open.push(data);
  return data;
}

/** All rows, as they pass. */
async function rowsIn(file: string, inputDim: number, options: Partial<DataOptions> = {}) {
  const data = await opened(file, inputDim, options);
  const batches: number[][][] = [];
  const iterator = await data.rows.iterator();
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    const batch = next.value as Tensor;
    batches.push((await batch.array()) as number[][]);
    batch.dispose();
  }
  return { ...data, batches };
}

const refused = (work: Promise<unknown>, message: string) =>
  expect(work).rejects.toMatchObject({ message: expect.stringContaining(message) });

describe('rows of a .npy file', () => {
  test.each([
    ['float32', new Float32Array([0, 0.5, -1, 2, 3, 4])],
    ['float64', new Float64Array([0, 0.5, -1, 2, 3, 4])],
  ])('of %s are its values', async (_, values) => {
    const { batches, count, known } = await rowsIn(await writeNpy(at('x.npy'), values, [2, 3]), 3);
    expect(batches).toEqual([
      [
        [0, 0.5, -1],
        [2, 3, 4],
      ],
    ]);
    expect({ count, known }).toEqual({ count: 2, known: {} });
  });

  test('of bytes are shares of 255', async () => {
    const file = await writeNpy(at('x.npy'), new Uint8Array([0, 51, 255, 102]), [2, 2]);
    const { batches } = await rowsIn(file, 2);
    expect(batches).toEqual([
      [
        [0, Math.fround(0.2)],
        [1, Math.fround(0.4)],
      ],
    ]);
  });

  test.each<[string, Parameters<typeof npyBytes>[0], NpyOptions, number[]]>([
    ['int64', new BigInt64Array([1n, -2n]), {}, [1, -2]],
    ['int32', new Int32Array([1, -2]), {}, [1, -2]],
    ['float16', new Uint16Array([0x3c00, 0xc000]), { descr: '<f2' }, [1, -2]],
    ['big-endian float16', new Uint16Array([0x003c, 0x00c0]), { descr: '>f2' }, [1, -2]],
    ['bool', new Uint8Array([1, 0]), { descr: '|b1' }, [1, 0]],
    ['int8', new Uint8Array([1, 254]), { descr: '|i1' }, [1, -2]],
    ['version 3 of the format', new Int32Array([1, -2]), { version: 3 }, [1, -2]],
    [
      'a header that starts nowhere in particular',
      new Float64Array([1, -2]),
      { header: `{"x":0, 'shape':(1,2,),'fortran_order':False,'descr':'<f8'} ${' '.repeat(55)}` },
      [1, -2],
    ],
  ])('of %s as well', async (_, values, options, row) => {
    const { batches } = await rowsIn(await writeNpy(at('x.npy'), values, [1, 2], options), 2);
    expect(batches).toEqual([[row]]);
  });

  test('come in batches, the first ones only when asked for, and again in each pass', async () => {
    const file = await writeNpy(at('x.npy'), Float32Array.from(range(1203)), [1203, 1]);
    const { batches } = await rowsIn(file, 1);
    expect(batches.map((batch) => batch.length)).toEqual([500, 500, 203]);
    expect(batches.flat(2)).toEqual(range(1203));
    const first = await rowsIn(file, 1, { rows: 501 });
    expect(first.batches.flat(2)).toEqual(range(501));
    expect(first.count).toBe(501);
    expect((await opened(file, 1, { rows: 9999 })).count).toBe(1203);
  });

  test.each([
    [
      [3, 2, 2],
      [2, 2],
    ],
    [
      [3, 2, 2, 1],
      [2, 2],
    ],
    [
      [3, 2, 2, 3],
      [2, 2, 3],
    ],
    [[3, 2, 2, 2], undefined],
    [[3, 4], undefined],
  ])('%j has images of %j', async (shape, imageShape) => {
    const length = shape.reduce((a, b) => a * b);
    const file = await writeNpy(at('x.npy'), new Uint8Array(length), shape);
    const { known, count } = await rowsIn(file, length / 3);
    expect(known).toEqual(imageShape ? { imageShape } : {});
    expect(count).toBe(3);
  });
});

describe('activations, whose last axis is as wide as the dictionary', () => {
  const values = Float32Array.from(range(24));

  test.each([[[6, 4]], [[2, 3, 4]], [[1, 2, 3, 4]]])(
    '%j are rows, in their order',
    async (shape) => {
      const file = await writeNpy(at('x.npy'), values, shape);
      const { batches, count, known, array } = await rowsIn(file, 4);
      expect(batches.flat(2)).toEqual(range(24));
      expect({ count, known, array }).toEqual({
        count: 6,
        known: {},
        array: shape.length > 2 ? shape : undefined,
      });
      expect((await opened(file, 4, { rows: 5 })).count).toBe(5);
    },
  );

  test('in Fortran’s order come in the same order', async () => {
    const file = await writeNpy(at('x.npy'), values, [2, 3, 4], { fortran: true });
    const value = (i: number, j: number, k: number) => i + 2 * j + 6 * k;
    const expected = range(6).map((row) =>
      range(4).map((k) => value(Math.floor(row / 3), row % 3, k)),
    );
    expect((await rowsIn(file, 4)).batches.flat()).toEqual(expected);
    expect((await rowsIn(file, 4, { rows: 5 })).batches.flat()).toEqual(expected.slice(0, 5));
  });

  test('come in batches that end within an example', async () => {
    const file = await writeNpy(at('x.npy'), Float32Array.from(range(1400)), [2, 700, 1]);
    const { batches } = await rowsIn(file, 1);
    expect(batches.map((batch) => batch.length)).toEqual([500, 500, 400]);
    expect(batches.flat(2)).toEqual(range(1400));
  });

  test('are no images by themselves, but where it is said', async () => {
    const file = await writeNpy(at('x.npy'), values, [3, 2, 4]);
    expect((await opened(file, 4)).known).toEqual({});
    expect((await opened(file, 4, { imageShape: [2, 2] })).known).toEqual({ imageShape: [2, 2] });
  });

  test('have labels and tokens for each row, labels also in the shape of the rows', async () => {
    const file = await writeNpy(at('x.npy'), values, [2, 3, 4]);
    for (const shape of [[6], [6, 1], [2, 3], [2, 3, 1]]) {
      const labels = await writeNpy(at('y.npy'), new Uint8Array([0, 1, 2, 3, 4, 5]), shape);
      expect((await opened(file, 4, { labels })).known.labels).toEqual(Int32Array.from(range(6)));
    }
    const turned = await writeNpy(at('y.npy'), new Uint8Array(6), [3, 2]);
    await refused(opened(file, 4, { labels: turned }), 'expected [2, 3]; received [3, 2].');
    const few = await writeNpy(at('y.npy'), new Uint8Array(2), [2]);
    await refused(
      opened(file, 4, { labels: few }),
      'expected 6 labels, one for each row; received 2',
    );
    await fs.writeFile(
      at('t.json'),
      JSON.stringify([
        ['a', 'b'],
        ['c', 'd', 'e', 'f'],
      ]),
    );
    const { known } = await opened(file, 4, { tokens: at('t.json') });
    expect(known.tokens).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e', 'f'],
    ]);
  });

  test('of a width that is none of the dictionary, are told what to do', async () => {
    const file = await writeNpy(at('x.npy'), values, [2, 2, 2, 3]);
    await refused(
      opened(file, 6),
      'expected [..., 6]; received [2, 2, 2, 3]. Reshape it to [2, 2, 6].',
    );
  });
});

test('a .npy file that loses its end while it is read is refused', async () => {
  const file = await writeNpy(at('x.npy'), new Float32Array(600), [600, 1]);
  const data = await opened(file, 1);
  const iterator = await data.rows.iterator();
  ((await iterator.next()).value as Tensor).dispose();
  await fs.truncate(file, 128 + 4 * 510);
  await refused(Promise.resolve(iterator.next()), `SAE_FILE ${file}: expected`);
});

describe('rows that are not for this dictionary', () => {
  test.each<[number[], string]>([
    [[6], 'SAE_SHAPE PATH: expected [..., 4]; received [6]. Use rows from the source that'],
    [[], 'SAE_SHAPE PATH: expected [..., 4]; received [].'],
    [[2, 3], 'SAE_SHAPE PATH: expected [..., 4]; received [2, 3]. Use rows from'],
    [[1, 2, 3], 'expected [..., 4]; received [1, 2, 3].'],
    [[0, 4], 'SAE_DATA PATH: expected at least one row; received an array [0, 4].'],
  ])('%j', async (shape, message) => {
    const file = await writeNpy(
      at('x.npy'),
      new Float32Array(shape.reduce((a, b) => a * b, 1)),
      shape,
    );
    await refused(opened(file, 4), message.replace('PATH', file));
  });

  test.each([NaN, Infinity, 1e300])('%d in them, with its row', async (value) => {
    const values = new Float64Array(1400);
    values[1001] = value;
    const file = await writeNpy(at('x.npy'), values, [700, 2]);
    await refused(rowsIn(file, 2), `SAE_NOT_FINITE ${file}, row 500: expected finite values;`);
  });

  test('another image shape', async () => {
    const file = await writeNpy(at('x.npy'), new Float32Array(12), [1, 12]);
    expect((await opened(file, 12, { imageShape: [2, 2, 3] })).known).toEqual({
      imageShape: [2, 2, 3],
    });
    await refused(
      opened(file, 12, { imageShape: [5, 2] }),
      'SAE_OPTION --image-shape: expected a shape of 12 values; received "5x2". Give height x width, or height x width x 3 for colours, of one row.',
    );
  });

  test('images of fashion-mnist', async () => {
    await refused(
      opened('fashion-mnist', 12),
      'SAE_SHAPE fashion-mnist: expected [..., 12]; received [70000, 784].',
    );
  });
});

describe('labels', () => {
  const rows = 3;
  test.each<[string, Parameters<typeof npyBytes>[0], number[]]>([
    ['uint8', new Uint8Array([2, 0, 1]), [3]],
    ['int64', new BigInt64Array([2n, 0n, 1n]), [3]],
    ['whole float64', new Float64Array([2, 0, 1]), [3, 1]],
  ])('of %s', async (_, values, shape) => {
    const file = await writeNpy(at('y.npy'), values, shape);
    expect(Array.from(await readLabels(file, [rows]))).toEqual([2, 0, 1]);
  });

  test.each<[string, Parameters<typeof npyBytes>[0], number[], string]>([
    [
      'too few',
      new Uint8Array(2),
      [2],
      'SAE_DATA PATH: expected 3 labels, one for each row; received 2. Give as many, in the same order.',
    ],
    ['too many', new Uint8Array(4), [4], 'received 4.'],
    ['one-hot', new Uint8Array(6), [3, 2], 'SAE_SHAPE PATH: expected [3]; received [3, 2].'],
    [
      'negative',
      new Int32Array([0, -1, 0]),
      [3],
      'SAE_FILE PATH: expected integers from 0 up; received -1 in row 1.',
    ],
    ['halves', new Float64Array([0, 1, 0.5]), [3], 'received 0.5 in row 2.'],
    ['not there', new Float64Array([0, NaN, 0]), [3], 'received NaN in row 1.'],
    [
      'beyond int32',
      new BigInt64Array([0n, 1n, 1n << 40n]),
      [3],
      'received 1099511627776 in row 2.',
    ],
  ])('that are %s are refused', async (_, values, shape, message) => {
    const file = await writeNpy(at('y.npy'), values, shape);
    await refused(readLabels(file, [rows]), message.replace('PATH', file));
  });

  test('are those of all rows, also where some only are looked at', async () => {
    const file = await writeNpy(at('x.npy'), new Float32Array(3), [3, 1]);
    const labels = await writeNpy(at('y.npy'), new Uint8Array([1, 0, 2]), [3]);
    const { known } = await opened(file, 1, { labels, classes: 'a, b, c', rows: 2 });
    expect(known).toEqual({ labels: Int32Array.of(1, 0), classNames: ['a', 'b', 'c'] });
    await refused(
      opened(file, 1, { labels, classes: 'a, b', rows: 2 }),
      'SAE_DATA --classes: expected 3 class names, one for each label from 0 to 2; received 2.',
    );
  });
});

describe('class names', () => {
  const HOSTILE = ['<img onerror=alert(1)>', '</script>', '\u202eabc', '😀', 'x'.repeat(10_000)];

  test('on the command line', async () => {
    expect(await readClassNames('T-shirt/top, Trouser ,Bag')).toEqual([
      'T-shirt/top',
      'Trouser',
      'Bag',
    ]);
  });

  test.each(['\n', '\r\n'])('in a text, a line each', async (end) => {
    await fs.writeFile(at('names.txt'), `\ufeff${[...HOSTILE, ''].join(end)}`);
    expect(await readClassNames(at('names.txt'))).toEqual(HOSTILE);
  });

  test('in JSON', async () => {
    await fs.writeFile(at('names.json'), JSON.stringify([...HOSTILE, 'a,b', 'two\nlines']));
    expect(await readClassNames(at('names.json'))).toEqual([...HOSTILE, 'a,b', 'two\nlines']);
  });

  test.each([
    ['{', 'expected a list of class names; received something else than JSON. Write it as JSON.'],
    ['{"a": 1}', 'expected a list of class names; received other JSON. Write ["a", "b", "c"].'],
    ['["a", 1]', 'expected a list of class names; received other JSON.'],
    ['null', 'expected a list of class names; received other JSON.'],
  ])('but not in %s', async (text, message) => {
    await fs.writeFile(at('names.json'), text);
    await refused(readClassNames(at('names.json')), `SAE_FILE ${at('names.json')}: ${message}`);
  });
});

describe('tokens', () => {
  const DOCUMENTS = [['The', ' cat'], [], [' ', '</script>', '']];

  test('are the rows, one after another', async () => {
    await fs.writeFile(at('tokens.json'), JSON.stringify(DOCUMENTS));
    const file = await writeNpy(at('x.npy'), new Float32Array(10), [5, 2]);
    const tokens = at('tokens.json');
    expect((await opened(file, 2, { tokens })).known).toEqual({
      tokens: [DOCUMENTS[0], DOCUMENTS[2]],
    });
    expect((await opened(file, 2, { tokens, rows: 3 })).known).toEqual({
      tokens: [['The', ' cat'], [' ']],
    });
    const longer = await writeNpy(at('longer.npy'), new Float32Array(12), [6, 2]);
    await refused(
      opened(longer, 2, { tokens }),
      `SAE_DATA ${tokens}: expected 6 tokens, one for each row; received 5. Give as many, in the same order.`,
    );
  });

  test.each(['["The cat"]', '[["The", 1]]', '{"tokens": []}', '[[null]]'])(
    'are not %s',
    async (text) => {
      await fs.writeFile(at('tokens.json'), text);
      await refused(
        readTokens(at('tokens.json')),
        'expected a list of documents, each a list of tokens; received other JSON. Write [["The", " cat"], ["A", " dog"]].',
      );
    },
  );
});

test.each<[string, Partial<DataOptions>, string | undefined]>([
  ['x.npy', { labels: 'y.npy', classes: 'a,b' }, undefined],
  ['fashion-mnist', { seed: 3, rows: 10 }, undefined],
  ['fashion-mnist', { labels: 'y.npy' }, 'fashion-mnist has its own labels'],
  ['fashion-mnist', { imageShape: [28, 28] }, 'fashion-mnist has its own labels'],
  ['x.npy', { seed: 0 }, '--seed is for fashion-mnist'],
  ['x.npy', { classes: 'a,b' }, 'add --labels'],
  ['x.npy', { tokens: 't.json', imageShape: [2, 2] }, 'tokens or images, not both'],
])('%s with %j', (data, options, problem) => {
  const found = dataProblem(data, { backend: 'auto', ...options });
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(problem);
});
