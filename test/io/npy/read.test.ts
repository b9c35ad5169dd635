import { readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { fortranRows } from '../../../src/io/npy/fortran';
import { openNpy } from '../../../src/io/npy/read';
import { type NpyOptions, npyBytes, writeNpy } from '../../node/npyFile';

let root: string;
beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-npy-'));
});
afterEach(() => fs.rm(root, { recursive: true, force: true }));

const at = (name: string) => join(root, name);
const refused = (work: Promise<unknown>, message: string) =>
  expect(work).rejects.toMatchObject({ message: expect.stringContaining(message) });
const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** What numpy wrote, and what it says is in it: python-interop/make_npy_files.py. */
interface Written {
  file: string;
  descr: string;
  fortran: boolean;
  shape: number[];
  values: (number | boolean)[];
}
const WRITTEN: Written[] = JSON.parse(
  readFileSync(join(__dirname, 'fixtures', 'arrays.json'), 'utf8'),
);

describe('an array that numpy wrote', () => {
  test.each(WRITTEN.map((one) => [`${one.descr} ${one.fortran ? 'F' : 'C'} ${one.shape}`, one]))(
    '%s',
    async (_, { file, descr, shape, values }) => {
      const array = await openNpy(Buffer.from(file, 'base64'));
      expect([array.shape, array.dtype]).toEqual([shape, descr.slice(1)]);
      const [rows = 0] = shape;
      const expected = values.map(Number);
      expect(Array.from(await array.read(0, rows))).toEqual(expected);
      // And row by row, from the last to the first.
      const width = product(shape.slice(1));
      for (let row = rows - 1; row >= 0; row--) {
        const one = expected.slice(row * width, (row + 1) * width);
        expect(Array.from(await array.read(row, 1))).toEqual(one);
      }
      await array.close();
    },
  );

  test('is of every kind', () => {
    expect(new Set(WRITTEN.map(({ descr }) => descr)).size).toBe(21);
    expect(WRITTEN.filter(({ fortran }) => fortran)).toHaveLength(21 * 3);
    expect(new Set(WRITTEN.map(({ shape }) => shape.length))).toEqual(new Set([1, 2, 3, 4]));
  });

  test('as the transposed one of a report', async () => {
    // np.save(file, np.arange(12, dtype='float32').reshape(4, 3).T) but for its numbers
    const columns = Float32Array.from([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    const array = await openNpy(npyBytes(columns, [3, 4], { fortran: true }));
    expect(Array.from(await array.read(0, 3))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});

test('an order of Fortran is read in pieces of any size, from anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 4 }),
      fc.integer({ min: 1, max: 400 }),
      fc.nat(),
      fc.nat(),
      async (shape, slabBytes, from, many) => {
        const size = product(shape);
        const [length = 0] = shape;
        const width = size / length;
        // The place of each value in the file, by numpy's definition: the first axis is the fastest.
        const file = new Float64Array(size);
        for (let i = 0; i < size; i++) {
          let rest = i;
          let place = 0;
          for (let axis = shape.length - 1; axis >= 0; axis--) {
            const n = shape[axis] as number;
            place += (rest % n) * product(shape.slice(0, axis));
            rest = Math.floor(rest / n);
          }
          file[place] = i;
        }
        const asked: number[] = [];
        const read = fortranRows(
          async (start, count) => {
            asked.push(count * 8);
            return file.subarray(start, start + count);
          },
          shape,
          8,
          slabBytes,
        );
        for (const first of [from % length, 0]) {
          const rows = Math.min(length - first, 1 + (many % length));
          const expected = Array.from({ length: rows * width }, (_, i) => first * width + i);
          expect(Array.from(await read(first, rows))).toEqual(expected);
        }
        expect(Math.max(...asked)).toBeLessThanOrEqual(Math.max(slabBytes, 8 * width));
      },
    ),
  );
});

test.each([
  [new BigInt64Array([1n, -(2n ** 53n) - 1n]), '<i8'],
  [new BigInt64Array([1n, 2n ** 63n - 1n]), '<i8'],
  [new BigInt64Array([1n, -1n]), '<u8'],
])('integers that no double holds are refused: %j', async (values, descr) => {
  const array = await openNpy(await writeNpy(at('x.npy'), values, [2, 1], { descr }));
  await refused(array.read(0, 2), `SAE_UNSUPPORTED ${at('x.npy')}: expected integers below 2^53;`);
  expect(Array.from(await array.read(0, 1))).toEqual([1]);
  await array.close();
});

describe('a file that is no such array', () => {
  const values = new Float32Array(6);
  test.each<[string, NpyOptions, string]>([
    [
      'a dtype of objects',
      { descr: '|O' },
      'SAE_UNSUPPORTED PATH: expected an array of numbers; received dtype |O. Save it with np.save(file, x.astype(',
    ],
    ['floats of 16 bytes', { descr: '<f16' }, 'received dtype <f16.'],
    ['numbers without an order', { descr: '|f4' }, 'received dtype |f4.'],
    ['a name that every object has', { descr: '<toString' }, 'received dtype <toString.'],
    ['text', { descr: '<U1' }, 'received dtype <U1.'],
    ['complex numbers', { descr: '<c8' }, 'received dtype <c8.'],
    ['dates', { descr: '<M8[s]' }, 'received dtype <M8[s].'],
    [
      'a structured dtype',
      { header: "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }" },
      'received a structured array.',
    ],
    [
      'no order',
      { header: "{'descr': '<f4', 'shape': (2, 3), }" },
      'received a header without the order of its values.',
    ],
    [
      'no dtype',
      { header: "{'shape': (2, 3), }" },
      'SAE_FILE PATH: expected the header of a .npy file; received a header without a dtype.',
    ],
    ['an empty dtype', { descr: '' }, 'received a header without a dtype.'],
    [
      'no shape',
      { header: "{'descr': '<f4', 'fortran_order': False, }" },
      'received a header without a shape.',
    ],
    [
      'a negative shape',
      { header: "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -3), }" },
      'received a header without a shape.',
    ],
    [
      'a broken shape',
      { header: "{'descr': '<f4', 'fortran_order': False, 'shape': (1.5, 4), }" },
      'received a header without a shape.',
    ],
    [
      'code in its shape',
      { header: "{'descr': '<f4', 'fortran_order': False, 'shape': (exit(), 4), }" },
      'received a header without a shape.',
    ],
    [
      'a shape beyond all numbers',
      {
        header: `{'descr': '<f4', 'fortran_order': False, 'shape': (${Array(40).fill('9007199254740991').join(', ')}), }`,
      },
      'expected Infinity bytes for [',
    ],
    [
      'a shape of more',
      { header: "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3), }" },
      'SAE_FILE PATH: expected 36 bytes for [3, 3] of f4; received 24. Download or copy it again.',
    ],
    [
      'a shape of less',
      { header: "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }" },
      'expected 12 bytes for [1, 3] of f4; received 24.',
    ],
    ['a header without end', { header: ' '.repeat(20_000) }, 'received a header of 20'],
  ])('but has %s is refused', async (_, options, message) => {
    const file = await writeNpy(at('x.npy'), values, [2, 3], options);
    await refused(openNpy(file), message.replace('PATH', file));
  });

  test.each([0, 1, 5, 8, 11, 40, 127])('but ends after %d bytes is refused', async (length) => {
    await fs.writeFile(at('x.npy'), npyBytes(values, [2, 3]).subarray(0, length));
    await refused(openNpy(at('x.npy')), `SAE_FILE ${at('x.npy')}: expected`);
  });

  test('but ends in the middle of its values is refused', async () => {
    await fs.writeFile(at('x.npy'), npyBytes(values, [2, 3]).subarray(0, 140));
    await refused(openNpy(at('x.npy')), 'expected 24 bytes for [2, 3] of f4; received 12.');
  });

  test('but something else is refused', async () => {
    await fs.writeFile(at('x.npz'), 'PK\u0003\u0004 and so on');
    await refused(
      openNpy(at('x.npz')),
      'expected a .npy file; received a zip, as .npz files are. Save one array with np.save.',
    );
    await fs.writeFile(at('x.csv'), '1,2,3\n');
    await refused(
      openNpy(at('x.csv')),
      'expected a .npy file; received something else. Save the array with np.save.',
    );
    await refused(
      openNpy(at('none.npy')),
      'expected a file that can be read; received nothing there.',
    );
    await refused(openNpy(root), 'expected a file; received a folder.');
  });
});
