import { readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Picture } from '../../src/cli/data/images';
import { decodeJpeg } from '../../src/cli/data/jpeg';
import { decodePng } from '../../src/cli/data/png';

const FIXTURES = join(__dirname, '..', 'io', 'arrays', 'fixtures');
const bytesOf = (name: string) => readFileSync(join(FIXTURES, name));
/** What Pillow decodes: `[height, width]`, or `[height, width, channels]`. */
const PILLOW = JSON.parse(bytesOf('images.json').toString()) as Record<string, unknown[][]>;
const ROOT = join(__dirname, '..', '..');

function expectAsPillow(name: string, picture: Picture, tolerance: number): void {
  const expected = PILLOW[name] as (number | number[])[][];
  const { height, width, channels, pixels } = picture;
  expect([height, width]).toEqual([expected.length, expected[0]?.length]);
  const values = expected.flatMap((line) =>
    line.flatMap((pixel) => {
      const [r = 0, g = r, b = r, a = 255] = typeof pixel === 'number' ? [pixel] : pixel;
      return [r, g, b].slice(0, channels).map((value) => Math.round((value * a) / 255));
    }),
  );
  expect(pixels).toHaveLength(values.length);
  const wrong = values.filter((value, i) => Math.abs(value - (pixels[i] as number)) > tolerance);
  expect(wrong).toEqual([]);
}

test.each(['grey.png', 'bits.png', 'deep.png', 'colours.png', 'palette.png', 'alpha.png'])(
  '%s has the pixels that Pillow sees',
  (name) => {
    const picture = decodePng(name, bytesOf(name));
    expect(picture.channels).toBe(/grey|bits|deep/.test(name) ? 1 : 3);
    expectAsPillow(name, picture, 0);
  },
);

test.each(['grey.jpg', 'colours.jpg'])('%s has the pixels that Pillow sees', async (name) => {
  const picture = await decodeJpeg(name, bytesOf(name), [ROOT]);
  expect(picture.channels).toBe(name === 'grey.jpg' ? 1 : 3);
  // Decoders round their cosines and colours each in its own way.
  expectAsPillow(name, picture, 3);
});

test('what is damaged, or larger than any row, is refused', async () => {
  const png = bytesOf('grey.png');
  expect(() => decodePng('x.png', png.subarray(0, 50))).toThrow(
    'SAE_FILE x.png: expected a PNG image; received one that cannot be decoded',
  );
  expect(() => decodePng('x.png', png.subarray(0, 10))).toThrow('received something else');
  const huge = Buffer.from(png);
  huge.writeUInt32BE(100_000, 16);
  huge.writeUInt32BE(100_000, 20);
  expect(() => decodePng('x.png', huge)).toThrow('received one of 100000 x 100000 pixels');
  const jpeg = bytesOf('grey.jpg');
  await expect(decodeJpeg('x.jpg', jpeg.subarray(0, 100), [ROOT])).rejects.toThrow(
    'SAE_FILE x.jpg: expected a JPEG image; received one that cannot be decoded',
  );
});

test('without jpeg-js it is said which package to install', async () => {
  const empty = await fs.mkdtemp(join(tmpdir(), 'gated-sae-no-jpeg-'));
  await jest.isolateModulesAsync(async () => {
    const { decodeJpeg: decode } = await import('../../src/cli/data/jpeg');
    await expect(decode('x.jpg', bytesOf('grey.jpg'), [empty])).rejects.toThrow(
      'SAE_MISSING x.jpg: expected the npm package jpeg-js to read it; it is not here. Run npm install jpeg-js.',
    );
  });
  await fs.rm(empty, { recursive: true });
});
