import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Openable, openSource, windowOf } from '../../../src/io/bytes/source';
import { refusal } from '../../refusal';

const BYTES = Uint8Array.from({ length: 100 }, (_, i) => i);

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'gated-sae-bytes-'));
  path = join(folder, 'a file.bin');
  await fs.writeFile(path, BYTES);
});
afterAll(() => fs.rm(folder, { recursive: true }));

const inTheMiddle = new Uint8Array(120);
inTheMiddle.set(BYTES, 10);

it.each<[string, () => Openable, () => string]>([
  ['a path', () => path, () => path],
  ['a file: address', () => pathToFileURL(path), () => path],
  ['a file: address as text', () => pathToFileURL(path).href, () => path],
  ['a Blob', () => new Blob([BYTES]), () => 'Blob'],
  ['a File', () => new File([BYTES], 'chosen.keras'), () => 'chosen.keras'],
  ['an ArrayBuffer', () => BYTES.slice().buffer, () => 'bytes'],
  ['a view', () => inTheMiddle.subarray(10, 110), () => 'bytes'],
  ['a DataView', () => new DataView(inTheMiddle.buffer, 10, 100), () => 'bytes'],
  [
    'a data: address',
    () => `data:;base64,${Buffer.from(BYTES).toString('base64')}`,
    () => 'data: address',
  ],
  ['a blob: address', () => blobAddress, () => blobAddress],
])('reads %s in any order, and nothing beyond', async (_, given, name) => {
  const source = await openSource(given());
  try {
    expect([source.name, source.size]).toEqual([name(), 100]);
    expect([...(await source.read(98, 2))]).toEqual([98, 99]);
    expect([...(await source.read(3, 4))]).toEqual([3, 4, 5, 6]);
    expect((await source.read(100, 0)).length).toBe(0);
    expect(await source.read(0, 100)).toEqual(BYTES);
    for (const [offset, length] of [
      [99, 2],
      [-1, 2],
      [0, 2 ** 40],
      [0.5, 1],
      [Number.NaN, 1],
    ] as const) {
      await expect(source.read(offset, length)).toBeRefused(
        'SAE_FILE',
        name(),
        `expected ${length} bytes at ${offset}; received a file of 100 bytes. Download or copy it again.`,
      );
    }
  } finally {
    await source.close();
  }
});
const blobAddress = URL.createObjectURL(new Blob([BYTES]));

it('reads a window as a source of its own', async () => {
  const source = await openSource(BYTES);
  const window = windowOf(windowOf(source, 10, 50), 5, 10);
  expect(window.size).toBe(10);
  expect([...(await window.read(8, 2))]).toEqual([23, 24]);
  expect(await refusal(window.read(8, 3))).toMatch('received a file of 10 bytes.');
  expect(() => windowOf(source, 90, 11)).toThrow('expected 11 bytes at 90');
});

it('says what is wrong with a path', async () => {
  const missing = join(folder, 'missing');
  await expect(openSource(missing)).toBeRefused(
    'SAE_FILE',
    missing,
    'expected a file that can be read; received nothing there. Give the path of what is there; a relative one starts where the program was started.',
  );
  await expect(openSource(folder)).toBeRefused(
    'SAE_FILE',
    folder,
    'expected a file; received a folder. Give the path of a file.',
  );
  await expect(openSource('file://elsewhere/x')).toBeRefused(
    'SAE_FILE',
    'file://elsewhere/x',
    'expected the path of a file here; received an address elsewhere. Write it as a path, or as file:///path.',
  );
});

it('says when a file becomes shorter', async () => {
  const short = join(folder, 'short');
  await fs.writeFile(short, BYTES);
  const source = await openSource(short);
  await fs.truncate(short, 50);
  await expect(source.read(40, 20)).toBeRefused(
    'SAE_FILE',
    short,
    'expected 100 bytes; received an end after 50. Download or copy it again.',
  );
  await source.close();
});

it('says when a Blob cannot be read any more', async () => {
  const blob = new Blob([BYTES]);
  jest
    .spyOn(blob, 'slice')
    .mockImplementation(
      () =>
        ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) }) as unknown as Blob,
    );
  await expect((await openSource(blob)).read(0, 1)).toBeRefused(
    'SAE_FILE',
    'Blob',
    'expected a file that can be read; received one that cannot be read any more. Choose it again.',
  );
});

it.each(['', 7, null, {}, undefined])('opens nothing like %p', async (given) => {
  await expect(openSource(given as unknown as Openable)).toBeRefused(
    'SAE_OPTION',
    'open',
    'expected a path, an address, a Blob or bytes; received ',
  );
});

test('a file tells of its parts as they come, each of them once', async () => {
  const large = join(folder, 'large.bin');
  const bytes = Uint8Array.from({ length: 9 * 2 ** 20 + 5 }, (_, i) => i % 251);
  await fs.writeFile(large, bytes);
  const source = await openSource(large);
  try {
    const told = new Uint8Array(bytes.length - 3);
    let parts = 0;
    const read = await source.read(3, told.length, (part) => {
      const at = part.byteOffset;
      expect(at % 8).toBe(0);
      told.set(part, at);
      parts++;
    });
    expect(parts).toBeGreaterThan(2);
    expect(Buffer.compare(told, read)).toBe(0);
    expect(Buffer.compare(read, bytes.subarray(3))).toBe(0);
  } finally {
    await source.close();
  }
});
