import * as fc from 'fast-check';
import { rowMajor } from '../../../src/io/bytes/rowMajor';
import { bytesSource } from '../../../src/io/bytes/source';

/** What is at each place of a view, by the definition of strides. */
function byDefinition(shape: readonly number[], strides: readonly number[], offset: number) {
  const [length, ...inner] = shape;
  if (length === undefined) return [offset];
  const all: number[] = [];
  for (let i = 0; i < length; i++) {
    all.push(...byDefinition(inner, strides.slice(1), offset + i * (strides[0] as number)));
  }
  return all;
}

const axis = fc.record({
  length: fc.integer({ min: 0, max: 5 }),
  stride: fc.integer({ min: 0, max: 40 }),
});

test('any view is read in pieces of any size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(axis, { maxLength: 4 }),
      fc.nat(20),
      fc.constantFrom(1, 2, 4, 8),
      fc.integer({ min: 8, max: 600 }),
      async (axes, offset, width, pieceBytes) => {
        const shape = axes.map(({ length }) => length);
        const strides = axes.map(({ stride }) => stride);
        const places = byDefinition(shape, strides, offset);
        const values = Math.max(offset, ...places) + 1;
        // Every value is told from all others by its bytes, but that one byte tells only 256 of them.
        const bytes = Uint8Array.from({ length: values * width }, (_, i) => {
          const [value, byte] = [Math.floor(i / width), i % width];
          return width === 1
            ? (value * 7) % 256
            : (value >> (8 * (byte % 2))) + (byte > 1 ? byte : 0);
        });
        // As it may lie in a file: where no number of that width could begin.
        const shifted = new Uint8Array(bytes.length + 1);
        shifted.set(bytes, 1);
        let most = 0;
        const source = bytesSource(shifted.subarray(1));
        const counting = {
          ...source,
          read: (at: number, length: number) => {
            most = Math.max(most, length);
            return source.read(at, length);
          },
        };
        const read = await rowMajor(counting, { offset, shape, strides }, width, pieceBytes);
        const expected = places.flatMap((place) => [
          ...bytes.subarray(place * width, (place + 1) * width),
        ]);
        expect([...read]).toEqual(expected);
        expect(most).toBeLessThanOrEqual(Math.max(pieceBytes, read.length));
      },
    ),
    { numRuns: 2000, seed: 1 },
  );
});

test('of a column of a wide matrix only what is near is read', async () => {
  const [rows, columns] = [8, 2 ** 18];
  const source = bytesSource(
    new Uint8Array(Float32Array.from({ length: rows * columns }, (_, i) => i).buffer),
  );
  let total = 0;
  const counting = {
    ...source,
    read: (at: number, length: number) => {
      total += length;
      return source.read(at, length);
    },
  };
  const view = { offset: 3, shape: [rows], strides: [columns] };
  const read = new Float32Array((await rowMajor(counting, view, 4)).buffer);
  expect([...read]).toEqual(Array.from({ length: rows }, (_, i) => i * columns + 3));
  expect(total).toBe(rows * 4);
});
