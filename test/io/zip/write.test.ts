import { unzipSync } from 'fflate';
import type { ByteSource } from '../../../src/io/bytes/source';
import { memberSource, zipMembers } from '../../../src/io/zip/read';
import { zipChunks } from '../../../src/io/zip/write';
import { concat, readAll } from './archive';

const text = (value: string) => new TextEncoder().encode(value);
const MEMBERS = [
  { name: 'metadata.json', chunks: [text('{}')] },
  { name: 'größe/ничто.bin', chunks: [] },
  { name: 'model.weights.h5', chunks: [text('one, '), text('two')] },
];

it('writes archives that others and this library read', async () => {
  const bytes = concat(zipChunks(MEMBERS));
  const decoded = [
    ['metadata.json', '{}'],
    ['größe/ничто.bin', ''],
    ['model.weights.h5', 'one, two'],
  ];
  const readable = (contents: Iterable<[string, Uint8Array]>) =>
    Array.from(contents, ([name, data]) => [name, new TextDecoder().decode(data)]);
  expect(readable(await readAll(bytes))).toEqual(decoded);
  expect(readable(Object.entries(unzipSync(bytes)))).toEqual(decoded);
});

it('writes the same bytes for the same members, and passes data on uncopied', () => {
  const chunks = zipChunks(MEMBERS);
  expect(concat(chunks)).toEqual(concat(zipChunks(MEMBERS)));
  for (const { chunks: data } of MEMBERS) {
    for (const chunk of data) expect(chunks).toContain(chunk);
  }
});

it('refuses a name that no header holds', () => {
  expect(() => zipChunks([{ name: 'a'.repeat(70_000), chunks: [] }])).toThrow(
    'SAE_OPTION zip: expected a shorter name',
  );
});

/** Chunks as if they stood in one file. */
function chunksSource(chunks: readonly Uint8Array[]): ByteSource {
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const read = async (offset: number, length: number) => {
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const chunk of chunks) {
      const from = Math.max(0, offset - at);
      const to = Math.min(chunk.length, offset + length - at);
      if (from < to) parts.push(chunk.subarray(from, to));
      at += chunk.length;
    }
    return concat(parts);
  };
  return { name: 'large.keras', size, read, close: async () => {} };
}

it('writes members, and places, above 4 GiB', async () => {
  // The same place in memory 65 times over; its checksum is what takes the time.
  const piece = new Uint8Array(2 ** 26);
  piece[5] = 7;
  const large = { name: 'large', chunks: Array<Uint8Array>(65).fill(piece) };
  const after = { name: 'after', chunks: [text('small')] };
  const chunks = zipChunks([large, after]);
  const source = chunksSource(chunks);
  const members = await zipMembers(source);
  const size = 65 * 2 ** 26;
  expect(members.map(({ name, size, offset }) => [name, size, offset])).toEqual([
    ['large', size, 30 + 5 + 20],
    ['after', 5, 30 + 5 + 20 + size + 30 + 5],
  ]);
  const [inLarge, inAfter] = await Promise.all(members.map((m) => memberSource(source, m)));
  expect([...((await inLarge?.read(64 * 2 ** 26 + 4, 3)) ?? [])]).toEqual([0, 7, 0]);
  expect(await inAfter?.read(0, 5)).toEqual(text('small'));

  // Each number that leads there, wrong.
  const end = chunks.at(-2) as Uint8Array;
  for (const at of [0, 4, 16, 24, 32, 40, 48, 56, 64, 72]) {
    const wrong = end.slice();
    wrong[at] = (wrong[at] ?? 0) + 1;
    const damaged = [...chunks.slice(0, -2), wrong, chunks.at(-1) as Uint8Array];
    await expect(zipMembers(chunksSource(damaged))).toBeRefused('SAE_FILE', 'large.keras');
  }
});
