import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { SAEError } from '../../../src';
import { joined } from '../../../src/bytes';
import { bytesSource } from '../../../src/io/bytes/bytesSource';
import { openSafetensors } from '../../../src/io/safetensors/read';
import { headOf, safetensorsPieces, type WrittenTensor } from '../../../src/io/safetensors/write';

const fixtures = join(__dirname, '..', 'dictionaries', 'fixtures');
const written = (name: string) =>
  new Uint8Array(readFileSync(join(fixtures, name, 'sae_weights.safetensors')));
const open = (bytes: Uint8Array) => openSafetensors(bytesSource(bytes));

/** A file of such a header, and so many bytes behind it. */
const fileOf = (header: unknown, data = 0): Uint8Array =>
  joined([
    headOf(typeof header === 'string' ? header : JSON.stringify(header)),
    new Uint8Array(data),
  ]);

/** The code of what opening throws, within the time and memory that a stranger's file may take. */
async function refused(bytes: Uint8Array): Promise<string> {
  const start = performance.now();
  const outcome = await open(bytes).then(
    () => 'opened',
    (error: unknown) => (error instanceof SAEError ? error.code : String(error)),
  );
  expect(performance.now() - start).toBeLessThan(100);
  return outcome;
}

test.each(['saelens_gated', 'saelens_bfloat16', 'saelens_batchtopk_checkpoint'])(
  '%s is written as the format’s own library has written it, byte for byte',
  async (name) => {
    const bytes = written(name);
    const { tensors } = await open(bytes);
    const again = new Map<string, WrittenTensor>();
    // In another order: the writer has its own.
    for (const [key, { dtype, shape, bytes }] of [...tensors].reverse()) {
      again.set(key, { dtype, shape, bytes: await bytes() });
    }
    expect(joined(safetensorsPieces(again))).toEqual(bytes);
  },
);

test('rows of a tensor are read without the others', async () => {
  const bytes = written('saelens_standard');
  const source = bytesSource(bytes);
  const read: number[] = [];
  const { tensors } = await openSafetensors({
    ...source,
    read: (offset, length) => {
      read.push(length);
      return source.read(offset, length);
    },
  });
  const tensor = tensors.get('W_dec');
  const all = await tensor?.floats();
  read.length = 0;
  expect(await tensor?.floats(3, 2)).toEqual(all?.subarray(18, 30));
  expect(read).toEqual([48]);
  await expect(tensor?.floats(9, 2)).rejects.toThrow('SAE_FILE');
});

const t = (dtype: unknown, shape: unknown, data_offsets: unknown) => ({
  dtype,
  shape,
  data_offsets,
});

test.each<[string, Uint8Array]>([
  ['nothing', new Uint8Array()],
  ['a length and nothing', new Uint8Array(8)],
  ['a header of 100 MB', Uint8Array.of(0, 0, 0, 6, 0, 0, 0, 0, 123)],
  ['a header of 2⁶³ bytes', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 128, 123)],
  ['no JSON', fileOf('{"a":')],
  ['a list', fileOf('[]')],
  ['JSON a hundred thousand deep', fileOf(`{"a":${'['.repeat(1e5)}`)],
  ['a tensor that is a number', fileOf({ a: 1 })],
  ['no dtype', fileOf({ a: t(undefined, [1], [0, 4]) }, 4)],
  ['no shape', fileOf({ a: t('F32', 'x', [0, 4]) }, 4)],
  ['a negative length', fileOf({ a: t('F32', [-1], [0, 4]) }, 4)],
  ['a length and a half', fileOf({ a: t('F32', [1.5], [0, 6]) }, 6)],
  ['lengths whose product is not a number', fileOf({ a: t('F32', [1e300, 1e300, 0], [0, 4]) }, 4)],
  ['no place', fileOf({ a: t('F32', [1], 0) }, 4)],
  ['a place that is turned round', fileOf({ a: t('F32', [1], [4, 0]) }, 4)],
  ['a place before the data', fileOf({ a: t('F32', [1], [-4, 0]) }, 4)],
  ['a place behind the file', fileOf({ a: t('F32', [1], [4, 8]) }, 4)],
  ['more bytes than the shape has', fileOf({ a: t('F32', [1], [0, 8]) }, 8)],
  ['overlapping tensors', fileOf({ a: t('F32', [2], [0, 8]), b: t('F32', [2], [4, 12]) }, 12)],
  ['the same bytes twice', fileOf({ a: t('F32', [1], [0, 4]), b: t('F32', [1], [0, 4]) }, 4)],
  ['a gap', fileOf({ a: t('F32', [1], [0, 4]), b: t('F32', [1], [8, 12]) }, 12)],
  ['bytes behind the last tensor', fileOf({ a: t('F32', [1], [0, 4]) }, 5)],
  [
    'a name twice',
    fileOf(
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      4,
    ),
  ],
  ['metadata that is a text', fileOf({ __metadata__: 'x' })],
  ['a name of a million characters', fileOf({ ['a'.repeat(1e6)]: t('F32', [1], [0, 4]) }, 4)],
])('%s is refused', async (_, bytes) => {
  expect(await refused(bytes)).toBe('SAE_FILE');
});

test('a type of numbers that is not read is told of by name', async () => {
  const file = fileOf({ a: t('F8_E4M3', [4], [0, 4]) }, 4);
  await expect(open(file)).rejects.toThrow('SAE_UNSUPPORTED the file: expected numbers of type');
  await expect(open(file)).rejects.toThrow('F8_E4M3');
});

test('names that objects have of themselves are names like others', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const entries = names.map((name, i) => `"${name}":${JSON.stringify(t('U8', [1], [i, i + 1]))}`);
  const { tensors } = await open(fileOf(`{${entries.join(',')}}`, names.length));
  expect([...tensors.keys()].sort()).toEqual([...names].sort());
  expect(await tensors.get('__proto__')?.floats()).toEqual(Float32Array.of(0));
});

test('every beginning of a file is refused', async () => {
  const bytes = written('saelens_gated');
  for (let length = 0; length < bytes.length; length++) {
    expect(await refused(bytes.subarray(0, length))).toBe('SAE_FILE');
  }
});

test('damaged files open, or are refused with a code', async () => {
  const bytes = written('saelens_gated');
  const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const damaged = bytes.slice();
      for (const { at, to } of changes) damaged[at] = to;
      expect(await refused(damaged)).toMatch(/^(opened|SAE_FILE|SAE_UNSUPPORTED)$/);
    }),
    { seed: 21, numRuns: 3000 },
  );
});
