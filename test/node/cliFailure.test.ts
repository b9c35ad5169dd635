import { plainError, type Thrown } from '../../src/cli/failure';
import { namingFile, Unsaid, unsaid, wrongOption } from '../../src/errors';

const toldOf = (error: unknown) => plainError(error as Thrown)?.message;

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('It did not throw.');
}

test.each([
  ['a buffer', () => new ArrayBuffer(2 ** 52)],
  ['a typed array', () => new Float32Array(1e11)],
  ['wasm’s memory', () => new Uint8Array(8).set([1], 8)],
])('too little memory for %s is said plainly', (_, work) => {
  expect(toldOf(thrownBy(work))).toMatch(
    /^SAE_OPTION gated-sae: expected enough memory for that many features; there is not enough \(".+"\)\. Lower the number of features or the batch size\.$/,
  );
});

test.each([
  'memory access out of bounds',
  'Aborted(). Build with -sASSERTIONS for more info.',
  'OOM when allocating tensor with shape[784,1000000]',
])('so is what a backend says of it: %s', (message) => {
  expect(toldOf(new Error(message))).toContain(`there is not enough ("${message}").`);
});

test('an error of ours, and the system’s, is told as it stands', () => {
  const ours = wrongOption('a', 'b', 'c');
  expect(plainError(ours)).toBe(ours);
  const system = Object.assign(new Error('EIO: i/o error, read'), { syscall: 'read' });
  expect(plainError(system)).toBe(system);
});

test('what a program would give as an argument, is an option here', () => {
  const error = unsaid('how many features fire, k', 'no word on it', new Unsaid('k', 50));
  const told =
    'SAE_UNSUPPORTED a.pt: expected how many features fire, k; received no word on it. Say it:';
  expect(() =>
    namingFile('a.pt', () => {
      throw error;
    }),
  ).toThrow(`${told} loadSAE(source, {k: 50}).`);
  expect(toldOf(error)).toBe(`${told} --k 50.`);
});

test.each([
  new TypeError('x is not a function'),
  new RangeError('Maximum call stack size exceeded'),
  new RangeError('toPrecision() argument must be between 1 and 100'),
])('nobody has foreseen %s', (error) => {
  expect(plainError(error)).toBeUndefined();
});
