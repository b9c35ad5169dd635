import * as tf from '@tensorflow/tfjs';
import { JumpReLUSAE, JumpReLUSAELayer, KerasAdam } from '../../src';
import { expectClose, named, rows, values } from '../conformance/architecture';
import { pass as reference } from '../reference/jumprelu';

const SIZES = { inputDim: 6, encodingDim: 10, seed: 1 };
const DEAD = { preActWeight: 0.5, deadAfter: 50, bandwidth: 1.5, thresholdStart: 0.3 };
const STEPS = ['sparse', 'tensor'] as const;

/** Has features count as dead for so many rows; the others have just fired. */
function silence(sae: JumpReLUSAE, since: readonly number[]): void {
  const counters = tf.tensor1d([...since]);
  sae.setWeights([...sae.getWeights().slice(0, -1), counters]);
  counters.dispose();
}
const sinceFired = (sae: JumpReLUSAE) => values(sae.getWeights().at(-1) as tf.Tensor);

test.each([{}, { penalty: 'tanh' as const }, { gradientToInput: true }])(
  'with dead features and %j the gradient is autodiff of the formulas',
  (more) => {
    const sae = new JumpReLUSAE({ ...SIZES, ...DEAD, ...more, lambdaSparse: 0.1 });
    silence(sae, [90, 0, 0, 70, 0, 49, 0, 0, 0, 50]);
    const x = rows(8);
    tf.tidy(() => {
      const variables = sae.trainableWeights.map((w) => w.read() as tf.Variable);
      // The formulas take a feature for dead after one row.
      const since_fired = tf.tensor1d([1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
      const of = () => reference(x, x, { ...named(sae.sae), since_fired }, sae.sae.options);
      const { grads } = tf.variableGrads(() => of().loss, variables);
      const pass = sae.sae.forward(x, x, true);
      expectClose(pass.terms['L_preact'] as tf.Scalar, of().terms['L_preact'] as tf.Scalar);
      expect(values(pass.terms['L_preact'] as tf.Scalar)[0]).toBeGreaterThan(0);
      const ours = sae.sae.gradientList(sae.sae.backward(pass.saved, { dLoss: 1 }));
      variables.forEach(({ name }, i) => {
        expectClose(ours[i] as tf.Tensor, grads[name] as tf.Tensor);
      });
    });
    x.dispose();
    sae.dispose();
  },
);

test('of one dead feature it is how far each row is below the threshold, by the norm', () => {
  const sae = new JumpReLUSAE({ inputDim: 1, encodingDim: 2, ...DEAD, clipNorm: null });
  const given = [[[1, 1]], [-1, 0], [0.5, 0], [[2], [1]], [0], [50, 0]];
  const x = tf.tensor2d([[1], [0.5], [2]]); // z = 0, -0.5, 1
  tf.tidy(() => {
    sae.setWeights(given.map((weight) => tf.tensor(weight)));
    const { terms } = sae.sae.forward(x, x, true);
    expect(values(terms['L_preact'] as tf.Scalar)[0]).toBeCloseTo(((0.5 + 1) * 2) / 3, 6);
    expect(values(sae.sae.forward(x, x).terms['L_preact'] as tf.Scalar)).toEqual([0]);
  });
  x.dispose();
  sae.dispose();
});

describe.each(STEPS)('by the %s step', (step) => {
  test('a dead feature is brought back by it, and stays dead without', async () => {
    const fired: boolean[] = [];
    for (const preActWeight of [0.5, 1e-30]) {
      const sae = new JumpReLUSAE({ ...SIZES, ...DEAD, preActWeight, lambdaSparse: 0 });
      tf.tidy(() => {
        const offsets = tf.tensor1d([-9, ...new Array<number>(9).fill(0)]);
        sae.setWeights(sae.getWeights().map((weight, i) => (i === 1 ? offsets : weight)));
      });
      silence(sae, [50, ...new Array<number>(9).fill(0)]);
      const optimizer = new KerasAdam({ learningRate: 0.1 });
      sae.compile({ optimizer, step });
      const x = rows(16);
      for (let i = 0; i < 100; i++) await sae.trainOnBatch(x);
      fired.push((sinceFired(sae)[0] as number) < 16);
      x.dispose();
      sae.dispose();
      optimizer.dispose();
    }
    expect(fired).toEqual([true, false]);
  });

  test('features are counted without a revival, and with one too', async () => {
    for (const auxK of [0, 3]) {
      const sae = new JumpReLUSAE({ ...SIZES, ...DEAD, auxK });
      const optimizer = new KerasAdam();
      sae.compile({ optimizer, step });
      const names = ['L_reconstruct', 'L_sparsity', 'L_preact', ...(auxK > 0 ? ['L_auxk'] : [])];
      expect(sae.sae.termNames).toEqual(names);
      const low = tf.tidy(() =>
        tf.sub(tf.mul(sae.sae.bEnc.read(), 0), [9, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      );
      sae.sae.bEnc.write(low);
      const x = rows(8);
      for (let i = 0; i < 2; i++) await sae.trainOnBatch(x);
      expect(sinceFired(sae)[0]).toBe(16);
      tf.dispose([x, low]);
      sae.dispose();
      optimizer.dispose();
    }
  });
});

test('its options are saved, and nothing of them where there is none', () => {
  const [with_, without] = [new JumpReLUSAE({ ...SIZES, ...DEAD }), new JumpReLUSAE(SIZES)];
  expect(with_.getConfig()).toMatchObject({ preActWeight: 0.5, deadAfter: 50 });
  expect('auxK' in with_.getConfig()).toBe(false);
  expect('deadAfter' in without.getConfig()).toBe(false);
  expect(with_.getWeights()).toHaveLength(without.getWeights().length + 1);
  for (const sae of [with_, without]) sae.dispose();
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '1', null])(
  'a weight of %p is refused',
  (preActWeight) => {
    expect(() => new JumpReLUSAELayer({ encodingDim: 4, preActWeight } as never)).toThrow(
      /^SAE_OPTION JumpReLUSAELayer\.preActWeight: expected a finite number ≥ 0/,
    );
  },
);

test('a weight that changes is refused: features are counted from the start, or never', () => {
  const sae = new JumpReLUSAE(SIZES);
  expect(() => sae.setOption('preActWeight', 1)).toThrow('Make a new dictionary');
  sae.dispose();
});
