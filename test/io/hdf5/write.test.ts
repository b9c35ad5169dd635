import { DTYPE_BYTES, type Dtype } from '../../../src/io/bytes/dtypes';
import { bytesSource } from '../../../src/io/bytes/source';
import { readHdf5 } from '../../../src/io/hdf5/read';
import { hdf5Chunks } from '../../../src/io/hdf5/write';
import { concat } from '../zip/archive';

const DTYPES = Object.keys(DTYPE_BYTES) as Dtype[];

/** Datasets of bytes that follow from their place. */
const dataset = (path: string, shape: number[], dtype: Dtype, seed = 1) => {
  const bytes = shape.reduce((size, dim) => size * dim, DTYPE_BYTES[dtype]);
  const data = Uint8Array.from({ length: bytes }, (_, i) => (seed * 31 + i * 7) & 255);
  const cut = Math.floor(bytes / 3);
  return { path, shape, dtype, data: [data.subarray(0, cut), data.subarray(cut)] };
};

type Dataset = ReturnType<typeof dataset>;

async function expectBack(datasets: Dataset[], groups?: string[]): Promise<void> {
  const source = bytesSource(concat(hdf5Chunks(datasets, groups)));
  const file = await readHdf5(source);
  expect(file.datasets.size).toBe(datasets.length);
  for (const { path, shape, dtype, data } of datasets) {
    const found = file.datasets.get(path);
    if (found === undefined) throw new Error(`${path} is missing`);
    const bytes = await source.read(found.offset, found.bytes);
    const same = found.dtype === dtype && `${found.shape}` === `${shape}`;
    if (!same || Buffer.compare(bytes, concat(data)) !== 0) throw new Error(`${path} differs`);
  }
  for (const group of groups ?? []) expect(file.groups.has(group)).toBe(true);
}

it('writes every dtype and shape', async () => {
  const shapes = [[], [1], [0], [3, 0, 2], [2, 3], [5, 1, 1, 2]];
  const datasets = DTYPES.flatMap((dtype, d) =>
    shapes.map((shape, s) => dataset(`${dtype}/vars/${s}`, shape, dtype, d * 10 + s)),
  );
  await expectBack(datasets, ['nothing', 'nothing/inside', 'größe', 'float32/vars']);
});

it.each([0, 1, 8, 9, 16, 17, 256, 257, 300, 5000])('writes groups of %d', async (count) => {
  const datasets = Array.from({ length: count }, (_, i) =>
    dataset(`layers/dense/vars/${i}`, [1], i % 3 === 0 ? 'bfloat16' : 'int16', i),
  );
  await expectBack(datasets, ['layers/dense/vars']);
});

it('writes groups in groups', () =>
  expectBack([dataset('a/b/c/d/e/f/g/h/i/j/0', [2], 'float32')], ['a/b/x/y', 'a/b/c/d']));

it('sorts names as byte strings, and writes the same bytes for the same datasets', async () => {
  const names = ['b', '10', '\u{1f600}', 'a', '2', 'ab', '1', '\uff5e', 'B'];
  const datasets = names.map((name) => dataset(name, [1], 'int8'));
  const bytes = concat(hdf5Chunks(datasets));
  expect(bytes).toEqual(concat(hdf5Chunks([...datasets].reverse())));
  const { datasets: read } = await readHdf5(bytesSource(bytes));
  // Of the last two, UTF-16 would have the first one last.
  const sorted = ['1', '10', '2', 'B', 'a', 'ab', 'b', '\uff5e', '\u{1f600}'];
  expect([...read.keys()]).toEqual(sorted);
});

it('passes data on uncopied', () => {
  const { data, ...rest } = dataset('a', [6], 'float32');
  const chunks = hdf5Chunks([{ ...rest, data }]);
  for (const chunk of data) expect(chunks).toContain(chunk);
});

const one = dataset('a', [1], 'int8');
it.each<[string, Dataset[], string[], string]>([
  [
    'data of another length',
    [{ ...one, shape: [2] }],
    [],
    'hdf5 a: expected 2 bytes of data; received 1',
  ],
  ['two of one path', [one, one], [], 'one thing of each path; received "a"'],
  ['a group in place of a dataset', [one], ['a'], 'one thing of each path; received "a"'],
  ['a dataset in a dataset', [one, dataset('a/b', [1], 'int8')], [], 'one thing of each path'],
  ['an empty name', [], ['a//b'], 'names that a group can have; received "a//b"'],
  ['a slash first', [], ['/a'], 'names that a group can have; received "/a"'],
  ['a way out', [], ['a/..'], 'names that a group can have; received "a/.."'],
  ['a prototype', [], ['__proto__'], 'names that a group can have; received "__proto__"'],
  ['a long name', [], ['ä'.repeat(128)], 'names that a group can have'],
])('refuses %s', (_, datasets, groups, message) => {
  expect(() => hdf5Chunks(datasets, groups)).toThrow(message);
});
