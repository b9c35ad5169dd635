/** What the package costs whoever installs it: its archive, and what comes out of it. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pack, root } from './packed.mts';

/** In MB. */
const MOST = { packed: 3.2, unpacked: 6.7 };
const { size, unpackedSize, files } = pack('--dry-run');
const sizes = { packed: size / 1e6, unpacked: unpackedSize / 1e6 };

after(async () => {
  const figures = join(root, '.cache', 'figures');
  await mkdir(figures, { recursive: true });
  const rows = (['packed', 'unpacked'] as const).map((quantity) => ({
    quantity,
    value: sizes[quantity],
    limit: MOST[quantity],
  }));
  const title = "The package's archive";
  await writeFile(join(figures, 'tarball.json'), JSON.stringify({ title, unit: 'MB', rows }));
});

for (const quantity of ['packed', 'unpacked'] as const) {
  test(`the archive has at most ${MOST[quantity]} MB ${quantity}`, () => {
    const largest = [...files].sort((a, b) => b.size - a.size).slice(0, 12);
    const list = largest.map(({ path, size }) => `${path} (${size})`).join(', ');
    assert.ok(sizes[quantity] <= MOST[quantity], `${sizes[quantity]} MB; the largest: ${list}`);
  });
}

test('what draws PNGs is in it once, in files of less than the 500 kB that bundlers warn of', async () => {
  const pieces = files.filter(({ path }) => /png-\d\.js$/.test(path));
  assert.equal(pieces.length, 5);
  for (const { path, size } of pieces) assert.ok(size < 500_000, `${path} has ${size} bytes`);
  // Where each piece is: a text of its middle is nowhere else.
  for (const piece of pieces) {
    const text = await readFile(join(root, piece.path), 'latin1');
    const middle = text.slice(200_000, 200_100);
    for (const { path } of files) {
      if (path === piece.path) continue;
      assert.ok(!(await readFile(join(root, path), 'latin1')).includes(middle), path);
    }
  }
});
