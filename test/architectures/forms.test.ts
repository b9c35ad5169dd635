import * as tf from '@tensorflow/tfjs';
import {
  GatedSAE,
  GatedSAELayer,
  KerasAdam,
  ReluSAE,
  ReluSAELayer,
  type SAEModel,
} from '../../src';
import { expectUnitRows, FORMS, rows, stir, values } from '../conformance/architecture';

const SIZES = { inputDim: 6, encodingDim: 10, seed: 1 };
const STEPS = ['sparse', 'tensor'] as const;

test.each<[string, () => unknown, RegExp]>([
  [
    'the auxiliary weight of one loss with the other',
    () => new GatedSAE({ ...SIZES, loss: 'saelens', auxWeight: 0.1 }),
    /^SAE_OPTION GatedSAELayer\.auxWeight: expected 1 with loss "saelens"; received 0\.1\. Leave/,
  ],
  [
    'a loss that is nearly one',
    () => new GatedSAELayer({ encodingDim: 4, loss: 'sae-lens' as never }),
    /loss: expected one of "paper", "saelens"; received "sae-lens"\. Did you mean "saelens"\?/,
  ],
  [
    'a loss that is none',
    () => new GatedSAELayer({ encodingDim: 4, loss: 3 as never }),
    /loss: expected one of .*; received 3\. Give one of .*, or leave loss out, for "paper"/,
  ],
  [
    'a penalty that is nearly one',
    () => new ReluSAE({ ...SIZES, penalty: 'l1_decoder_norm' as never }),
    /penalty: expected one of "l1", "l1-decoder-norm", "lp"; .*Did you mean "l1-decoder-norm"\?/,
  ],
  [
    'a p without its penalty',
    () => new ReluSAE({ ...SIZES, p: 0.5 }),
    /^SAE_OPTION ReluSAELayer\.p: expected 1 with penalty "l1"; received 0\.5\. Give penalty: "lp"/,
  ],
  [
    'a p of 0',
    () => new ReluSAELayer({ encodingDim: 4, penalty: 'lp', p: 0 }),
    /p: expected a finite number > 0; received 0/,
  ],
  [
    'a loss of another architecture',
    () => new ReluSAE({ ...SIZES, loss: 'saelens' } as never),
    /received "loss"/,
  ],
])('%s is refused', (_, make, message) => {
  expect(make).toThrow(message);
});

test('a change during training mixes nothing either', () => {
  const saelens = new GatedSAE({ ...SIZES, loss: 'saelens' });
  const l1 = new ReluSAE(SIZES);
  expect(() => saelens.setOption('auxWeight', 0.5)).toThrow('expected 1 with loss "saelens"');
  expect(() => saelens.setOption('loss', 'paper')).toThrow('Make a new dictionary');
  expect(() => l1.setOption('p', 0.5)).toThrow('Give penalty: "lp" too');
  expect(saelens.sae.options).toEqual({ lambdaSparse: 1e-3, auxWeight: 1, loss: 'saelens' });
  for (const sae of [saelens, l1]) sae.dispose();
});

test('each loss has the auxiliary weight that it is trained with', () => {
  const weightOf = (sae: GatedSAE) => {
    const { auxWeight } = sae.sae.options;
    sae.dispose();
    return auxWeight;
  };
  expect(weightOf(new GatedSAE(SIZES))).toBe(1e-2);
  expect(weightOf(new GatedSAE({ ...SIZES, loss: 'saelens' }))).toBe(1);
});

async function trained(sae: SAEModel, step: (typeof STEPS)[number], steps = 3): Promise<void> {
  const optimizer = new KerasAdam({ learningRate: 0.01 });
  sae.compile({ optimizer, step });
  const x = rows(8);
  for (let i = 0; i < steps; i++) await sae.trainOnBatch(x);
  x.dispose();
  sae.getWeights(); // what the kernels have come to
  optimizer.dispose();
}

describe.each(STEPS)('by the %s step', (step) => {
  test('decoder rows of SAELens’s loss are free, and those of the paper’s have norm 1', async () => {
    const [free, unit] = [
      new GatedSAE({ ...SIZES, loss: 'saelens' }),
      new GatedSAE({ ...SIZES, loss: 'paper' }),
    ];
    for (const sae of [free, unit]) await trained(sae, step);
    expectUnitRows(unit.sae);
    const norms = tf.tidy(() => values(tf.norm(free.sae.wDec.read(), 2, 1)));
    expect(norms.filter((norm) => Math.abs(norm - 1) < 1e-3)).toEqual([]);
    for (const sae of [free, unit]) sae.dispose();
  });

  test('a power of 1 is the L1 penalty, and so are norms of 1', async () => {
    const penalties = [{}, { penalty: 'lp' }, { penalty: 'l1-decoder-norm' }] as const;
    const logs: number[][] = [];
    for (const penalty of penalties) {
      const sae = new ReluSAE({ ...SIZES, ...penalty, lambdaSparse: 0.5 });
      const optimizer = new KerasAdam({ learningRate: 0 });
      sae.compile({ optimizer, step });
      const x = rows(8);
      await sae.trainOnBatch(x); // brings the rows to norm 1
      logs.push((await sae.trainOnBatch(x)) as number[]);
      x.dispose();
      sae.dispose();
      optimizer.dispose();
    }
    const [l1, lp, byNorm] = logs as [number[], number[], number[]];
    lp.forEach((value, i) => {
      expect(value).toBeCloseTo(l1[i] as number, 4);
    });
    // The gradient's norm has what pulls at decoder rows too.
    byNorm.slice(0, -1).forEach((value, i) => {
      expect(value).toBeCloseTo(l1[i] as number, 4);
    });
    expect(byNorm.at(-1)).toBeGreaterThan(l1.at(-1) as number);
  });
});

test.each(FORMS)(
  '%s: rows that are not trained on have the same losses in both bodies',
  async (_, subject) => {
    const sae = subject.model();
    stir(sae.sae);
    const x = rows(9);
    sae.compile({ optimizer: new KerasAdam(), step: 'sparse' });
    const found = await sae.evaluateDataset(tf.data.array(x.arraySync()).batch(9) as never);
    const ours = (found as tf.Scalar[]).flatMap(values);
    tf.dispose(found);
    const [loss, ...terms] = tf.tidy(() => {
      const pass = sae.sae.forward(x, x);
      return [pass.loss, ...Object.values(pass.terms)].flatMap(values);
    });
    expect(ours).toHaveLength(1 + terms.length);
    [loss, ...terms].forEach((value, i) => {
      expect(ours[i]).toBeCloseTo(value as number, 4);
    });
    x.dispose();
    sae.optimizer.dispose();
    sae.dispose();
  },
);

test('a decoder row of zeros has no gradient of its norm', async () => {
  for (const step of STEPS) {
    const sae = new GatedSAE({ ...SIZES, loss: 'saelens', lambdaSparse: 1 });
    const zeros = tf.zeros([10, 6]);
    sae.sae.wDec.write(zeros);
    await trained(sae, step, 1);
    expect(sae.getWeights().every((w) => values(w).every(Number.isFinite))).toBe(true);
    zeros.dispose();
    sae.dispose();
  }
});

test('codes of 0 have no part in the gradient of a power below 1', async () => {
  const layer = new ReluSAELayer({
    encodingDim: 4,
    penalty: 'lp',
    p: 0.5,
    lambdaSparse: 1,
    seed: 1,
  });
  const x = rows(5);
  tf.dispose(layer.apply(x) as tf.Tensor);
  const gradients = tf.tidy(() => {
    const pass = layer.forward(x, x, true);
    expect(values(pass.codes)).toContain(0);
    return layer.gradientList(layer.backward(pass.saved, { dLoss: 1 })).map(values);
  });
  expect(gradients.flat().every(Number.isFinite)).toBe(true);
  x.dispose();
  layer.dispose();
});
