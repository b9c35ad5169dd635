import { bytesOf, interleave, oneOf, textOf } from '../../src/kernels/binaryText';

/** Every byte before every other. */
const bytes = Uint8Array.from({ length: 2 ** 17 }, (_, i) => (i % 2 === 0 ? i >> 9 : i >> 1));

test('every byte comes back, whatever follows it', () => {
  expect(bytesOf(textOf(bytes))).toEqual(bytes);
});

test('the text is ASCII that is printed as it is', () => {
  expect(textOf(bytes)).toMatch(/^[ -~]+$/);
});

test("a module's own bytes are one character each", () => {
  const local = Uint8Array.of(0x00, 0x01, 0x0b, 0x20, 0x21, 0x22, 0x41, 0xfd, 0xff);
  expect(textOf(local)).toHaveLength(local.length);
});

test('texts that were interleaved come apart again, whatever their lengths', () => {
  const texts = [textOf(bytes), '', 'abc'.repeat(9000), 'x'];
  const lengths = texts.map(({ length }) => length);
  texts.forEach((text, i) => {
    expect(oneOf(interleave(texts), lengths, i)).toBe(text);
  });
});
