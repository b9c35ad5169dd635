import * as tf from '@tensorflow/tfjs';
import { explainedVariance, type SAEModel, type SparseCodes } from '../../src';
import { sparseCodes } from '../../src/kernels/sparseCodes';
import { expectClose, rows, SUBJECTS, stir } from '../conformance/architecture';

/** Dense codes `[rows, features]`; the caller disposes them. */
function dense({ indices, values, rowOffsets }: SparseCodes, features: number): tf.Tensor2D {
  const buffer = tf.buffer([rowOffsets.length - 1, features]);
  for (let row = 0; row + 1 < rowOffsets.length; row++) {
    for (let i = rowOffsets[row] as number; i < (rowOffsets[row + 1] as number); i++) {
      buffer.set(values[i] as number, row, indices[i] as number);
    }
  }
  return buffer.toTensor() as tf.Tensor2D;
}

function stirred(make: () => SAEModel): SAEModel {
  const sae = make();
  stir(sae.sae);
  return sae;
}

describe.each(SUBJECTS)('%s', (_, subject) => {
  test('encodeSparse and decodeSparse are encode and decode, in batches of any size', async () => {
    const sae = stirred(() => subject.model());
    const x = rows(11);
    const [codes, xHat] = tf.tidy(() => {
      const encoded = sae.encode(x);
      return [encoded, sae.decode(encoded)];
    }) as [tf.Tensor2D, tf.Tensor2D];
    for (const batchSize of [1, 4, 512]) {
      const sparse = await sae.encodeSparse(x, { batchSize });
      expect(sparse.rowOffsets).toHaveLength(12);
      expect(sparse.values.every((code) => code > 0)).toBe(true);
      for (let row = 0; row < 11; row++) {
        const of = sparse.indices.slice(sparse.rowOffsets[row], sparse.rowOffsets[row + 1]);
        expect(of).toEqual(of.slice().sort());
      }
      const again = dense(sparse, sae.encodingDim);
      expectClose(again, codes, 1e-6);
      const decoded = await sae.decodeSparse(sparse, { batchSize });
      expectClose(decoded, xHat, 1e-6);
      tf.dispose([again, decoded]);
    }
    tf.dispose([x, codes, xHat]);
    sae.dispose();
  });

  test('rows without any code, and codes in any order', async () => {
    const sae = stirred(() => subject.model());
    const codes = {
      indices: Uint32Array.of(7, 2),
      values: Float32Array.of(0.5, 1.5),
      rowOffsets: Uint32Array.of(0, 0, 2, 2),
    };
    const decoded = await sae.decodeSparse(codes);
    tf.tidy(() => expectClose(decoded, sae.decode(dense(codes, sae.encodingDim)), 1e-6));
    decoded.dispose();
    sae.dispose();
  });

  test('before, between and after steps of training: always the newest weights', async () => {
    const sae = stirred(() => subject.model());
    sae.compile({ step: 'sparse' });
    const x = rows(8);
    for (let step = 0; step < 3; step++) {
      const sparse = dense(await sae.encodeSparse(x), sae.encodingDim);
      const codes = sae.encode(x);
      expectClose(sparse, codes, 1e-6);
      tf.dispose([sparse, codes]);
      await sae.trainOnBatch(x);
    }
    x.dispose();
    sae.dispose();
    (sae.optimizer as tf.Optimizer).dispose();
  });

  test('evaluateDataset and explainedVariance come to what tfjs comes to', async () => {
    const sae = stirred(() => subject.model());
    sae.compile({ metrics: [tf.metrics.meanAbsoluteError] });
    const x = rows(10);
    const numbers = (scalars: tf.Scalar[]) => {
      const values = scalars.map((scalar) => scalar.dataSync()[0] as number);
      tf.dispose(scalars);
      return values;
    };
    const batches = tf.data.array(x.arraySync()).batch(4) as never;
    const ours = numbers(await sae.evaluateDataset(batches));
    const theirs = numbers(sae.evaluate(x, { batchSize: 10 }));
    expect(ours).toHaveLength(theirs.length);
    ours.forEach((value, i) => {
      expect(value).toBeCloseTo(theirs[i] as number, 4);
    });
    const variance = await explainedVariance(sae, x);
    const reference = tf.tidy(() => {
      const error = tf.sum(tf.square(tf.sub(x, sae.predict(x))));
      const spread = tf.sum(tf.square(tf.sub(x, tf.mean(x, 0))));
      return 1 - (tf.div(error, spread).dataSync()[0] as number);
    });
    expect(variance).toBeCloseTo(reference, 4);
    x.dispose();
    sae.dispose();
  });

  test.each<[string, Partial<Record<keyof SparseCodes, unknown>>]>([
    ['not typed arrays', { indices: [1] }],
    ['a feature that is not there', { indices: Uint32Array.of(10, 1) }],
    ['a code that is not finite', { values: Float32Array.of(1, Number.NaN) }],
    ['offsets that fall', { rowOffsets: Uint32Array.of(0, 2, 1, 2) }],
    ['offsets that do not start at 0', { rowOffsets: Uint32Array.of(1, 2) }],
    ['offsets that do not end at the last code', { rowOffsets: Uint32Array.of(0, 1) }],
    [
      'no row',
      { indices: new Uint32Array(), values: new Float32Array(), rowOffsets: new Uint32Array(1) },
    ],
    ['more codes than features', { values: Float32Array.of(1) }],
  ])('decodeSparse refuses %s', async (_name, wrong) => {
    const sae = subject.model();
    const codes = {
      indices: Uint32Array.of(0, 1),
      values: Float32Array.of(1, 1),
      rowOffsets: Uint32Array.of(0, 2),
      ...wrong,
    } as SparseCodes;
    await expect(sae.decodeSparse(codes)).rejects.toThrow(/^SAE_DATA /);
    await expect(sae.decodeSparse(null as never)).rejects.toThrow(/^SAE_DATA /);
    sae.dispose();
  });
});

test('NaN among dense codes stays there, to be found', () => {
  const { indices, values, rowOffsets } = sparseCodes(Float32Array.of(0, Number.NaN, 2, 0), 2);
  expect(Array.from(indices)).toEqual([1, 0]);
  expect(Array.from(values)).toEqual([Number.NaN, 2]);
  expect(Array.from(rowOffsets)).toEqual([0, 1, 2]);
});
