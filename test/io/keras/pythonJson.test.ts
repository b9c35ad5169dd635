import { namingFile } from '../../../src/errors';
import { parsePythonJson, pythonFloat, pythonJson } from '../../../src/io/keras/pythonJson';

const parse = (text: string) =>
  namingFile('config.json', () => parsePythonJson(new TextEncoder().encode(text)));

test('reads what Python writes and JSON has not', () => {
  expect(
    parse('{"a": NaN, "b": [Infinity, -Infinity, -1.5e3], "c": "NaN, \\"Infinity\\" -Infinity"}'),
  ).toEqual({
    a: Number.NaN,
    b: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1500],
    c: 'NaN, "Infinity" -Infinity',
  });
});

test('writes what Python reads', () => {
  const text = pythonJson({
    a: Number.POSITIVE_INFINITY,
    b: Number.NaN,
    c: pythonFloat(0),
    d: pythonFloat(0.5),
    e: 1,
  });
  expect(text).toBe('{"a":Infinity,"b":NaN,"c":0.0,"d":0.5,"e":1}');
  expect(parse(text)).toEqual({ a: Number.POSITIVE_INFINITY, b: Number.NaN, c: 0, d: 0.5, e: 1 });
});

test.each([
  ['{"a": Nan}', 'expected JSON; received text that is not'],
  ['{"a": +Infinity}', 'expected JSON'],
  ['{', 'expected JSON'],
  ['"', 'expected JSON'],
  ['', 'expected JSON'],
  ['{"__proto__": {}}', 'expected names of options; received "__proto__"'],
  ['['.repeat(201), 'expected JSON at most 200 deep'],
])('%s is refused', (text, message) => {
  expect(() => parse(text)).toThrow(message);
  expect(() => parse(text)).toThrow(/^SAE_FILE config\.json/);
});

test('bytes that are no text are refused', () => {
  expect(() => namingFile('f', () => parsePythonJson(Uint8Array.of(0xff, 0xfe)))).toThrow(
    /^SAE_FILE f: expected text/,
  );
});
