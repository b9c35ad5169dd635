import { exposeTensors, listTensors, SAEError } from '../../../src';
import { joined } from '../../../src/bytes';
import { field, message, numberField } from '../../../src/io/onnx/message';
import { cpuTime } from '../../cpuTime';

const MOST_MS = 3000; // among other files of one process, a tenth of it alone
const MOST_BYTES = 200 * 2 ** 20;

const utf8 = (text: string) => new TextEncoder().encode(text);
const bytes = (...values: number[]) => Uint8Array.from(values);
const repeated = (piece: Uint8Array, times: number) => joined(new Array(times).fill(piece));
const version = numberField(1, 10);
const relu = field(1, message(field(1, 'x'), field(2, 'y'), field(4, 'Relu')));
/** A model of a graph of such parts. */
const model = (...parts: Uint8Array[]) => message(version, field(7, message(...parts)));
const nodeOf = (...parts: Uint8Array[]) => model(field(1, message(...parts)));
const value = (...type: Uint8Array[]) =>
  model(relu, field(11, message(field(1, 'x'), field(2, field(1, message(...type))))));

/** Expects it to be refused, in little time and memory. */
async function expectRefused(file: Uint8Array, received: string): Promise<void> {
  const before = process.memoryUsage().rss;
  const start = cpuTime();
  const error = await listTensors(file).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(SAEError);
  expect(error.message).toBe(
    `SAE_FILE bytes: expected an ONNX model; received ${received}. Download or copy it again.`,
  );
  expect(cpuTime() - start).toBeLessThan(MOST_MS);
  expect(process.memoryUsage().rss - before).toBeLessThan(MOST_BYTES);
}

test('the files here are read where nothing is wrong with them', async () => {
  const tensors = await listTensors(model(relu));
  expect(tensors).toMatchObject([{ name: 'y', role: 'hidden', op: 'Relu' }]);
});

describe('a file that', () => {
  test.each<[string, Uint8Array, string]>([
    ['is empty', bytes(), 'another kind of file'],
    ['is text', utf8('{"a": 1}'), 'a field that is written as 3'],
    ['is a ZIP archive', bytes(0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0), 'a field of number 0'],
    ['has no graph', version, 'another kind of file'],
    ['has no version', field(7, relu), 'another kind of file'],
    ['has no nodes', model(), 'another kind of file'],
    [
      'has a graph that is a number',
      message(version, numberField(7, 3)),
      'a graph that is a number',
    ],
    ['has a node that is a number', model(numberField(1, 3)), 'a node that is a number'],
    ['has a node without an operation', nodeOf(field(2, 'y')), 'a node without an operation'],
    ['has a name that is a number', nodeOf(numberField(2, 3)), 'a name that is no text'],
    ['has a name that is not UTF-8', nodeOf(field(2, bytes(0xff))), 'a name that is not UTF-8'],
    ['has a name without end', nodeOf(field(2, 'x'.repeat(1001))), 'a name of 1001 bytes'],
    ['computes a tensor twice', model(relu, relu), 'tensor "y" twice'],
    ['computes what goes in', model(relu, field(11, field(1, 'y'))), 'tensor "y" twice'],
    ['has a tensor without a name', model(relu, field(11, bytes())), 'a tensor without a name'],
    ['has a field of number 0', message(version, bytes(2, 0)), 'a field of number 0'],
    ['has a group', message(version, bytes(7 * 8 + 3)), 'a field that is written as 3'],
    [
      'has a field of another kind',
      message(version, bytes(7 * 8 + 7)),
      'a field that is written as 7',
    ],
    [
      'has a number of more than 64 bits',
      message(version, bytes(8, ...new Array(10).fill(0xff), 1)),
      'a number of more than 64 bits',
    ],
    ['breaks off in a number', message(version, bytes(8, 0x80)), 'one that breaks off'],
    ['breaks off in a field of 4 bytes', message(version, bytes(0x4d, 0)), 'one that breaks off'],
    ['breaks off in a field of 8 bytes', message(version, bytes(0x49, 0)), 'one that breaks off'],
    [
      'has a graph of 2⁶² bytes',
      message(version, bytes(0x3a, ...new Array(8).fill(0xff), 0x3f)),
      'one that breaks off',
    ],
    [
      'has a graph of a length below 0',
      message(version, bytes(0x3a, ...new Array(9).fill(0xff), 1)),
      'one that breaks off',
    ],
    [
      'has a node that is longer than its graph',
      message(version, field(7, bytes(0x0a, 9)), relu),
      'one that breaks off',
    ],
    [
      'has a shape of many axes',
      value(numberField(1, 1), field(2, repeated(field(1, bytes()), 17))),
      'a tensor of more than 16 axes',
    ],
    [
      'has a node of many inputs',
      nodeOf(repeated(field(1, 'x'), 5000)),
      'a node of more than 4096 tensors',
    ],
    [
      'has many nodes',
      model(repeated(field(1, field(4, 'R')), 2 ** 15 + 1)),
      'more than 32768 nodes, weights or tensors',
    ],
    [
      'has a weight in many places',
      model(relu, field(5, repeated(field(13, bytes()), 17))),
      'a weight of more than 16 places',
    ],
  ])('%s is refused', (_, file, received) => expectRefused(file, received));
});

test('axes below 0, too long or with a name are of no known length', async () => {
  const axis = (...contents: Uint8Array[]) => field(1, message(...contents));
  const minus = bytes(8, ...new Array(9).fill(0xff), 1); // -1, as some exporters write
  const shape = field(
    2,
    message(
      axis(minus),
      axis(field(2, 'batch')),
      axis(numberField(1, 2 ** 60)),
      axis(numberField(1, 7)),
    ),
  );
  const [x] = await listTensors(value(numberField(1, 1), shape));
  expect(x).toEqual({
    name: 'x',
    role: 'input',
    op: '',
    dtype: 'float32',
    shape: [null, null, null, 7],
  });
});

test('a type that nobody knows is none, and so is one of no tensor', async () => {
  const [x] = await listTensors(value(numberField(1, 2 ** 40)));
  expect(x).toMatchObject({ name: 'x', dtype: undefined });
});

test('names of prototypes are names', async () => {
  const file = nodeOf(
    field(1, 'x'),
    field(2, '__proto__'),
    field(2, 'constructor'),
    field(4, 'Split'),
  );
  expect((await listTensors(file)).map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
  const exposed = await exposeTensors(file, ['__proto__']);
  expect((await listTensors(exposed))[0]).toMatchObject({ name: '__proto__', role: 'output' });
  expect({}).not.toHaveProperty('role');
});
