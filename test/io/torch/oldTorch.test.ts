import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { bytesSource } from '../../../src/io/bytes/source';
import { openTorch } from '../../../src/io/torch/read';

/** What an old torch wrote: python-interop/make_old_torch_files.py. */
interface OldFiles {
  torch: string;
  forms: Record<'zip' | 'legacy', string>;
  /** Values in the order of axes; booleans as 0 and 1; of the one number alone, in a list too. */
  tensors: Record<string, number[]>;
}

const fixtures = join(__dirname, 'fixtures');
const OLD: OldFiles[] = readdirSync(fixtures)
  .filter((name) => name.startsWith('torch-'))
  .map((name) => JSON.parse(readFileSync(join(fixtures, name), 'utf8')));

test('there are files from before the present form, of its first release, and of a later one', () => {
  expect(OLD.map(({ torch }) => torch).sort()).toEqual(['1.12.1', '1.5.1', '1.6.0']);
});

describe.each(OLD.map((one) => [one.torch, one] as const))('torch %s', (_, { forms, tensors }) => {
  test.each(Object.entries(forms))('%s', async (_form, file) => {
    const bytes = new Uint8Array(inflateSync(Buffer.from(file, 'base64')));
    const read = await openTorch(bytesSource(bytes, 'ae.pt'));
    expect([...read.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
    for (const [name, tensor] of read.tensors) {
      expect([name, await tensor.floats()]).toEqual([
        name,
        Float32Array.from(tensors[name] as number[]),
      ]);
    }
    expect(Object.fromEntries(read.values)).toEqual({
      k: 5,
      none: null,
      activation: 'TopK',
      'shape.0': 3,
      'shape.1': 4,
      dtype: 'torch.float16',
    });
  });
});
