/** @jest-environment ./test/setup/onnxruntime.cjs */
import { exposeTensors, listTensors } from '../../../src';
import { bytesOf, expectedOf, FILES, pathOf } from './fixtures';
import { differenceOf, numbersOf, runOf } from './runtime';

/** Rounding of float32 and, where a file has them, float16 and whole numbers of 8 bits. */
const WITHIN: Readonly<Record<string, number>> = { 'half.onnx': 4e-3, 'quantised.onnx': 2e-2 };

const external = {
  externalData: [{ path: 'external.onnx_data', data: bytesOf('external.onnx_data') }],
};

test.each(FILES)('%s: every hidden tensor is as Python’s onnxruntime gives it', async (file) => {
  const { inputs, hidden, outputs } = expectedOf(file);
  const names = Object.keys(hidden);
  const bytes = await exposeTensors(pathOf(file), names);
  const options = file === 'external.onnx' ? external : {};
  // skl2onnx's second output is a list of maps, which onnxruntime-web does not give.
  const results = await runOf(bytes, inputs, [...names, ...Object.keys(outputs)], options);
  for (const [name, { shape, values }] of Object.entries({ ...hidden, ...outputs })) {
    const result = results[name];
    if (result === undefined) throw new Error(`no ${name}`);
    expect(result.dims).toEqual(shape);
    expect(differenceOf(numbersOf(result), [...values])).toBeLessThan(WITHIN[file] ?? 2e-5);
  }
});

test('the file’s own bytes stay as they are, and are followed by some', async () => {
  const original = bytesOf('legacy.onnx');
  const bytes = await exposeTensors(original, ['/1/Relu_output_0']);
  expect(bytes.subarray(0, original.length)).toEqual(original);
  expect(bytes.length - original.length).toBe('/1/Relu_output_0'.length + 6);
});

test('a Blob becomes a Blob of the same bytes', async () => {
  for (const [file, name] of [
    ['mlp.onnx', 'relu'],
    ['fused.onnx', 'norm0:3'],
  ] as const) {
    const blob = await exposeTensors(new Blob([bytesOf(file)]), [name]);
    const bytes: Uint8Array = await exposeTensors(bytesOf(file), [name]);
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(bytes);
  }
});

test('outputs that are there, and names that are there twice, add nothing', async () => {
  const original = bytesOf('mlp.onnx');
  expect(await exposeTensors(original, ['y', 'y'])).toEqual(original);
  expect(await exposeTensors(original, [])).toEqual(original);
  const once = await exposeTensors(original, ['relu']);
  expect(await exposeTensors(original, ['relu', 'relu'])).toEqual(once);
  expect(await exposeTensors(once, ['relu'])).toEqual(once);
  const roles = (await listTensors(once)).map(({ name, role }) => `${name} ${role}`);
  expect(roles).toContain('relu output');
});

test('names that no tensor has are refused', async () => {
  const expose = (names: unknown) => exposeTensors(pathOf('mlp.onnx'), names as string[]);
  await expect(expose(['rleu'])).rejects.toThrow(
    'SAE_OPTION exposeTensors: expected the name of a tensor that the model computes; received "rleu". Did you mean "relu"?',
  );
  await expect(expose(['x'])).rejects.toThrow('SAE_OPTION exposeTensors: expected the name');
  await expect(expose(['__proto__'])).rejects.toThrow('received "__proto__"');
  await expect(expose([7])).rejects.toThrow('received 7. Call listTensors for the names.');
  await expect(expose('relu')).rejects.toThrow('SAE_OPTION exposeTensors.names: expected an array');
});
