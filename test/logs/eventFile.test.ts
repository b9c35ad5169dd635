import { crc32c, maskedCrc32c } from '../../src/logs/eventFile';

/** RFC 3720, appendix B.4. */
test('the checksum is CRC-32C', () => {
  const bytes = (value: (i: number) => number) =>
    Uint8Array.from({ length: 32 }, (_, i) => value(i));
  expect(crc32c(bytes(() => 0)).toString(16)).toBe('8a9136aa');
  expect(crc32c(bytes(() => 0xff)).toString(16)).toBe('62a8ab43');
  expect(crc32c(bytes((i) => i)).toString(16)).toBe('46dd794e');
  expect(crc32c(new TextEncoder().encode('123456789')).toString(16)).toBe('e3069283');
  // As TensorFlow's crc32c_test has it: a mask that can be taken off again, and is not the checksum.
  const masked = maskedCrc32c(new TextEncoder().encode('foo'));
  const rotated = (masked - 0xa282ead8) >>> 0;
  expect(((rotated >>> 17) | (rotated << 15)) >>> 0).toBe(crc32c(new TextEncoder().encode('foo')));
});
