import { bytesSource } from '../../../src/io/bytes/source';
import { openTorch } from '../../../src/io/torch/read';
import { fileOf, WRITTEN, type WrittenTensor, written } from './written';

const open = (name: string) => openTorch(bytesSource(fileOf(written(name)), 'ae.pt'));

const NUMBERS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
};
const floatsOf = ({ values }: WrittenTensor) =>
  Float32Array.from(
    values,
    (value) => (typeof value === 'string' ? NUMBERS[value] : value) as number,
  );

/** A value as the script writes it down. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return { python: `${value}` };
  if (value === Number.POSITIVE_INFINITY) return { python: 'inf' };
  return value;
}

describe('a file that torch wrote', () => {
  test.each(WRITTEN.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const { tensors, values } = await openTorch(bytesSource(fileOf(one), 'ae.pt'));
    const plainValues = [...values].map(([name, value]) => [name, plain(value)]);
    expect(plainValues).toEqual(Object.entries(one.values));
    expect(new Set(tensors.keys())).toEqual(new Set(Object.keys(one.tensors)));
    for (const [name, tensor] of tensors) {
      const expected = one.tensors[name] as WrittenTensor;
      expect([name, tensor.dtype, tensor.shape]).toEqual([name, expected.dtype, expected.shape]);
      expect(Buffer.from(await tensor.bytes()).toString('base64')).toBe(expected.bytes);
      const floats = floatsOf(expected);
      expect([name, await tensor.floats()]).toEqual([name, floats]);
      // And place by place along the first axis, from the last to the first.
      const [length = 1, ...inner] = tensor.shape;
      const width = inner.reduce((a, b) => a * b, 1);
      for (let i = length - 1; i >= 0; i--) {
        const row = floats.subarray(i * width, (i + 1) * width);
        expect(await tensor.floats(i, 1)).toEqual(row);
      }
    }
  });

  test('is of every kind', () => {
    const dtypes = new Set(
      WRITTEN.flatMap(({ tensors }) => Object.values(tensors).map(({ dtype }) => dtype)),
    );
    expect(dtypes.size).toBe(13);
    expect(WRITTEN.filter(({ name }) => name.startsWith('dictionary_learning'))).toHaveLength(9);
    expect(WRITTEN.filter(({ name }) => name.endsWith('legacy')).length).toBeGreaterThan(10);
  });
});

test('names that JavaScript has its own use for are names', async () => {
  const { tensors } = await open('nested');
  expect([...tensors.keys()]).toContain('__proto__.x');
  expect({}).not.toHaveProperty('x');
});

test.each(['tensor', 'views', 'deflated', 'big-endian'])(
  'rows past the end of those of %s are refused',
  async (name) => {
    const { tensors } = await open(name);
    const [tensor] = [...tensors.values()];
    const [length = 0] = tensor?.shape ?? [];
    await expect(tensor?.floats(length - 1, 2)).toBeRefused('SAE_FILE', 'ae.pt', 'expected places');
    await expect(tensor?.floats(-1, 1)).toBeRefused('SAE_FILE', 'ae.pt', 'expected places');
  },
);

test('a part of a tensor is read without the rest', async () => {
  const source = bytesSource(fileOf(written('tensor')), 'ae.pt');
  let read = 0;
  const counting = {
    ...source,
    read: (offset: number, length: number) => {
      read += length;
      return source.read(offset, length);
    },
  };
  const { tensors } = await openTorch(counting);
  read = 0;
  expect(await tensors.get('')?.floats(1, 1)).toEqual(Float32Array.of(0.125, 0.5, 0.875));
  expect(read).toBe(3 * Float32Array.BYTES_PER_ELEMENT);
});

test('numbers that are not those that were written are found by their checksum', async () => {
  const bytes = fileOf(written('tensor'));
  const value = Buffer.from(Float32Array.of(0.5).buffer);
  const at = Buffer.from(bytes).indexOf(value);
  bytes[at] = (bytes[at] as number) ^ 1;
  const tensor = (await openTorch(bytesSource(bytes, 'ae.pt'))).tensors.get('');
  for (let i = 0; i < 2; i++) {
    await expect(tensor?.floats()).toBeRefused('SAE_FILE', 'ae.pt', 'expected archive/data/0');
  }
});
