/** Arrays that NumPy has written, in a `.npz` file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { joined } from '../../../src/bytes';
import { bytesSource } from '../../../src/io/bytes/source';
import { float32From } from '../../../src/io/bytes/values';
import { openNpz } from '../../../src/io/dictionaries/npz';
import { zipChunks } from '../../../src/io/zip/write';

interface Written {
  readonly file: string;
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: number[];
  readonly values: (number | boolean)[];
}

const fixtures = join(__dirname, '..', 'npy', 'fixtures', 'arrays.json');
const WRITTEN: Written[] = JSON.parse(readFileSync(fixtures, 'utf8'));

const npzWith = (file: Uint8Array) =>
  joined(
    zipChunks([
      { name: 'x.npy', chunks: [file] },
      { name: 'y.npy', chunks: [file] },
    ]),
  );

test.each(WRITTEN.map((one) => [`${one.descr} ${one.fortran ? 'F' : 'C'} ${one.shape}`, one]))(
  '%s',
  async (_, written) => {
    const { file, shape, values } = written as Written;
    const tensors = await openNpz(bytesSource(npzWith(Buffer.from(file, 'base64')), 'x.npz'));
    expect([...tensors.keys()]).toEqual(['x', 'y']);
    const tensor = tensors.get('y');
    if (tensor === undefined) return;
    const expected = Float32Array.from(values, Number);
    expect(tensor.shape).toEqual(shape);
    const [rows = 1] = shape;
    const width = expected.length / rows;
    for (let row = rows - 1; shape.length > 0 && row >= 0; row--) {
      const one = expected.slice(row * width, (row + 1) * width);
      expect(await tensor.floats(row, 1)).toEqual(one);
    }
    expect(await tensor.floats()).toEqual(expected);
    expect(float32From(tensor.dtype, await tensor.bytes())).toEqual(expected);
  },
);

test('a value that was changed is told by its checksum', async () => {
  const file = Buffer.from((WRITTEN[0] as Written).file, 'base64');
  const zip = npzWith(file);
  const at = 30 + 'x.npy'.length + file.length - 1;
  zip[at] = (zip[at] as number) ^ 1;
  const tensors = await openNpz(bytesSource(zip, 'x.npz'));
  await expect(tensors.get('x')?.floats()).rejects.toThrow(/checksum/);
  await tensors.get('y')?.floats();
});
