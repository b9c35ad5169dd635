import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { decodeKeras, encodeKeras, inspectKeras, type KerasAdam } from '../../../src';
import type { Dtype } from '../../../src/io/bytes/dtypes';
import { float32From } from '../../../src/io/bytes/values';
import {
  type ArrayJSON,
  apart,
  arraysOf,
  bytesOf,
  disposeModel,
  expectedOf,
  NEWEST,
  tensorOf,
} from './fixture';

/** Two steps of the optimizer inside, in float32, that Keras has taken from what the file holds. */
interface TrainsOn {
  trains_on: { x: ArrayJSON; y: ArrayJSON; arrays_after: Record<string, ArrayJSON> };
}

test.each([
  ['loss_scale_mixed_float16', 'Adam'],
  ['loss_scale_mixed_bfloat16', 'SGD'],
])('%s trains on from the state of the optimizer inside', async (name, inside) => {
  const file = join(NEWEST, `${name}.keras`);
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  const model = await decodeKeras(readFileSync(file), { includeOptimizer: true });
  expect(model.optimizer.getClassName()).toBe(`Keras${inside}`);
  expect((model.optimizer as KerasAdam).iterations).toBe(3);
  const { trains_on: expected } = expectedOf(file) as unknown as TrainsOn;
  const [x, y] = [tensorOf(expected.x), tensorOf(expected.y)];
  for (let step = 0; step < 2; step++) await model.trainOnBatch(x, y);
  const arrays = await arraysOf(await encodeKeras(model));
  expect([...arrays.keys()].sort()).toEqual(Object.keys(expected.arrays_after).sort());
  for (const [path, array] of Object.entries(expected.arrays_after)) {
    const [dtype, bytes] = arrays.get(path) as [string, Uint8Array];
    const theirs = float32From(array.dtype as Dtype, bytesOf(array));
    const far = apart(float32From(dtype as Dtype, bytes), theirs);
    expect(`${path} ${far < 1e-6 ? 'agrees' : far}`).toBe(`${path} agrees`);
  }
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
  tf.dispose([x, y]);
  disposeModel(model);
});

test('inspect counts the steps of the optimizer inside', async () => {
  const { optimizer } = await inspectKeras(
    readFileSync(join(NEWEST, 'loss_scale_mixed_float16.keras')),
  );
  expect(optimizer).toMatchObject({ className: 'LossScaleOptimizer', steps: 3, arrays: 10 });
});
