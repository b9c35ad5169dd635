/**
 * ONNX models as long as they come: 2.1 GB of weights in a file beside one, and 1.9 GB in one file, where the
 * format ends at 2 GiB. Each call has a process of its own, whose memory is what it takes; Python's onnxruntime
 * runs what comes out.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openAsBlob,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const wire = require('../../src/io/onnx/message') as typeof import('../../src/io/onnx/message');
const { node } = require('../../src/io/onnx/nodes') as typeof import('../../src/io/onnx/nodes');
const { valueInfo } =
  require('../../src/io/onnx/values') as typeof import('../../src/io/onnx/values');
const schema = require('../../src/io/onnx/schema') as typeof import('../../src/io/onnx/schema');
const { pythonIn } = require('../python') as typeof import('../python');
const { field, header, message, numberField } = wire;
const { ENTRY, GRAPH, MODEL, OPSET, TENSOR } = schema;

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'gated-sae-onnx-sizes-'));
after(() => rmSync(folder, { recursive: true }));

const WIDTH = 64;
const ROW = 4 * WIDTH;
/** The last row of the table, without which all is 0. */
const LAST = Float32Array.from({ length: WIDTH }, (_, i) => Math.sin(i + 1));
const MEBIBYTE = 2 ** 20;
/** TensorProto's data_location, and ModelProto's doc_string. */
const [DATA_LOCATION, EXTERNAL] = [14, 1];
const MODEL_WORDS = 6;

/** The nodes behind a table of some rows: `ids` says which of them `hidden` is made of. */
const nodes = () => [
  node('Gather', ['table', 'ids'], 'rows'),
  node('Relu', ['rows'], 'hidden'),
  node('Neg', ['hidden'], 'y'),
  field(GRAPH.input, valueInfo({ name: 'ids', dtype: 'int64', shape: [1] })),
  field(GRAPH.output, valueInfo({ name: 'y', dtype: 'float32', shape: [1, WIDTH] })),
  field(GRAPH.valueInfo, valueInfo({ name: 'hidden', dtype: 'float32', shape: [1, WIDTH] })),
];
const opset = field(MODEL.opsets, message(field(OPSET.domain, ''), numberField(OPSET.version, 17)));
const graphName = field(2, 'table');
const aboutTable = (rows: number) =>
  message(
    ...[rows, WIDTH].map((length) => numberField(TENSOR.dims, length)),
    numberField(TENSOR.dtype, schema.ONNX_DTYPES.indexOf('float32')),
    field(TENSOR.name, 'table'),
  );

/** A file of such a length with some bytes, of which nothing else takes room on the disk. */
function sparse(path: string, size: number, parts: readonly [number, Uint8Array][]): void {
  const file = openSync(path, 'w');
  ftruncateSync(file, size);
  for (const [at, bytes] of parts) writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

const lastRow = new Uint8Array(LAST.buffer);

/** A model with its table within. */
function whole(path: string, rows: number): void {
  const length = rows * ROW;
  const about = message(aboutTable(rows), header(TENSOR.raw, length));
  const table = message(header(GRAPH.initializer, about.length + length), about);
  const behind = message(graphName, ...nodes());
  const graph = header(MODEL.graph, table.length + length + behind.length);
  const start = message(numberField(MODEL.irVersion, 8), opset, graph, table);
  const end = start.length + length;
  sparse(path, end + behind.length, [
    [0, start],
    [end - ROW, lastRow],
    [end, behind],
  ]);
}

/** A model with its table in a file beside it. */
function external(path: string, rows: number): void {
  sparse(`${path}_data`, rows * ROW, [[(rows - 1) * ROW, lastRow]]);
  const entry = (key: string, value: string) =>
    field(TENSOR.external, message(field(ENTRY.key, key), field(ENTRY.value, value)));
  const table = message(
    aboutTable(rows),
    entry('location', 'model.onnx_data'),
    numberField(DATA_LOCATION, EXTERNAL),
  );
  const graph = message(graphName, field(GRAPH.initializer, table), ...nodes());
  const parts = [numberField(MODEL.irVersion, 8), opset, field(MODEL.graph, graph)];
  writeFileSync(path, message(...parts));
}

interface Taken {
  readonly result: unknown;
  readonly seconds: number;
  readonly mebibytes: number;
}

/** One call in a process of its own. */
function taken(what: string, path: string, out = ''): Taken {
  const args = ['--import', 'tsx', join(here, 'onnxSizesRun.mts'), what, path, out];
  const run = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  const { result, seconds, bytes } = JSON.parse(run.stdout);
  const mebibytes = Math.round(bytes / MEBIBYTE);
  console.log(`# ${what}: ${seconds.toFixed(2)} s, ${mebibytes} MiB more than before`);
  return { result, seconds, mebibytes };
}

const NAMES = ['ids', 'rows', 'hidden', 'y'];

function checkListed(path: string): void {
  const { result, seconds, mebibytes } = taken('list', path);
  assert.deepEqual(
    (result as { name: string }[]).map(({ name }) => name),
    NAMES,
  );
  assert.ok(seconds < 5);
  assert.ok(mebibytes < 100);
}

/** Python's onnxruntime reads the last row, hidden and as the output. */
function checkInPython(rows: number): void {
  const python = pythonIn(join(root, '.venv-torch'));
  if (!existsSync(python)) return;
  const tensor = (values: number[], shape: number[], dtype: string) => ({ dtype, shape, values });
  const inputs = { ids: tensor([rows - 1], [1], 'int64') };
  const relu = Array.from(LAST, (value) => Math.max(value, 0));
  const outputs = {
    hidden: tensor(relu, [1, WIDTH], 'float32'),
    y: tensor(
      relu.map((value) => -value),
      [1, WIDTH],
      'float32',
    ),
  };
  const cases = [{ file: 'exposed.onnx', inputs, outputs, unchecked: false }];
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
  const script = join(root, 'python-interop', 'make_onnx_files.py');
  const options = { encoding: 'utf8' } as const;
  const run = spawnSync(python, [script, 'check', '--patched', folder], options);
  assert.equal(run.status, 0, run.stderr);
  assert.equal(JSON.parse(run.stdout).worst, 0);
}

const path = join(folder, 'model.onnx');
const exposed = join(folder, 'exposed.onnx');

test('2.1 GB of weights beside a model are not touched', () => {
  const rows = Math.round(2.1e9 / ROW);
  external(path, rows);
  checkListed(path);
  const { mebibytes } = taken('expose', path, exposed);
  assert.ok(mebibytes < 100);
  assert.ok(statSync(exposed).size < 1000);
  checkInPython(rows);
  rmSync(`${path}_data`);
});

test('1.9 GB in a model: a path is read once into memory, a Blob not at all', () => {
  const rows = Math.round(1.9e9 / ROW);
  whole(path, rows);
  const { size } = statSync(path);
  checkListed(path);
  const { mebibytes } = taken('expose', path, exposed);
  assert.ok(mebibytes < size / MEBIBYTE + 200);
  const byPath = statSync(exposed).size;
  checkInPython(rows);
  rmSync(exposed);
  const given = taken('describe', path);
  assert.equal(given.result, byPath);
  assert.ok(given.mebibytes < 100);
  const written = taken('blob', path, exposed);
  assert.ok(written.mebibytes < 400);
  assert.equal(statSync(exposed).size, byPath);
  checkInPython(rows);
});

test('a file that would come to 2 GiB is refused, and listed while it is shorter', async () => {
  const { exposeTensors, listTensors } = require('../../src') as typeof import('../../src');
  const limit = 2 ** 31;
  whole(path, Math.floor(limit / ROW) - 10);
  // Some words about the model bring it to 8 bytes less.
  const { size } = statSync(path);
  const words = limit - 8 - size - header(MODEL_WORDS, limit - size).length;
  appendFileSync(path, field(MODEL_WORDS, ' '.repeat(words)));
  const tensors = await listTensors(path);
  assert.deepEqual(
    tensors.map(({ name }) => name),
    NAMES,
  );
  const refused = { code: 'SAE_UNSUPPORTED' };
  await assert.rejects(exposeTensors(path, ['hidden']), refused);
  await assert.rejects(exposeTensors(await openAsBlob(path), ['hidden']), refused);
});
