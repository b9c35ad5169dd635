import * as tf from '@tensorflow/tfjs';
import { GatedSAE, GatedSAELayer, KerasAdam, ReluSAE, type SAEModel } from '../../src';
import {
  expectClose,
  expectSame,
  expectUnitRows,
  named,
  rows,
  SUBJECTS,
  values,
} from '../conformance/architecture';

/** Every architecture but the Gated SAE, whose loss says what its rows are. */
const OTHERS = SUBJECTS.filter(([name]) => name !== 'gated');
const norms = (sae: SAEModel) => tf.tidy(() => values(tf.norm(sae.sae.wDec.read(), 2, 1)));

/** The dictionary after some steps on the same rows; the caller disposes it. */
async function trained(sae: SAEModel, step: 'sparse' | 'tensor'): Promise<SAEModel> {
  const optimizer = new KerasAdam({ learningRate: 0.01 });
  sae.compile({ optimizer, step });
  const x = rows(8);
  for (let i = 0; i < 3; i++) await sae.trainOnBatch(x);
  x.dispose();
  optimizer.dispose();
  return sae;
}

describe.each(OTHERS)('%s', (_, subject) => {
  test.each(subject.steps)(
    'free decoder rows keep the norms that the %s step gives them',
    async (step) => {
      const [free, unit] = [
        await trained(subject.model({ decoderRows: 'free' }), step),
        await trained(subject.model({ decoderRows: 'unit' }), step),
      ];
      expect([free, unit].map(({ sae }) => sae.decoderRows)).toEqual(['free', 'unit']);
      expectUnitRows(unit.sae);
      expect(norms(free).filter((norm) => Math.abs(norm - 1) < 1e-3)).toEqual([]);
      for (const sae of [free, unit]) sae.dispose();
    },
  );

  test('the model is made anew with them, and rows that are as usual are not told of', () => {
    const [free, unit, neither] = ['free', 'unit', undefined].map((decoderRows) =>
      subject.model({ decoderRows }),
    ) as [SAEModel, SAEModel, SAEModel];
    for (const sae of [free, unit, neither]) {
      expect('decoderRows' in sae.getConfig()).toBe(sae === free);
    }
    const Model = free.constructor as unknown as tf.serialization.SerializableConstructor<never>;
    const config = JSON.parse(JSON.stringify(free.getConfig())) as tf.serialization.ConfigDict;
    expect(config).toMatchObject({ decoderRows: 'free' });
    const again = Model.fromConfig(Model, config) as unknown as SAEModel;
    expect(again.sae.decoderRows).toBe('free');
    expect(again.getConfig()).toEqual(config);
    for (const sae of [free, unit, neither, again]) sae.dispose();
  });

  test('a projected gradient is at right angles to its row, and nothing else changes', () => {
    const [whole, projected] = [subject.model(), subject.model({ projectGradient: true })];
    const x = rows(8);
    tf.tidy(() => {
      const of = ({ sae }: SAEModel) =>
        sae.gradientList(sae.backward(sae.forward(x, x, true).saved, { dLoss: 1 }));
      const names = Object.keys(named(whole.sae));
      const w = whole.sae.wDec.read();
      of(projected).forEach((gradient, i) => {
        const before = of(whole)[i] as tf.Tensor;
        if (names[i] !== 'W_dec') {
          expectSame(gradient, before);
          return;
        }
        expect(Math.max(...values(tf.abs(tf.sum(tf.mul(gradient, w), 1))))).toBeLessThan(1e-5);
        expect(Math.max(...values(tf.abs(tf.sum(tf.mul(before, w), 1))))).toBeGreaterThan(1e-3);
        const along = tf.div(tf.sum(tf.mul(before, w), 1, true), tf.sum(tf.square(w), 1, true));
        expectClose(tf.add(gradient, tf.mul(w, along)), before);
      });
    });
    expect(projected.getConfig()).toMatchObject({ projectGradient: true });
    expect('projectGradient' in whole.getConfig()).toBe(false);
    x.dispose();
    for (const sae of [whole, projected]) sae.dispose();
  });

  test("in somebody else's model they stay as the optimizer leaves them", async () => {
    const layer = subject.layer({ decoderRows: 'free', inputShape: [6] });
    const model = tf.sequential({ layers: [layer] });
    const optimizer = tf.train.sgd(0);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const before = tf.clone(layer.wDec.read());
    const x = rows(8);
    await model.trainOnBatch(x, x);
    expectSame(layer.wDec.read(), before);
    tf.dispose([before, x]);
    model.dispose();
    optimizer.dispose();
  });
});

test.each<[string, () => unknown, RegExp]>([
  [
    'rows of norm 1 with the loss of SAELens',
    () => new GatedSAE({ inputDim: 6, encodingDim: 10, loss: 'saelens', decoderRows: 'unit' }),
    /^SAE_OPTION GatedSAELayer\.decoderRows: expected "free" with loss "saelens"; received "unit"\. Leave decoderRows out/,
  ],
  [
    'free rows with the loss of the paper',
    () => new GatedSAELayer({ encodingDim: 10, decoderRows: 'free' }),
    /decoderRows: expected "unit" with loss "paper"; received "free"/,
  ],
  [
    'a word that is nearly one',
    () => new ReluSAE({ inputDim: 6, encodingDim: 10, decoderRows: 'units' as never }),
    /decoderRows: expected one of "unit", "free"; received "units"\. Did you mean "unit"\?/,
  ],
  [
    'a projection with free rows',
    () => new ReluSAE({ inputDim: 6, encodingDim: 10, decoderRows: 'free', projectGradient: true }),
    /^SAE_OPTION ReluSAELayer\.projectGradient: expected false with free decoder rows; received true\. Leave out/,
  ],
  [
    'a projection with the loss of SAELens',
    () => new GatedSAELayer({ encodingDim: 10, loss: 'saelens', projectGradient: true }),
    /projectGradient: expected false with free decoder rows; received true/,
  ],
  [
    'a projection that is no flag',
    () => new ReluSAE({ inputDim: 6, encodingDim: 10, projectGradient: 1 as never }),
    /projectGradient: expected true or false; received 1/,
  ],
  [
    'no word',
    () => new ReluSAE({ inputDim: 6, encodingDim: 10, decoderRows: true as never }),
    /decoderRows: expected one of "unit", "free"; received true/,
  ],
])('%s is refused', (_, make, message) => {
  expect(make).toThrow(message);
});

test('each loss of a Gated SAE takes the rows that it has', () => {
  const sizes = { inputDim: 6, encodingDim: 10 };
  const saes = [
    new GatedSAE({ ...sizes, decoderRows: 'unit' }),
    new GatedSAE({ ...sizes, loss: 'saelens', decoderRows: 'free' }),
  ];
  for (const sae of saes) {
    expect(Object.keys(sae.getConfig())).not.toContain('decoderRows');
    sae.dispose();
  }
});
