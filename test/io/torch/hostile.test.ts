import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { SAEError } from '../../../src/errors';
import { bytesSource } from '../../../src/io/bytes/source';
import { openTorch } from '../../../src/io/torch/read';
import { cpuTime } from '../../cpuTime';
import {
  dictOf,
  fileWith,
  int,
  ints,
  type Piece,
  pickle,
  repeated,
  SIX,
  type TensorOptions,
  tensor,
  text,
  tuple,
} from './pickle';
import { fileOf, type Written, written } from './written';

const MOST_MS = 100;
const MOST_BYTES = 200 * 2 ** 20;

const open = (bytes: Uint8Array) => openTorch(bytesSource(bytes, 'ae.pt'));

/** Opens it and reads everything in it. */
async function readAll(bytes: Uint8Array): Promise<void> {
  for (const tensor of (await open(bytes)).tensors.values()) await tensor.floats();
}

/** What a file comes to, how long it takes, and how much memory. */
async function attempt(bytes: Uint8Array) {
  const before = process.memoryUsage().rss;
  const start = cpuTime();
  const error = await readAll(bytes).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const ms = cpuTime() - start;
  return { error, ms, bytes: process.memoryUsage().rss - before };
}

/** Expects it to be refused, with a message that goes on like this, in little time and memory. */
async function expectRefused(file: Uint8Array, message: string): Promise<void> {
  // Once before, for what the first call of anything compiles; then the best of some.
  const first = await attempt(file);
  const tries = [await attempt(file), await attempt(file), await attempt(file)];
  expect(first.error).toBeInstanceOf(SAEError);
  expect((first.error as SAEError).message).toContain(message);
  expect(Math.min(...tries.map(({ ms }) => ms))).toBeLessThan(MOST_MS);
  expect(first.bytes).toBeLessThan(MOST_BYTES);
}

const DATA = 'SAE_UNSUPPORTED ae.pt: expected tensors, numbers, text, lists and dicts; received ';
const BROKEN = 'SAE_FILE ae.pt: expected a pickle as torch.save writes it; received ';

describe('what torch writes and is not read here', () => {
  const refused: readonly Written[] = JSON.parse(
    readFileSync(join(__dirname, 'fixtures', 'refused.json'), 'utf8'),
  );
  const SAID: Readonly<Record<string, string>> = {
    harmful: `${DATA}"posix.system", which is not run. Save model.state_dict(), or a dict of tensors and numbers, with torch.save.`,
    'harmful, legacy': `${DATA}"posix.system", which is not run.`,
    'harmful, protocol 4': `${DATA}"posix.system", which is not run.`,
    module: `${DATA}"torch.nn.modules.linear.Linear", which is not run. Save model.state_dict()`,
    'module in a dict': `${DATA}"torch.nn.modules.linear.Linear"`,
    function: `${DATA}"torch.nn.functional.relu"`,
    'numpy array': `${DATA}"numpy._core.multiarray._reconstruct"`,
    'numpy number': `${DATA}"numpy._core.multiarray.scalar"`,
    sparse: `${DATA}"torch._utils._rebuild_sparse_tensor"`,
    quantized: `${DATA}"torch._utils._rebuild_qtensor"`,
    complex: `${DATA}"torch.ComplexFloatStorage"`,
    float8: 'received one of torch.float8_e4m3fn.',
    attribute: `${DATA}"torch._utils._rebuild_parameter_with_state"`,
    'attribute of a dict': `${DATA}an object with attributes.`,
    bytes: `${DATA}"_codecs.encode"`,
    set: `${DATA}"__builtin__.set"`,
    'tuple as a key': 'expected texts and numbers as keys; received another one in "".',
    expanded: 'received 25000000 from 1 in tensor "w".',
    storage: 'expected data as "w"; received a storage without a tensor.',
    range: `${DATA}"__builtin__.xrange"`,
    defaultdict: `${DATA}"collections.defaultdict"`,
    'a pickle': 'SAE_FILE ae.pt: expected a file as torch.save wrote it before 1.6',
    'a pickle of protocol 0': 'SAE_FILE ae.pt: expected a file that torch.save wrote',
    program: 'received a TorchScript program.',
    arrays:
      'SAE_FILE ae.pt: expected one data.pkl, as torch.save writes it; received a ZIP archive with none.',
  };

  test.each(refused.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    await expectRefused(fileOf(one), SAID[name] ?? 'no message is pinned');
  });

  test('none of it was run', () => {
    // What the harmful files would have made, where they were opened.
    expect(existsSync('harmed.txt')).toBe(false);
  });

  test('is all of it', () => {
    expect(refused.map(({ name }) => name).sort()).toEqual(Object.keys(SAID).sort());
  });
});

test('the files here are read where nothing is wrong with them', async () => {
  const { tensors } = await open(fileWith(pickle(dictOf(text('w'), tensor()))));
  expect(await tensors.get('w')?.floats()).toEqual(SIX);
  expect(await tensors.get('w')?.floats(1)).toEqual(SIX.subarray(3));
});

/** `[BINGET 0, BINGET 0]` put into place 0, so many times: a tree of 2^times leaves in few bytes. */
const doubled = (times: number, join: string) => repeated(`h\0h\0${join}q\0`, times);

describe('a pickle that', () => {
  test.each<[string, Piece[], string]>([
    ['is empty', [], `${BROKEN}one that takes what is not there`],
    ['leaves two values', ['NN'], `${BROKEN}more than one value`],
    ['leaves a mark', ['N('], `${BROKEN}one that takes what is not there`],
    ['has no mark', ['Nt'], `${BROKEN}one that takes what is not there`],
    ['takes below its mark', ['N(\x85t'], `${BROKEN}one that takes what is not there`],
    ['takes what was never put', ['h\x07'], `${BROKEN}one that takes what is not there`],
    ['appends to a dict', ['}Na'], `${BROKEN}items of something that is no list`],
    ['sets items of a list', [']NNs'], `${BROKEN}entries of something that is no dict`],
    ['has a key alone', ['}(Nu'], `${BROKEN}a key without a value`],
    ['has text that is none', ['X\x01\0\0\0\xff'], `${BROKEN}text that is not UTF-8`],
    ['has more text than bytes', ['X\xff\xff\xff\xff'], `${BROKEN}one that breaks off`],
    ['has a name without an end', ['ctorch'], `${BROKEN}one that breaks off`],
    ['names a number', ['NN\x93'], `${BROKEN}a name that is no text`],
    ['has an opcode of its own', ['\xff'], `${DATA}opcode 0xff.`],
    ['makes an object of a class', ['ctorch\nFloatStorage\n)\x81'], `${DATA}opcode 0x81.`],
    ['names an object', ['cos\nsystem\n'], `${DATA}"os.system", which is not run.`],
    [
      'names it in parts',
      [text('os'), text('system'), '\x93'],
      `${DATA}"os.system", which is not run.`,
    ],
    ['names a prototype', ['c__proto__\nconstructor\n'], `${DATA}"__proto__.constructor"`],
    ['names with escapes', ['c\x1b[2J\nx\n'], `${DATA}"\\u001b[2J.x", which is not run.`],
    [
      'calls a class of storages',
      ['ctorch\nFloatStorage\n)R'],
      `${DATA}a call of torch.FloatStorage`,
    ],
    ['calls text', [text('os.system'), ')R'], `${DATA}a call of data`],
    ['calls without a tuple', ['ccollections\nOrderedDict\nNR'], 'without a tuple'],
    [
      'is of a whole class',
      ['ctorch\nFloatStorage\n'],
      'expected data as ""; received torch.FloatStorage',
    ],
    [
      'is of a function',
      ['ctorch._utils\n_rebuild_parameter\n'],
      'expected data as ""; received torch._utils',
    ],
    ['sets attributes of a list', [']}b'], `${DATA}an object with attributes`],
    ['gives a dict a list for attributes', ['}]b'], `${DATA}an object with attributes`],
    [
      'sets attributes of a dict',
      ['}', dictOf(text('__class__'), 'N'), 'b'],
      `${DATA}an object with attributes`,
    ],
    ['has an id that is text', [text('0'), 'Q'], 'received another persistent id'],
    [
      'has an id of another kind',
      [tuple(text('module'), 'N'), 'Q'],
      'received another persistent id',
    ],
    [
      'fills an OrderedDict',
      ['ccollections\nOrderedDict\n', tuple(']'), 'R'],
      'received one with items',
    ],
    ['has a key twice', ['}(', text('w'), 'N', text('w'), 'Nu'], 'expected one "w"; received two.'],
    [
      'has a name twice',
      ['}(', text('a.b'), 'N', text('a'), dictOf(text('b'), 'N'), 'u'],
      'expected one "a.b"; received two.',
    ],
    ['has None as a key', [dictOf('N', 'N')], 'expected texts and numbers as keys'],
    [
      'has a name without end',
      [dictOf(text('x'.repeat(501)), 'N')],
      'names of at most 500 characters',
    ],
    ['holds itself', [']q\0h\0a'], 'expected lists and dicts 32 deep'],
    ['holds itself as a dict', ['}q\0', text('x'), 'h\0s'], 'expected lists and dicts 32 deep'],
    ['is deep', [repeated(']', 50_000), repeated('a', 49_999)], 'expected lists and dicts 32 deep'],
    ['doubles a tuple', ['Nq\0](', doubled(30, '\x86'), 'e\x86'], 'expected at most 65536 values'],
    ['doubles a tuple for ever', ['Nq\0', doubled(30_000, '\x86')], 'more than one value'],
    ['has much in it', [']', '(', repeated('N', 100_000), 'e'], 'expected at most 65536 values'],
    ['makes dicts for ever', [repeated('}', 2 ** 21)], 'a pickle of at most 131072 opcodes'],
    ['makes lists for ever', [repeated(']', 2 ** 21)], 'a pickle of at most 131072 opcodes'],
    ['makes marks for ever', [repeated('(', 2 ** 21)], 'a pickle of at most 131072 opcodes'],
    [
      'makes text for ever',
      [repeated('X\x04\0\0\0text', 2 ** 18)],
      'a pickle of at most 131072 opcodes',
    ],
    [
      'makes numbers for ever',
      [repeated('\x8a\x08\0\0\0\0\0\0\0\x80', 2 ** 18)],
      'a pickle of at most 131072 opcodes',
    ],
    [
      'makes names for ever',
      [repeated('ctorch\nSize\n', 2 ** 18)],
      'a pickle of at most 131072 opcodes',
    ],
    ['remembers for ever', ['N', repeated('\x94', 2 ** 20)], 'a pickle of at most 131072 opcodes'],
    ['is long', [text('x'.repeat(2 ** 22))], 'expected ae/data.pkl of at most 4194304 bytes'],
  ])('%s is refused', async (_, pieces, message) => {
    await expectRefused(fileWith(pickle(...pieces)), message);
    expect({}).not.toHaveProperty('b');
  });

  test('is of another protocol is refused', async () => {
    for (const protocol of [0, 1, 6, 255]) {
      const bytes = pickle('N');
      bytes[1] = protocol;
      await expectRefused(
        fileWith(bytes),
        `expected a pickle of protocol 2 to 5; received protocol ${protocol}.`,
      );
    }
  });

  test('has more behind it is refused', async () => {
    await expectRefused(fileWith(pickle('N.')), 'expected a pickle to the end of data.pkl');
  });
});

describe('a tensor', () => {
  const HUGE = 2n ** 62n;
  const within = 'expected tensor "w" within its storage; received one of 6 values.';
  const malformed = 'expected a tensor’s storage, offset, shape and strides; received others.';
  test.each<[string, TensorOptions, string]>([
    ['longer than its storage', { shape: [7], strides: [1] }, within],
    ['that begins behind it', { offset: 6, shape: [1], strides: [1] }, within],
    ['that ends behind it', { offset: 1 }, within],
    ['with strides that lead out of it', { strides: [4, 1] }, within],
    ['of a huge shape', { shape: [2 ** 52, 2 ** 52], strides: [1, 1] }, within],
    ['of a huge stride', { strides: [2 ** 52, 2 ** 52] }, within],
    ['of a huge offset', { offset: 2 ** 52 }, within],
    [
      'expanded to a huge one',
      { shape: [2 ** 52, 2 ** 52], strides: [0, 0] },
      'expected at most 16777216 values',
    ],
    [
      'expanded beyond all numbers',
      { shape: Array(16).fill(2 ** 53 - 1), strides: Array(16).fill(0) },
      'expected at most 16777216 values',
    ],
    ['of whole numbers beyond those of JavaScript', { shape: [HUGE], strides: [1] }, malformed],
    ['of a negative shape', { shape: [-2, -3] }, malformed],
    ['of a negative stride', { strides: [-3, 1], offset: 3 }, malformed],
    ['of a negative offset', { offset: -1 }, malformed],
    ['with fewer strides than axes', { strides: [1] }, malformed],
    [
      'of many axes',
      { shape: Array(17).fill(1), strides: Array(17).fill(1) },
      'expected tensors of at most 16 axes; received 17.',
    ],
    [
      'of a storage that is not there',
      { key: '1' },
      'expected the storage of tensor "w"; received none of that key.',
    ],
    ['of a storage that leads elsewhere', { key: '../data.pkl' }, 'received none of that key.'],
    ['of a storage that leads back', { key: '../data/0' }, 'received none of that key.'],
    ['of a storage with an absolute path', { key: '/etc/passwd' }, 'received none of that key.'],
    ['of a storage called as a prototype', { key: '__proto__' }, 'received none of that key.'],
    [
      'of a storage that says it is longer',
      { length: 2 ** 40 },
      'expected 4398046511104 bytes in the storage of tensor "w"; received 24.',
    ],
    [
      'of a storage that says it is shorter',
      { length: 5 },
      'expected 20 bytes in the storage of tensor "w"; received 24.',
    ],
    [
      'of a storage of another type',
      { storage: 'DoubleStorage' },
      'expected 48 bytes in the storage of tensor "w"; received 24.',
    ],
    ['of a storage of negative length', { length: -6 }, 'received another persistent id'],
    [
      'of a class of storages that is none',
      { storage: 'Tensor' },
      `${DATA}"torch.Tensor", which is not run.`,
    ],
    ['with hooks', { hooks: dictOf(int(0), 'N') }, 'expected tensors without hooks'],
  ])('%s is refused before any is read', async (_, options, message) => {
    const file = fileWith(pickle(dictOf(text('w'), tensor(options))));
    await expectRefused(file, message);
    // Nothing of the kind waits until it is read.
    await expect(open(file)).rejects.toBeInstanceOf(SAEError);
  });

  test.each<[string, TensorOptions, number[]]>([
    ['of no values', { shape: [0, 2 ** 52], strides: [2 ** 52, 1] }, []],
    ['of no axes', { shape: [], strides: [], offset: 5 }, [6]],
    ['of overlapping rows', { shape: [2, 2], strides: [1, 1], offset: 3 }, [4, 5, 5, 6]],
  ])('%s is read', async (_, options, values) => {
    const { tensors } = await open(fileWith(pickle(dictOf(text('w'), tensor(options)))));
    expect(await tensors.get('w')?.floats()).toEqual(Float32Array.from(values));
  });

  test('among too many is refused', async () => {
    const file = fileWith(pickle(tensor(), 'q\0', '](', repeated('h\0', 5000), 'e', '\x86'));
    await expectRefused(file, 'expected at most 2048 tensors');
  });
});

describe('an archive', () => {
  const good = pickle(dictOf(text('w'), tensor()));
  const storage = { 'ae/data/0': new Uint8Array(SIX.buffer) };

  test.each<[string, Record<string, Uint8Array>, string]>([
    ['with two pickles', { ...storage, 'b/data.pkl': good }, 'received a ZIP archive with 2.'],
    ['without the storage', {}, 'expected the storage of tensor "w"; received none of that key.'],
    [
      'of another order of bytes',
      { ...storage, 'ae/byteorder': Buffer.from('middle') },
      'expected the byteorder "little" or "big"; received "middle".',
    ],
    [
      'with a long note of it',
      { ...storage, 'ae/byteorder': new Uint8Array(65) },
      'expected ae/byteorder of at most 64 bytes',
    ],
    [
      'of a path that leads out',
      { ...storage, '../data/0': new Uint8Array(24) },
      'expected names of members inside the archive',
    ],
    [
      'of many members',
      Object.fromEntries(
        Array.from({ length: 4200 }, (_, i) => [`ae/data/${i}`, new Uint8Array(24)]),
      ),
      'expected at most 2064 members',
    ],
  ])('%s is refused', async (_, members, message) => {
    await expectRefused(fileWith(good, members), message);
  });

  test('that has a storage in another storage’s name is none of it', async () => {
    const file = fileWith(good, { ...storage, 'ae/data/0/data/0': new Uint8Array(24) });
    expect(await (await open(file)).tensors.get('w')?.floats()).toEqual(SIX);
  });

  test('of a name of its own is read, in a folder of any name', async () => {
    const bytes = fileWith(good);
    const { tensors } = await open(bytes);
    expect([...tensors.keys()]).toEqual(['w']);
  });

  /** Sizes in the headers of a member that is stored: as if it were deflated, to so many bytes. */
  function inflating(file: Uint8Array, name: string, size: number): Uint8Array {
    const view = new DataView(file.buffer, file.byteOffset, file.length);
    for (const [signature, method, sizeAt, nameAt] of [
      [0x04034b50, 8, 22, 30],
      [0x02014b50, 10, 24, 46],
    ] as const) {
      for (let at = 0; at + 46 < file.length; at++) {
        if (view.getUint32(at, true) !== signature) continue;
        if (
          Buffer.from(file.buffer, file.byteOffset + at + nameAt, name.length).toString() !== name
        )
          continue;
        view.setUint16(at + method, 8, true);
        view.setUint32(at + sizeAt, size, true);
      }
    }
    return file;
  }

  test('that tells an absurd size of what it holds is refused', async () => {
    const bomb = deflateRawSync(Buffer.alloc(24 * 2 ** 20));
    const wide = tensor({ length: 6 * 2 ** 20, shape: [6 * 2 ** 20], strides: [1] });
    const file = () => fileWith(pickle(dictOf(text('w'), wide)), { 'ae/data/0': bomb });
    const lies = [
      [2 ** 31 + 4, 'of a size that its data can have'],
      [24 * 2 ** 20 - 4, 'bytes in the storage of tensor "w"'],
    ] as const;
    for (const [size, message] of lies)
      await expectRefused(inflating(file(), 'ae/data/0', size), message);
    const large = fileWith(good, { 'ae/data/0': new Uint8Array(2 ** 19) });
    const message = 'expected ae/data/0 of at most 268435456 bytes';
    await expectRefused(inflating(large, 'ae/data/0', 2 ** 28 + 4), message);
    const data = fileWith(new Uint8Array(deflateRawSync(Buffer.alloc(2 ** 23))));
    await expectRefused(
      inflating(data, 'ae/data.pkl', 2 ** 23),
      'ae/data.pkl of at most 4194304 bytes',
    );
  });
});

describe('a file that breaks off anywhere is refused:', () => {
  test.each(['tensor', 'tensor, legacy', 'deflated', 'values, legacy', 'shared, legacy'])(
    '%s',
    async (name) => {
      const whole = fileOf(written(name));
      await readAll(whole);
      const step = Math.ceil(whole.length / 1600);
      for (let length = 0; length < whole.length; length += step) {
        const { error, ms } = await attempt(whole.slice(0, length));
        if (!(error instanceof SAEError)) throw new Error(`${length} bytes: ${error}`);
        if (ms > MOST_MS && (await attempt(whole.slice(0, length))).ms > MOST_MS) {
          throw new Error(`${length} bytes took ${ms} ms`);
        }
      }
    },
    60_000,
  );
});

test.each([2 ** 20, 2 ** 22, 2 ** 24])('%i bytes of nothing are refused', async (length) => {
  await expectRefused(new Uint8Array(length), 'expected a file that torch.save wrote');
  const begun = new Uint8Array(length);
  begun.set([0x80, 2]);
  await expectRefused(begun, `${DATA}opcode 0x00`);
});

test('a storage of a file before 1.6 that says another length is refused', async () => {
  const whole = fileOf(written('tensor, legacy'));
  const at = whole.length - 6 * 4 - 8;
  for (const length of [5n, 7n, 2n ** 63n]) {
    const bytes = whole.slice();
    new DataView(bytes.buffer).setBigUint64(at, length, true);
    await expectRefused(bytes, 'received a storage of another length.');
  }
  await expectRefused(Buffer.concat([whole, Buffer.alloc(1)]), 'received more behind it.');
});

test('a shape that is a torch.Size is one', async () => {
  const size = pickle('ctorch\nSize\n', tuple(ints(2, 3)), 'R');
  expect([...(await open(fileWith(size))).values]).toEqual([
    ['0', 2],
    ['1', 3],
  ]);
  await expectRefused(
    fileWith(pickle('ctorch\nSize\n', tuple(text('x')), 'R')),
    'expected a torch.Size',
  );
  await expectRefused(
    fileWith(pickle('ctorch\ndevice\n', tuple('N'), 'R')),
    'expected a torch.device',
  );
});
