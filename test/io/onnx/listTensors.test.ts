import { readFileSync } from 'node:fs';
import { listTensors } from '../../../src';
import { bytesOf, expectedOf, FILES, pathOf } from './fixtures';

test.each(FILES)('%s: every tensor that Python computes, by name and operation', async (file) => {
  const { inputs, ops, outputs, hidden } = expectedOf(file);
  const tensors = await listTensors(pathOf(file));
  const named = (role: string) => tensors.filter((tensor) => tensor.role === role);
  expect(named('input').map(({ name }) => name)).toEqual(Object.keys(inputs));
  const computed = tensors.filter(({ role }) => role !== 'input');
  expect(new Map(computed.map(({ name, op }) => [name, op]))).toEqual(
    new Map(Object.entries(ops).filter(([name]) => name !== '')),
  );
  for (const { name, shape, dtype, role } of computed) {
    const known = hidden[name] ?? outputs[name];
    if (!known) continue;
    if (role === 'output') expect(Object.keys(outputs)).toContain(name);
    if (dtype) expect(dtype).toBe(known.dtype);
    if (shape) expect(shape).toEqual(known.shape.map((length, i) => shape[i] && length));
  }
});

test('what torch’s exporter says of shapes is there, and what the older one leaves out is not', async () => {
  expect(await listTensors(pathOf('mlp.onnx'))).toEqual([
    { name: 'x', role: 'input', op: '', dtype: 'float32', shape: [null, 8] },
    { name: 'linear', role: 'hidden', op: 'Gemm', dtype: 'float32', shape: [null, 16] },
    { name: 'relu', role: 'hidden', op: 'Relu', dtype: 'float32', shape: [null, 16] },
    { name: 'y', role: 'output', op: 'Gemm', dtype: 'float32', shape: [null, 3] },
  ]);
  const legacy = await listTensors(pathOf('legacy.onnx'));
  expect(legacy[1]).toMatchObject({ name: '/0/Gemm_output_0', dtype: undefined, shape: undefined });
});

test('a fused node’s sum is listed though it has no name', async () => {
  const tensors = await listTensors(pathOf('fused.onnx'));
  expect(tensors.map(({ name }) => name)).toEqual([
    'x',
    'h',
    'norm0',
    'norm0:3',
    'g',
    'norm1',
    'sum1',
    'y',
  ]);
});

test('bytes, a view of them, a Blob and a path are alike', async () => {
  const expected = await listTensors(pathOf('mlp.onnx'));
  const bytes = bytesOf('mlp.onnx');
  const longer = new Uint8Array(bytes.length + 7);
  longer.set(bytes, 7);
  expect(await listTensors(bytes)).toEqual(expected);
  expect(await listTensors(bytes.buffer)).toEqual(expected);
  expect(await listTensors(longer.subarray(7))).toEqual(expected);
  expect(await listTensors(new Blob([bytes]))).toEqual(expected);
  expect(await listTensors(readFileSync(pathOf('mlp.onnx')))).toEqual(expected);
});

test('weights are passed over', async () => {
  // The file says it has 1.5 GB of them; the reader of its Blob is asked for names alone.
  const bytes = bytesOf('mlp.onnx');
  let read = 0;
  const blob = new Blob([bytes, ...weightOf(2 ** 24)]);
  const slice = blob.slice.bind(blob);
  blob.slice = (start = 0, end = blob.size, type) => {
    read += end - start;
    return slice(start, end, type);
  };
  const tensors = await listTensors(blob);
  expect(tensors.map(({ name }) => name)).toEqual(['x', 'linear', 'relu', 'y']);
  expect(read).toBeLessThan(2 ** 18);
});

/** A graph of one weight of so many bytes, as protobuf has it. */
function weightOf(length: number): Uint8Array<ArrayBuffer>[] {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
  const tensor = [0x4a, ...varint(length)]; // raw_data
  const graph = [0x2a, ...varint(tensor.length + length), ...tensor]; // initializer
  const model = [0x3a, ...varint(graph.length + length), ...graph]; // graph
  return [Uint8Array.from(model), new Uint8Array(length)];
}
