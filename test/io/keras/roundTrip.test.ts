import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { decodeKeras, encodeKeras, type KerasDtype } from '../../../src';
import { differs } from '../../backends/differences';
import { Figures } from '../../parity/fixture';
import {
  apart,
  arraysOf,
  bytesOf,
  disposeModel,
  expectedOf,
  FIXTURES,
  FOLDERS,
  filesIn,
  outlineOf,
  tensorOf,
} from './fixture';

const figures = new Figures('.keras files of Keras 3.3 to 3.15');
afterAll(() => figures.write());

const SEEDS = /(^|\/)seed_generator\//;
/** What tfjs's backends compute wrongly, as this test has shown. */
const WRONG_ON: Record<string, readonly string[]> = {
  wasm: [
    'pooling_3d.keras',
    'conv3d_transpose.keras',
    'p_relu_last_axis_shared.keras',
    ...['conv1d', 'conv2d', 'separable', 'depthwise', 'conv_lstm'].map(
      (name) => `short_windows_${name}.keras`,
    ),
  ],
  webgpu: ['embedding_mask_zero.keras', 'masking_lstm.keras'],
};
/** Dictionaries of inputs or outputs, which tfjs has as lists. */
const NAMED_ENDS = ['dict_inputs.keras', 'dict_outputs.keras'];
/** Tensors that tfjs cannot give out, or take, twice: layers of their own, that do nothing. */
const REPEATED_ENDS = ['same_output_twice.keras', 'tensor_taken_twice.keras'];
/** What tfjs has another class for. */
const OTHER_CLASS = ['flatten_vectors.keras'];
/** Training here is in float32, without a scale of the loss: the optimizer inside is what is kept. */
function withoutLossScale(arrays: Map<string, unknown>): void {
  const inside = [...arrays].filter(([path]) => path.startsWith('optimizer/inner_optimizer/'));
  if (inside.length === 0) return;
  for (const path of [...arrays.keys()].filter((one) => one.startsWith('optimizer/')))
    arrays.delete(path);
  for (const [path, array] of inside) arrays.set(path.replace('inner_optimizer/', ''), array);
}

/** Keras takes dictionaries apart by their sorted keys. */
const sorted = <T>(values: T[], names: string[] = []): T[] =>
  names.length === 0 ? values : [...names].sort().map((name) => values[names.indexOf(name)] as T);

async function predictions(model: tf.LayersModel, inputs: tf.Tensor[]): Promise<number[][]> {
  const outputs = model.predict(inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs);
  const list = Array.isArray(outputs) ? outputs : [outputs];
  const values = await Promise.all(list.map(async (t) => Array.from(await t.data())));
  tf.dispose(outputs);
  return values;
}

describe.each(FOLDERS)('%s', (release) => {
  const folder = join(FIXTURES, release);
  test.each(filesIn(folder))('%s', async (name) => {
    const file = join(folder, name);
    const archive = readFileSync(file);
    const expected = expectedOf(file);
    const found = await arraysOf(archive);
    expect([...found.keys()].sort()).toEqual(Object.keys(expected.arrays).sort());
    let equal = true;
    for (const [path, array] of Object.entries(expected.arrays)) {
      const [dtype, bytes] = found.get(path) as [string, Uint8Array];
      equal &&= dtype === array.dtype && Buffer.compare(bytes, bytesOf(array)) === 0;
    }
    expect(equal).toBe(true);

    if (differs('wrongOn') && WRONG_ON[tf.getBackend()]?.includes(name)) {
      await expect(decodeKeras(archive)).rejects.toThrow(
        /^SAE_UNSUPPORTED .* received (MaxPooling3D|Conv3DTranspose|shared_axes|padding = "same"|masks and LSTM).* on (wasm|webgpu)\b.*: load it on another/,
      );
      return;
    }

    const warn = jest.spyOn(console, 'warn').mockImplementation();
    const model = await decodeKeras(archive);
    const inputs = sorted(expected.inputs, expected.input_names).map(tensorOf);
    const outputs = sorted(expected.outputs, expected.output_names);
    const is16 = /float16/.test(name);
    const predicted = inputs.length === 0 ? [] : await predictions(model, inputs);
    predicted.forEach((ours, i) => {
      const theirs = tensorOf(outputs[i] as (typeof outputs)[0]);
      const limit = is16 ? 5e-2 : 1e-5;
      const quantity = is16 ? 'predictions of float16 models' : 'predictions';
      figures.within(limit, quantity, apart(ours, theirs.dataSync()), `${release}/${name}`);
      theirs.dispose();
    });
    const dtype = (/float16|bfloat16|float64/.exec([...found.values()][0]?.[0] ?? '')?.[0] ??
      'float32') as KerasDtype;
    const encoded = await encodeKeras(model, { dtype });
    if (![...NAMED_ENDS, ...REPEATED_ENDS, ...OTHER_CLASS].includes(name)) {
      expect(await outlineOf(encoded)).toEqual(await outlineOf(archive));
    }
    const again = await arraysOf(encoded);
    withoutLossScale(found);
    const kept = [...found].filter(
      ([path]) => !SEEDS.test(path) && (model.optimizer || !path.startsWith('optimizer/')),
    );
    const others = [...again.keys()].filter((path) => !kept.some(([known]) => known === path));
    // Before the first step Keras writes no moments, and warns when it then finds none.
    if (name === 'gsae_compiled_only.keras') expect(others).toHaveLength(12);
    else expect(others).toEqual([]);
    for (const [path, [type, bytes]] of kept) {
      const [ourType, ours] = again.get(path) as [string, Uint8Array];
      if (ourType !== type || Buffer.compare(ours, bytes) !== 0) throw new Error(`${path} differs`);
    }
    warn.mockRestore();
    tf.dispose(inputs);
    disposeModel(model);
  });
});
