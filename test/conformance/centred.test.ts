import * as tf from '@tensorflow/tfjs';
import { KerasAdam } from '../../src';
import { end, expectClose, expectSame, FORMS, INPUT_DIM, rows, stir, values } from './architecture';

const quiet = { verbose: 0 as const, shuffle: false };

describe.each(FORMS)('%s', (_, subject) => {
  test.each(['tensor', 'sparse'] as const)(
    'that does not centre its rows is a transcoder of them, in every number of a %s training',
    async (step) => {
      const x = rows(24);
      const y = x.clone();
      const sae = subject.model({ centred: false, seed: 3 });
      const transcoder = subject.model({ outputDim: INPUT_DIM, seed: 3 });
      stir(sae.sae);
      transcoder.setWeights(sae.getWeights());
      for (const model of [sae, transcoder]) {
        const optimizer = new KerasAdam({ learningRate: 0.01 });
        model.compile({ optimizer, step: model.sae.kernels ? step : 'tensor' });
      }
      const own = await sae.fit(x, { ...quiet, batchSize: 8 });
      const others = await transcoder.fit(x, y, { ...quiet, batchSize: 8 });
      const losses = Object.entries(own.history).map(
        ([name, each]) => [name, tf.tensor1d(each as number[])] as const,
      );
      for (const [name, loss] of losses) {
        const other = tf.tensor1d(others.history[name] as number[]);
        expectSame(loss, other);
        tf.dispose([loss, other]);
      }
      for (const [i, weight] of sae.getWeights().entries()) {
        expectSame(weight, transcoder.getWeights()[i] as tf.Tensor);
      }
      tf.tidy(() => expectClose(sae.encode(x), transcoder.encode(x)));
      const configs = [sae.getConfig(), transcoder.getConfig()].map(({ centred }) => centred);
      expect(configs).toEqual([false, undefined]);
      end(sae, transcoder);
      tf.dispose([x, y]);
    },
  );

  test('that centres its rows says nothing of it, and is moved by its b_dec', () => {
    const x = rows(4);
    for (const centred of [true, false]) {
      const sae = subject.model({ centred });
      stir(sae.sae);
      expect('centred' in sae.getConfig()).toBe(!centred);
      tf.tidy(() => {
        const before = values(sae.encode(x));
        sae.sae.bDec.write(tf.add(sae.sae.bDec.read(), 0.5));
        const after = values(sae.encode(x));
        expect(JSON.stringify(after) === JSON.stringify(before)).toBe(!centred);
      });
      sae.dispose();
    }
    x.dispose();
  });
});
