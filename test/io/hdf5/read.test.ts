import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ByteSource, bytesSource, windowOf } from '../../../src/io/bytes/source';
import { readHdf5 } from '../../../src/io/hdf5/read';
import { hdf5Chunks } from '../../../src/io/hdf5/write';
import { zipMembers } from '../../../src/io/zip/read';
import { cpuTime } from '../../cpuTime';
import { refusal } from '../../refusal';
import { concat, fixture, named } from '../zip/archive';

// Long because it is a list: one line of what stands in a file, one of what is said about it.

const h5 = (name: string) =>
  new Uint8Array(readFileSync(join(__dirname, 'fixtures', `${name}.h5`)));

/** The weights in a Keras file. */
async function weightsOf(name: string, folder?: string): Promise<ByteSource> {
  const source = named(fixture(name, folder));
  const member = (await zipMembers(source)).find((m) => m.name === 'model.weights.h5');
  return windowOf(source, member?.offset ?? 0, member?.size ?? 0);
}

it.each([
  ['gsae_trained', 3, 19],
  ['gsae_trained_keras3.3.3', 3, 19],
  ['gsae_const_lr', 3, 20],
  ['gsae_built', 1, 6],
  ['gsae_float16', 1, 6],
  ['functional_sub', 12, 32],
  ['sequential_mlp', 14, 25],
])('reads what is in %s.keras', async (name, groups, datasets) => {
  const file = await readHdf5(await weightsOf(name));
  expect([file.groups.size, file.datasets.size]).toEqual([groups, datasets]);
});

it('tells where a dataset is and what it is', async () => {
  const source = await weightsOf('gsae_trained');
  const { groups, datasets } = await readHdf5(source);
  expect([...groups]).toEqual(['optimizer', 'optimizer/vars', 'vars']);
  expect(datasets.get('vars/4')).toEqual({
    path: 'vars/4',
    shape: [12, 8],
    dtype: 'float32',
    offset: 8240,
    bytes: 384,
  });
  expect(datasets.get('optimizer/vars/0')).toMatchObject({ shape: [], dtype: 'int64', bytes: 8 });
  // h5py's order is that of byte strings.
  expect([...datasets.keys()].slice(0, 4)).toEqual(
    ['0', '1', '10', '11'].map((i) => `optimizer/vars/${i}`),
  );
});

it('reads every dtype, empty and single values, and groups without anything in them', async () => {
  const { groups, datasets } = await readHdf5(bytesSource(h5('dtypes')));
  expect([...groups]).toEqual(['nothing', 'vars']);
  for (const { path, dtype } of datasets.values()) {
    if (path.startsWith('vars/')) expect(path).toBe(`vars/${dtype}`);
  }
  expect(datasets.get('scalar')).toMatchObject({ shape: [], bytes: 4 });
  expect(datasets.get('empty')).toMatchObject({ shape: [0, 3], offset: 0, bytes: 0 });
  expect(datasets.size).toBe(15);
});

it('reads many names, and headers in several parts', async () => {
  const { groups } = await readHdf5(bytesSource(h5('many')));
  expect(groups.size).toBe(13);
  expect(groups.has('vars/11')).toBe(true);
});

it('reads no data', async () => {
  const source = bytesSource(
    concat(
      hdf5Chunks(
        ['a', 'b'].map((path) => ({
          path,
          shape: [1_000_000],
          dtype: 'float32' as const,
          data: [new Uint8Array(4_000_000)],
        })),
      ),
    ),
  );
  let read = 0;
  await readHdf5({
    ...source,
    read: (offset, length) => {
      read += length;
      return source.read(offset, length);
    },
  });
  expect(read).toBeLessThan(10_000);
});

const SAVE = 'Save it again with model.save of Keras 3.';
const NAMES = 'names in the root group of at most 255 bytes, without / and dots alone; received';
it.each([
  ['latest', `an HDF5 file as Keras writes it; received a file saved with libver="latest".`],
  ['tracked', 'a as Keras writes it; received an object saved with libver="latest".'],
  ['chunked', 'contiguous data in a; received chunked data.'],
  ['compressed', 'a as Keras writes it; received compressed data.'],
  ['external', 'a as Keras writes it; received data in other files.'],
  ['virtual', 'contiguous data in a; received a virtual dataset.'],
  ['compact', 'contiguous data in a; received compact data.'],
  ['unwritten', 'contiguous data in a; received data that was never written.'],
  ['soft_link', 'a as a group or an array; received a soft link.'],
  [
    'external_link',
    'the root group as Keras writes it; received a group with external links, or saved with libver="latest".',
  ],
  ['hard_link', 'b in a place of its own; received a second link to the same place.'],
  ['cycle', 'a/b/c in a place of its own; received a second link to the same place.'],
  ['big_endian', 'little-endian numbers in a; received big-endian floats.'],
  ['strings', 'little-endian numbers in a; received strings.'],
  ['records', 'little-endian numbers in a; received records.'],
  ['opaque', 'little-endian numbers in a; received opaque bytes that do not say "bfloat16".'],
  ['null', 'values in a; received no shape.'],
  ['named_type', 'a with a datatype of its own; received one that others share.'],
  ['proto', `${NAMES} "__proto__".`],
  ['long_name', `${NAMES} a longer one.`],
])('refuses %s.h5', async (name, message) => {
  await expect(readHdf5(bytesSource(h5(name), 'x.h5'))).toBeRefused(
    'SAE_FILE',
    'x.h5',
    `expected ${message} ${SAVE}`,
  );
});

it.each([
  ['h5_1_2GB_fill', `contiguous data in vars/0; received chunked data. ${SAVE}`],
  ['h5_softcycle', `a as a group or an array; received a soft link. ${SAVE}`],
])('refuses %s.keras', async (name, message) => {
  await expect(readHdf5(await weightsOf(name, 'hostile'))).toBeRefused(
    'SAE_FILE',
    'sae.keras',
    `expected ${message}`,
  );
});

/** A small file: its root at 336, `a` of 2 × 3 float32 at 96. */
const small = () =>
  concat(
    hdf5Chunks([
      { path: 'a', shape: [2, 3], dtype: 'float32', data: [new Uint8Array(24).fill(1)] },
      { path: 'b', shape: [1], dtype: 'float32', data: [new Uint8Array(4).fill(1)] },
    ]),
  );
const find = (text: string) => Buffer.from(small()).indexOf(text, 0, 'latin1');
const HEAP = find('HEAP');
const LEAF = find('SNOD');
const TREE = find('TREE');
const HEADER = 96;
const SPACE = HEADER + 16 + 8;
const TYPE = SPACE + 24 + 8;
const LAYOUT = TYPE + 24 + 8 + 8 + 8;
const NEXT = LAYOUT + 24;

const AGAIN = 'Download or copy it again.';
const FAR = 0x7fffffff;
it.each<[string, (view: DataView) => void, string]>([
  ['another signature', (v) => v.setUint8(1, 0), 'an HDF5 file; received another kind of file.'],
  [
    'another version',
    (v) => v.setUint8(8, 1),
    `an HDF5 file as Keras writes it; received versions 1.0.0.0 and sizes 8 and 8. ${SAVE}`,
  ],
  [
    'short addresses',
    (v) => v.setUint8(13, 4),
    `an HDF5 file as Keras writes it; received versions 0.0.0.0 and sizes 4 and 8. ${SAVE}`,
  ],
  ['another start', (v) => v.setUint8(24, 8), 'an HDF5 file from its first byte'],
  ['a later end', (v) => v.setUint32(40, FAR, true), `an HDF5 file of ${FAR} bytes; received`],
  [
    'a root elsewhere',
    (v) => v.setUint32(64, FAR, true),
    `root group inside the file; received 16`,
  ],
  ['a root in the middle', (v) => v.setUint32(64, HEADER + 8, true), 'the root group; received no'],
  [
    'no group as root',
    (v) => v.setUint32(64, HEADER, true),
    'with one symbol table; received none',
  ],
  [
    'a soft link as root',
    (v) => v.setUint32(72, 2, true),
    'a root group; received an entry of kind 2',
  ],
  [
    'no tree',
    (v) => v.setUint8(TREE, 0),
    'a tree of names in the root group; received something else',
  ],
  [
    'a tree too high',
    (v) => v.setUint8(TREE + 5, 200),
    'a tree of names in the root group; received something else',
  ],
  [
    'a tree of trees',
    (v) => v.setUint8(TREE + 5, 1),
    'a tree of names in the root group; received something else',
  ],
  [
    'a long tree',
    (v) => v.setUint16(TREE + 6, 65535, true),
    'the root group inside the file; received',
  ],
  [
    'a tree that leads nowhere',
    (v) => v.setUint32(TREE + 32, FAR, true),
    `the root group inside the file; received 8 bytes at ${FAR}.`,
  ],
  [
    'a tree to itself',
    (v) => v.setUint32(TREE + 32, TREE, true),
    'a second link to the same place',
  ],
  [
    'no list',
    (v) => v.setUint8(LEAF, 0),
    'a list of names in the root group; received something else',
  ],
  [
    'a long list',
    (v) => v.setUint16(LEAF + 6, 60000, true),
    'the root group inside the file; received',
  ],
  [
    'two of one name',
    (v) => v.setUint32(LEAF + 8 + 40, 8, true),
    'one a in the root group; received two',
  ],
  ['a name elsewhere', (v) => v.setUint32(LEAF + 8, FAR, true), `${NAMES} one outside its heap.`],
  ['an empty name', (v) => v.setUint32(LEAF + 8, 0, true), `${NAMES} "".`],
  ['a name with a slash', (v) => v.setUint8(HEAP + 40, 47), `${NAMES} "/".`],
  ['a dot', (v) => v.setUint8(HEAP + 40, 46), `${NAMES} ".".`],
  ['two dots', (v) => v.setUint16(HEAP + 40, 0x2e2e), `${NAMES} "..".`],
  ['a name that is no text', (v) => v.setUint8(HEAP + 40, 0xff), `${NAMES} one that is no text.`],
  [
    'no heap',
    (v) => v.setUint8(HEAP, 0),
    'a heap of names in the root group; received something else',
  ],
  ['a long heap', (v) => v.setUint32(HEAP + 8, FAR, true), `received ${FAR} bytes at`],
  [
    'a kind of link that nobody knows',
    (v) => v.setUint32(LEAF + 24, 9, true),
    `a as a group or an array; received an entry of kind 9. ${SAVE}`,
  ],
  ['an object version', (v) => v.setUint8(HEADER, 3), 'a; received no object there.'],
  ['many messages', (v) => v.setUint16(HEADER + 2, 2000, true), 'a; received no object there.'],
  ['one more message', (v) => v.setUint16(HEADER + 2, 5, true), 'a of 5 messages; received 4.'],
  [
    'a long header',
    (v) => v.setUint32(HEADER + 8, FAR, true),
    `a inside the file; received ${FAR}`,
  ],
  [
    'a long message',
    (v) => v.setUint16(SPACE - 6, 60000, true),
    'a; received a header that breaks off.',
  ],
  [
    'an unknown message',
    (v) => v.setUint8(SPACE - 8, 99),
    `a as Keras writes it; received a message of`,
  ],
  ['no shape', (v) => v.setUint8(SPACE - 8, 5), 'a with one shape; received none.'],
  ['two shapes', (v) => v.setUint8(TYPE - 8, 1), 'a with one shape; received two.'],
  [
    'a continuation elsewhere',
    (v) => {
      v.setUint8(SPACE - 8, 0x10);
      v.setUint32(SPACE, FAR, true);
    },
    `a inside the file; received 2 bytes at ${FAR}.`,
  ],
  ['a shape version', (v) => v.setUint8(SPACE, 9), 'the shape of a; received version 9.'],
  ['many dimensions', (v) => v.setUint8(SPACE + 1, 3), 'the shape of a; received 3 dimensions.'],
  [
    'a long dimension',
    (v) => v.setUint32(SPACE + 8, 1e9, true),
    'in a, as its shape tells; received 24.',
  ],
  [
    'a dimension without end',
    (v) => v.setUint32(SPACE + 12, 0xffffffff, true),
    'a of a size that a file can have; received [18446744069414584000, 3].',
  ],
  ['wider values', (v) => v.setUint8(TYPE + 4, 8), 'floats that numpy does not have.'],
  ['big-endian values', (v) => v.setUint8(TYPE + 1, 0x21), 'received big-endian floats.'],
  ['an unknown datatype', (v) => v.setUint8(TYPE, 0x1f), 'received an unknown datatype.'],
  ['an old layout', (v) => v.setUint32(LAYOUT, 0x00010201, true), 'a layout of version 1.'],
  [
    'an unknown layout',
    (v) => v.setUint8(LAYOUT + 1, 9),
    'contiguous data in a; received layout 9.',
  ],
  [
    'data elsewhere',
    (v) => v.setUint32(LAYOUT + 2, FAR, true),
    'the data of a inside the file; received',
  ],
  [
    'another length',
    (v) => v.setUint32(LAYOUT + 10, 25, true),
    '24 bytes in a, as its shape tells; received 25.',
  ],
  [
    'data of another dataset',
    (v) => v.setUint32(NEXT + (LAYOUT - HEADER) - 8 + 2, v.getUint32(LAYOUT + 2, true), true),
    'in bytes of its own; received those of another dataset.',
  ],
])('refuses a file with %s', async (_, change, message) => {
  const bytes = small();
  change(new DataView(bytes.buffer));
  expect(await refusal(readHdf5(bytesSource(bytes, 'x.h5')))).toMatch(
    new RegExp(`^SAE_FILE x\\.h5: expected .*${message.replace(/[.[\]/"]/g, '\\$&')}`),
  );
});

it('refuses a file that breaks off, anywhere', async () => {
  const bytes = h5('dtypes');
  for (let length = 0; length < bytes.length; length += 61) {
    expect(await refusal(readHdf5(bytesSource(bytes.subarray(0, length))))).toMatch(AGAIN);
  }
});

it('goes 32 groups deep', async () => {
  const deep = (depth: number) =>
    readHdf5(bytesSource(concat(hdf5Chunks([], [Array(depth).fill('g').join('/')]))));
  expect((await deep(32)).groups.size).toBe(32);
  expect(await refusal(deep(33))).toMatch('expected groups at most 32 deep; received deeper ones.');
});

it('tires of a file that has it read the same over and over', async () => {
  // Entries whose objects overlap, each one message further than the one before.
  const count = 1000;
  const headers = 2 ** 13;
  const bytes = new Uint8Array(
    concat(
      hdf5Chunks(
        [],
        Array.from({ length: count }, (_, i) => `${i}`.padStart(4, '0')),
      ),
    ),
  );
  const start = bytes.length;
  const all = concat([bytes, new Uint8Array(headers * 16)]);
  const view = new DataView(all.buffer);
  view.setUint32(40, all.length, true);
  for (let i = 0; i < headers; i++) {
    all.set([1, 0, 0, 1, 1, 0, 0, 0], start + i * 16); // 256 messages
    view.setUint32(start + i * 16 + 8, (headers - i) * 16 - 16, true);
  }
  let entry = 0;
  for (let leaf = 0; ; leaf++) {
    leaf = Buffer.from(all.buffer).indexOf('SNOD', leaf);
    if (leaf < 0) break;
    for (let i = 0; i < view.getUint16(leaf + 6, true); i++, entry++) {
      view.setUint32(leaf + 8 + i * 40 + 8, start + entry * 16, true);
      view.setUint32(leaf + 8 + i * 40 + 16, 0, true);
    }
  }
  const begin = cpuTime();
  await refusal(readHdf5(bytesSource(all)));
  expect(cpuTime() - begin).toBeLessThan(500);
});
