import * as fc from 'fast-check';
import { crc32, crc32InTables } from '../../../src/io/bytes/crc32';

it("is the archive format's", () => {
  // The check value that catalogues of CRCs give.
  const digits = new TextEncoder().encode('123456789');
  expect([crc32, crc32InTables].map((crc) => crc(digits))).toEqual([0xcbf43926, 0xcbf43926]);
  expect(crc32(new Uint8Array(0))).toBe(0);
});

it("is the same in tables as Node's, whole or piece by piece", () => {
  void fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
      const whole = crc32(bytes);
      const inTwo = (crc: typeof crc32) => crc(bytes.subarray(cut), crc(bytes.subarray(0, cut)));
      expect([crc32InTables(bytes), inTwo(crc32), inTwo(crc32InTables)]).toEqual(
        Array(3).fill(whole),
      );
    }),
  );
});
