import { randomBytes } from 'node:crypto';
import { zipSync } from 'fflate';
import { memberSource, readMember, streamMember, zipMembers } from '../../../src/io/zip/read';
import { zipChunks } from '../../../src/io/zip/write';
import { refusal } from '../../refusal';
import { concat, fixture, named, readAll } from './archive';

// Long because it is a list: one line of what is done to an archive, one of what is said about it.

const text = (value: string) => new TextEncoder().encode(value);
const CONFIG = text('{"a": 1, "b": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}');
const WEIGHTS = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 7);
const stored = () =>
  concat(
    zipChunks([
      { name: 'config.json', chunks: [CONFIG] },
      { name: 'model.weights.h5', chunks: [WEIGHTS] },
    ]),
  );
const deflated = (level: 0 | 6 = 6) =>
  zipSync({ 'config.json': CONFIG, 'model.weights.h5': WEIGHTS }, { level });

it("lists a Keras file's members in order", async () => {
  const members = await zipMembers(named(fixture('gsae_trained')));
  expect(members.map((m) => [m.name, m.size, m.offset, m.method, m.crc])).toEqual([
    ['metadata.json', 64, 43, 'stored', 2652955236],
    ['config.json', 1160, 148, 'stored', 3425614271],
    ['model.weights.h5', 17024, 1354, 'stored', 928436714],
  ]);
});

it.each([
  ['stored', stored()],
  ['deflated', deflated()],
  ['stored by another program', deflated(0)],
])('reads members that are %s', async (_, bytes) => {
  const contents = await readAll(bytes);
  expect([...contents.keys()]).toEqual(['config.json', 'model.weights.h5']);
  expect(contents.get('config.json')).toEqual(CONFIG);
  expect(Buffer.compare(contents.get('model.weights.h5') ?? CONFIG, WEIGHTS)).toBe(0);
  const source = named(bytes);
  const [config, weights] = await zipMembers(source);
  if (config === undefined || weights === undefined) throw new Error('members are missing');
  const random = await memberSource(source, weights);
  expect([random.size, random.name]).toEqual([WEIGHTS.length, 'sae.keras']);
  expect(await random.read(70_000, 9)).toEqual(WEIGHTS.slice(70_000, 70_009));
  expect(await readMember(source, config, 1000)).toEqual(CONFIG);
  await expect(readMember(source, config, 10)).toBeRefused(
    'SAE_FILE',
    'sae.keras',
    `expected config.json of at most 10 bytes; received ${CONFIG.length}. Check that it is the right file.`,
  );
});

it('passes a long member on in several chunks, in order', async () => {
  const long = Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * i) >> 9);
  for (const bytes of [concat(zipChunks([{ name: 'a', chunks: [long] }])), zipSync({ a: long })]) {
    const source = named(bytes);
    const [member] = await zipMembers(source);
    let chunks = 0;
    let next = 0;
    if (member === undefined) throw new Error('no member');
    await streamMember(source, member, {
      take: (chunk, at) => {
        if (at !== next) throw new Error(`${at} after ${next}`);
        next += chunk.length;
        chunks++;
      },
    });
    expect(next).toBe(long.length);
    expect(chunks).toBeGreaterThan(1);
  }
});

it('skips a comment at the end', async () => {
  const bytes = stored();
  const comment = text('PK\x05\x06 is how an end begins, and this is none');
  const view = new DataView(bytes.buffer);
  view.setUint16(bytes.length - 2, comment.length, true);
  expect((await readAll(concat([bytes, comment]))).size).toBe(2);
});

/** Where the headers of the second member are, and the end. */
const size = stored().length;
const END = size - 22;
const DIRECTORY = END - (46 + 11) - (46 + 16);
const LINE = DIRECTORY + 46 + 11;
const HEADER = 30 + 11 + CONFIG.length;

type Change = (view: DataView, bytes: Uint8Array) => void;
const put8 =
  (at: number, value: number): Change =>
  (view) =>
    view.setUint8(at, value);
const put16 =
  (at: number, value: number): Change =>
  (view) =>
    view.setUint16(at, value, true);
const put32 =
  (at: number, value: number): Change =>
  (view) =>
    view.setUint32(at, value, true);
const both =
  (...changes: Change[]): Change =>
  (view, bytes) => {
    for (const change of changes) change(view, bytes);
  };
const rename =
  (name: string): Change =>
  (_, bytes) => {
    bytes.set(text(name), HEADER + 30);
    bytes.set(text(name), LINE + 46);
  };

const AGAIN = 'Download or copy it again.';
const SAVE = 'Save it again with the program that wrote it.';
const OTHER_HEADER = `model.weights.h5 as the list of members has it; received another header before its data. ${AGAIN}`;

it.each<[string, Change, string]>([
  ['another checksum', put32(LINE + 16, 1), OTHER_HEADER],
  [
    'another checksum in both places',
    both(put32(LINE + 16, 1), put32(HEADER + 14, 1)),
    `model.weights.h5 as it was written; received another checksum. ${AGAIN}`,
  ],
  [
    'other data',
    put8(HEADER + 500, 99),
    `model.weights.h5 as it was written; received another checksum. ${AGAIN}`,
  ],
  ['another name before the data', put8(HEADER + 30, 65), OTHER_HEADER],
  ['a shorter name before the data', put16(HEADER + 26, 3), OTHER_HEADER],
  ['another size before the data', put32(HEADER + 22, 5), OTHER_HEADER],
  ['another method before the data', put16(HEADER + 8, 8), OTHER_HEADER],
  ['encryption before the data', put16(HEADER + 6, 1), OTHER_HEADER],
  ['a descriptor in one place', put16(HEADER + 6, 8), OTHER_HEADER],
  [
    'encryption',
    put16(LINE + 8, 1),
    `model.weights.h5 as anybody can read it; received encrypted data. ${SAVE}`,
  ],
  [
    'another method',
    put16(LINE + 10, 12),
    `model.weights.h5 stored or deflated; received compression method 12. ${SAVE}`,
  ],
  [
    'a stored member of two sizes',
    both(put32(LINE + 24, 99), put32(HEADER + 22, 99)),
    `model.weights.h5 of a size that its data can have; received 99 bytes out of 100000. ${SAVE}`,
  ],
  [
    'a name for two',
    (_, bytes) => {
      bytes.set(text('config.json'), LINE + 46);
      new DataView(bytes.buffer).setUint16(LINE + 28, 11, true);
      new DataView(bytes.buffer).setUint16(LINE + 30, 5, true);
    },
    `one config.json; received two. ${SAVE}`,
  ],
  ['a way out', rename('../model.weights'), inside('../model.weights')],
  ['a way out in the middle', rename('a/../del.weights'), inside('a/../del.weights')],
  ['an absolute name', rename('/odel.weights.h5'), inside('/odel.weights.h5')],
  ['a drive', rename('C:del.weights.h5'), inside('C:del.weights.h5')],
  ['a backslash', rename('m\\del.weights.h5'), inside('m\\del.weights.h5')],
  ['a zero', rename('m\0del.weights.h5'), inside('m\0del.weights.h5')],
  [
    'a name that is no text',
    put8(LINE + 46, 0xff),
    `names of members in UTF-8; received other bytes. ${SAVE}`,
  ],
  [
    'members one over the other',
    put32(LINE + 42, 20),
    `model.weights.h5 in bytes of its own; received bytes of another member. ${SAVE}`,
  ],
  [
    'a member elsewhere',
    put32(LINE + 42, HEADER + 1),
    `model.weights.h5 at ${HEADER + 1}; received something else. ${AGAIN}`,
  ],
  [
    'a member outside',
    put32(LINE + 42, 0xfffffff0),
    `model.weights.h5 inside the archive; received none. ${AGAIN}`,
  ],
  [
    'a member that reaches over the list',
    both(put32(LINE + 20, 100_001), put32(HEADER + 18, 100_001)),
    `model.weights.h5 of 100001 bytes; received an archive that ends before. ${AGAIN}`,
  ],
  [
    'a size for Zip64 without one',
    both(put32(LINE + 20, 0xffffffff), put32(LINE + 24, 0xffffffff)),
    `model.weights.h5 of 4294967295 bytes; received an archive that ends before. ${AGAIN}`,
  ],
  ['no list', put32(LINE, 0), `line 2 of the list of members; received something else. ${AGAIN}`],
  [
    'a list that breaks off',
    put16(LINE + 30, 60_000),
    `line 2 of the list of members; received one that breaks off. ${AGAIN}`,
  ],
  [
    'too few lines',
    both(put16(END + 8, 3), put16(END + 10, 3)),
    `line 3 of the list of members; received something else. ${AGAIN}`,
  ],
  [
    'too many lines',
    both(put16(END + 8, 1), put16(END + 10, 1)),
    `a list of 1 members; received more behind it. ${AGAIN}`,
  ],
  [
    'far too many lines',
    both(put16(END + 8, 60_000), put16(END + 10, 60_000)),
    `at most 16 members; received 60000. ${SAVE}`,
  ],
  [
    'a list elsewhere',
    put32(END + 16, DIRECTORY - 1),
    `a list of members that ends at ${END}; received one from ${DIRECTORY - 1} to ${END - 1}. ${AGAIN}`,
  ],
  [
    'parts on other disks',
    put16(END + 4, 1),
    `a ZIP archive in one file; received a part of one. ${SAVE}`,
  ],
  ['no end', put32(END, 0), `a whole ZIP archive; received one that breaks off. ${AGAIN}`],
  [
    'nothing of an archive',
    (_, bytes) => bytes.fill(0),
    `a ZIP archive, as .keras files are; received another kind of file. ${AGAIN}`,
  ],
])('refuses an archive with %s', async (_, change, message) => {
  const bytes = stored();
  change(new DataView(bytes.buffer), bytes);
  await expect(readAll(bytes)).toBeRefused('SAE_FILE', 'sae.keras', `expected ${message}`);
});

function inside(name: string): string {
  return `names of members inside the archive; received ${JSON.stringify(name)}. ${SAVE}`;
}

it('refuses an archive that ends anywhere else than it should', async () => {
  const bytes = stored();
  for (let length = 0; length < size; length += length < 300 || length > size - 300 ? 1 : 997) {
    await expect(readAll(bytes.subarray(0, length))).toBeRefused('SAE_FILE', 'sae.keras');
  }
  expect(await refusal(readAll(concat([bytes, Uint8Array.of(0)])))).toMatch('one that breaks off');
});

/** A deflated archive whose member says that it is of another size. */
function liar(size: number, data = new Uint8Array(1_000_000)): Uint8Array {
  const bytes = zipSync({ a: data }, { level: 9 });
  const view = new DataView(bytes.buffer);
  const line = bytes.length - 22 - 47;
  view.setUint32(line + 24, size, true);
  view.setUint32(22, size, true);
  return bytes;
}

it.each([
  [999_999, `a as it was written; received more bytes. ${AGAIN}`],
  [0, `a as it was written; received more bytes. ${AGAIN}`],
  [1_000_001, `a as it was written; received fewer bytes. ${AGAIN}`],
])('refuses a member of 1000000 bytes that says %d', async (size, message) => {
  await expect(readAll(liar(size))).toBeRefused('SAE_FILE', 'sae.keras', `expected ${message}`);
});

it('refuses more bytes than deflate can make of so few, and too many, at once', async () => {
  const before = process.memoryUsage().rss;
  expect(await refusal(readAll(liar(0xfffffff0)))).toMatch(
    /expected a of a size that its data can have; received 4294967280 bytes out of \d{3}\./,
  );
  const noise = new Uint8Array(randomBytes(3_000_000));
  expect(await refusal(readAll(liar(0xb0000000, noise)))).toMatch(
    'expected a of at most 2147483648 bytes, or stored; received 2952790016.',
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
});

it('refuses data that cannot be inflated', async () => {
  const bytes = deflated();
  bytes[41] = 0xff;
  await expect(readAll(bytes)).toBeRefused(
    'SAE_FILE',
    'sae.keras',
    `expected config.json as it was written; received data that cannot be inflated. ${AGAIN}`,
  );
});

it.each([
  ['badcrc_stored', 'expected model.weights.h5 as it was written; received another checksum.'],
  ['duplicate_member', 'expected one config.json; received two.'],
  ['truncated_60pct', 'expected a whole ZIP archive; received one that breaks off.'],
])('refuses %s.keras', async (name, message) => {
  expect(await refusal(readAll(fixture(name, 'hostile')))).toMatch(message);
});
