import * as tf from '@tensorflow/tfjs';
import { featureReport, KerasAdam, sparsityReport } from '../../src';
import { differs } from '../backends/differences';
import { rows, SUBJECTS } from './architecture';

const quiet = { verbose: 0 as const };
/** Runs `act`, in which nothing may be read from the backend while the page stands still. */
async function withoutWaiting(act: () => Promise<unknown>): Promise<void> {
  const read = jest.spyOn(tf.Tensor.prototype, 'dataSync').mockImplementation(() => {
    throw new Error('dataSync');
  });
  try {
    await act();
  } finally {
    read.mockRestore();
  }
}

describe.each(SUBJECTS)('%s', (_, subject) => {
  test('no step of training by tensors stops the page to read from the backend', async () => {
    const sae = subject.model();
    const optimizer = new KerasAdam();
    sae.compile({ optimizer, step: 'tensor', metrics: ['mse'] });
    const x = rows(9);
    await withoutWaiting(async () => {
      await sae.trainOnBatch(x);
      const { history } = await sae.fit(x, { epochs: 2, batchSize: 4, ...quiet });
      expect(history['loss']).toHaveLength(2);
    });
    x.dispose();
    sae.dispose();
    optimizer.dispose();
  });

  test('on a GPU, neither does what comes as a promise', async () => {
    const sae = subject.model();
    const optimizer = new KerasAdam();
    sae.compile({ optimizer, step: 'tensor', metrics: ['mse'] });
    const x = rows(9);
    const dataset = tf.data.array(await x.array()).batch(4) as never;
    if (!differs('promises')) {
      await withoutWaiting(async () => {
        await sae.initDecoderBias(x);
        await sae.fit(x, { validationSplit: 0.3, ...quiet });
        tf.dispose(await sae.evaluateDataset(dataset));
        tf.dispose(await sae.reconstruct(x));
        tf.dispose(await sae.decodeSparse(await sae.encodeSparse(x)));
        await sparsityReport(sae, x);
        await featureReport(sae, x);
      });
    }
    x.dispose();
    sae.dispose();
    optimizer.dispose();
  });

  test('steps that are not waited for come one after another', async () => {
    const models = [subject.model(), subject.model()] as const;
    for (const sae of models) sae.compile({ optimizer: new KerasAdam(), step: 'tensor' });
    const x = rows(8);
    const [one, other] = models;
    const together = await Promise.all([1, 2, 3].map(() => one.trainOnBatch(x)));
    const apart = [];
    for (let i = 0; i < 3; i++) apart.push(await other.trainOnBatch(x));
    expect(together).toEqual(apart);
    x.dispose();
    for (const sae of models) {
      sae.optimizer.dispose();
      sae.dispose();
    }
  });
});
