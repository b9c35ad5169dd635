import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCsv } from '../../../src/io/arrays/csv/read';
import { joinedArrays } from '../../../src/io/arrays/joined';
import { openNpz } from '../../../src/io/arrays/npz';
import type { ArrayFile, RowArray } from '../../../src/io/arrays/rowArray';
import { openSafetensorsArrays } from '../../../src/io/arrays/safetensors';
import { openNpy } from '../../../src/io/npy/read';
import { npyBytes } from '../../node/npyFile';

const file = (name: string) => join(__dirname, 'fixtures', name);
/** What `python-interop/make_row_files.py` writes. */
const ROWS = Array.from({ length: 15 }, (_, i) => (i - 7) / 4);

async function valuesOf(array: RowArray, first = 0, rows = array.shape[0] ?? 0, axes = 1) {
  try {
    return { shape: array.shape, values: Array.from(await array.read(first, rows, axes)) };
  } finally {
    await array.close();
  }
}

async function within<T>(opened: Promise<ArrayFile>, use: (file: ArrayFile) => Promise<T>) {
  const open = await opened;
  try {
    return await use(open);
  } finally {
    await open.close();
  }
}
const named = async (opened: ArrayFile, name: string) =>
  (await opened.arrays.get(name)?.open()) as RowArray;

describe('a .npz file', () => {
  test.each(['stored.npz', 'compressed.npz'])('%s has the arrays that NumPy saved', (name) =>
    within(openNpz(file(name)), async (npz) => {
      expect([...npz.arrays].map(([name, { shape }]) => [name, shape])).toEqual([
        ['rows', [5, 3]],
        ['labels', [5]],
      ]);
      expect(await valuesOf(await named(npz, 'rows'))).toEqual({ shape: [5, 3], values: ROWS });
      expect(await valuesOf(await named(npz, 'rows'), 1, 2)).toMatchObject({
        values: ROWS.slice(3, 9),
      });
    }),
  );

  test('with an array of objects has the others', () =>
    within(openNpz(file('several.npz')), async (npz) => {
      expect([...npz.arrays.keys()]).toEqual(['b', 'a', 'words']);
      expect((await valuesOf(await named(npz, 'b'))).values).toEqual(ROWS.slice(9));
      await expect(named(npz, 'words')).rejects.toThrow(
        /SAE_UNSUPPORTED .*several\.npz, array "words": expected an array of numbers/,
      );
    }));

  test('that is none is refused', () =>
    expect(openNpz(file('plain.csv'))).rejects.toThrow(/SAE_FILE .*plain\.csv: expected/));
});

describe('a safetensors file', () => {
  test.each(['float32', 'float16', 'bfloat16', 'float64'])('has its rows of %s', (kind) =>
    within(openSafetensorsArrays(file('kinds.safetensors')), async (opened) => {
      expect(await valuesOf(await named(opened, kind))).toEqual({ shape: [5, 3], values: ROWS });
    }),
  );

  test('has bytes as such, and rows of the first two axes', () =>
    within(openSafetensorsArrays(file('bytes.safetensors')), async (opened) => {
      const array = await named(opened, 'acts');
      expect({ dtype: array.dtype, shape: array.shape }).toEqual({ dtype: 'u1', shape: [2, 4, 3] });
      expect((await valuesOf(array, 3, 2, 2)).values).toEqual([9, 10, 11, 12, 13, 14]);
    }));
});

describe('a table', () => {
  test.each(['plain.csv', 'quoted.csv', 'savetxt.txt'])(
    '%s has the rows that Python wrote',
    async (name) => {
      expect(await valuesOf(await openCsv(file(name)))).toEqual({ shape: [5, 3], values: ROWS });
    },
  );

  const csv = (text: string) => openCsv(Buffer.from(text));
  const rowsIn = async (text: string) => (await valuesOf(await csv(text))).values;

  test.each([
    ['1,2\n3,4', [1, 2, 3, 4]],
    ['1,2\r\n3,4\r\n', [1, 2, 3, 4]],
    ['a,b\n\n1,2\n\n3,4\n\n', [1, 2, 3, 4]],
    ['1;2\n3;4\n', [1, 2, 3, 4]],
    ['1\t2\n3\t4\n', [1, 2, 3, 4]],
    [' 1 2\n 3 4\n', [1, 2, 3, 4]],
    ['1, 2\n"3" ," 4"\n', [1, 2, 3, 4]],
    ['x\n+1e3\n-.5\n5.\n', [1000, -0.5, 5]],
    ['1,nan\ninf,4', [1, Number.NaN, Number.NaN, 4]],
  ])('%j is read', async (text, values) => {
    expect(await rowsIn(text)).toEqual(values);
  });

  test.each([
    ['1,2\n3,abc\n', 'received "abc" in row 1, column 1; rows and columns are counted from 0.'],
    ['a,b\n1,2\n3,\n', 'received "" in row 1, column 1 ("b")'],
    ['1,0x10\n1,2', 'received "0x10" in row 0, column 1'],
    ['1,2\n3\n', 'expected 2 cells in each row, as in the first one; received 1 in row 1'],
    ['1,2\n3,4,5\n', 'received 3 in row 1'],
    ['', 'expected rows of numbers; received none'],
    ['a,b\n', 'received a line of names alone'],
  ])('%j is refused', async (text, message) => {
    await expect(rowsIn(text)).rejects.toThrow(message);
  });

  test('of many lines is read from any row on', async () => {
    const [rows, width] = [9000, 4];
    // Lines of many lengths, so that no stretch begins where one would guess it.
    const value = (i: number) => (i * 7919) % 100_003;
    const lines = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: width }, (_, k) => value(row * width + k)).join(','),
    );
    const text = `a,b,c,d\n${lines.join('\n')}\n`;
    expect(text.length).toBeGreaterThan(3 * 2 ** 16);
    const array = await csv(text);
    expect(array.shape).toEqual([rows, width]);
    for (const [first, count] of [
      ...[[0, 1] as const, [8999, 1] as const, [2500, 4000] as const, [0, rows] as const],
      ...Array.from({ length: 40 }, (_, i) => [i * 220, 7] as const),
    ]) {
      const expected = Array.from({ length: count * width }, (_, i) => value(first * width + i));
      expect(Array.from(await array.read(first, count))).toEqual(expected);
    }
  });
});

describe('arrays one after another', () => {
  const array = (name: string, shape: number[], from: number, dtype = 'f4'): RowArray => ({
    name,
    shape,
    dtype,
    read: async (first, rows, axes = 1) => {
      const width = shape.slice(axes).reduce((a, b) => a * b, 1);
      return Float32Array.from({ length: rows * width }, (_, i) => from + first * width + i);
    },
    close: async () => {},
  });
  const joined = (...arrays: RowArray[]) =>
    joinedArrays(
      'all',
      arrays.map((one) => async () => one),
    );
  const range = (length: number) => Array.from({ length }, (_, i) => i);

  test('have the rows of each', async () => {
    const all = await joined(array('a', [2, 3], 0), array('b', [1, 3], 6), array('c', [4, 3], 9));
    expect(all.shape).toEqual([7, 3]);
    expect(Array.from(await all.read(0, 7))).toEqual(range(21));
    expect(Array.from(await all.read(1, 3))).toEqual(range(21).slice(3, 12));
    expect([0, 2, 6].map((row) => all.rowName?.(row, 1))).toEqual([
      ...['a, row 0', 'b, row 0', 'c, row 3'],
    ]);
  });

  test('of documents that differ in length have each token as a row', async () => {
    const all = await joined(array('a', [1, 2, 3], 0), array('b', [1, 4, 3], 6));
    expect(all.shape).toEqual([6, 3]);
    expect(Array.from(await all.read(1, 4))).toEqual(range(18).slice(3, 15));
  });

  test('of the same axes keep them', async () => {
    const all = await joined(array('a', [2, 2, 3], 0), array('b', [1, 2, 3], 12));
    expect(all.shape).toEqual([3, 2, 3]);
    expect(Array.from(await all.read(3, 2, 2))).toEqual(range(18).slice(9, 15));
  });

  test('of several widths, or of bytes and others, are refused', async () => {
    await expect(joined(array('a', [2, 3], 0), array('b', [2, 4], 0))).rejects.toThrow(
      'SAE_SHAPE b: expected [rows, 3], as of a; received [rows, 4].',
    );
    await expect(joined(array('a', [2, 3], 0), array('b', [2, 3], 0, 'u1'))).rejects.toThrow(
      'SAE_FILE b: expected numbers, as in a; received bytes.',
    );
  });

  test('are not all open at once', async () => {
    let [open, most] = [0, 0];
    const opens = range(600).map((i) => async () => {
      most = Math.max(most, ++open);
      return { ...array(`${i}`, [1, 1], i), close: async () => void open-- };
    });
    const all = await joinedArrays('all', opens);
    expect(Array.from(await all.read(0, 600))).toEqual(range(600));
    expect(most).toBeLessThan(300);
    await all.close();
    expect(open).toBe(0);
  });
});

describe('memory that is there', () => {
  const values = Float32Array.from({ length: 24 }, (_, i) => i / 2);
  let folder: string;
  beforeAll(async () => {
    folder = await fs.mkdtemp(join(tmpdir(), 'gated-sae-arrays-'));
    await fs.writeFile(join(folder, 'plain.npy'), npyBytes(values, [4, 2, 3]));
  });
  afterAll(() => fs.rm(folder, { recursive: true }));

  const plain = () => openNpy(join(folder, 'plain.npy'));
  const opened: Record<string, () => Promise<RowArray>> = {
    'of NumPy': plain,
    'of one file after another': () => joinedArrays('both', [plain, plain]),
  };
  test.each(Object.keys(opened))('takes the rows %s that reading gives', async (name) => {
    const array = await (opened[name] as () => Promise<RowArray>)();
    for (const [first, rows, axes] of [
      [1, 3, 1],
      [3, 5, 2],
    ] as const) {
      const wanted = await array.read(first, rows, axes);
      const room = new Float32Array(wanted.length + 2).fill(-1);
      await array.readInto?.(room.subarray(1, -1), first, axes);
      expect([...room]).toEqual([-1, ...Array.from(wanted), -1]);
    }
    await array.close();
  });

  test('takes the rows of a safetensors file, which ends where it ends', () =>
    within(openSafetensorsArrays(file('kinds.safetensors')), async (opened) => {
      const array = await named(opened, 'float32');
      const room = new Float32Array(6);
      await array.readInto?.(room, 3);
      expect([...room]).toEqual(ROWS.slice(9));
      await expect(array.readInto?.(room, 4)).rejects.toThrow(/SAE_FILE .*places 4 to 6/);
      expect((await named(opened, 'float64')).readInto).toBeUndefined();
    }));
});
