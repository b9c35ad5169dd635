import * as tf from '@tensorflow/tfjs';
import { expectClose, FORMS, named, rows, stir } from './architecture';

describe.each(FORMS)('%s', (_, subject) => {
  test.each([
    ['its own input', false],
    ['another target', true],
  ])("forward is the formulas', against %s", (_name, other) => {
    const sae = subject.model();
    stir(sae.sae);
    tf.tidy(() => {
      const x = rows(8);
      const target = other ? rows(8, 2) : x;
      const ours = sae.sae.forward(x, target, true);
      const theirs = subject.reference(x, target, named(sae.sae), sae.sae.options as never);
      expectClose(ours.codes, theirs.codes);
      expectClose(ours.reconstruction, theirs.reconstruction);
      expectClose(ours.loss, theirs.loss);
      expect(Object.keys(ours.terms)).toEqual(Object.keys(theirs.terms));
      expect(Object.keys(ours.terms)).toEqual(sae.sae.termNames);
      for (const [name, term] of Object.entries(ours.terms)) {
        expectClose(term, theirs.terms[name] as tf.Scalar);
      }
    });
    sae.dispose();
  });

  test.each([
    ['its own input', 1, false],
    ['another target', 8, true],
  ])('backward is autodiff of the formulas, against %s', (_name, batch, other) => {
    const sae = subject.model();
    stir(sae.sae);
    tf.tidy(() => {
      const x = rows(batch, 3);
      const target = other ? rows(batch, 4) : x;
      const variables = sae.trainableWeights.map((w) => w.read() as tf.Variable);
      const { grads } = tf.variableGrads(
        () => subject.reference(x, target, named(sae.sae), sae.sae.options as never).loss,
        variables,
      );
      const pass = sae.sae.forward(x, target, true);
      const ours = sae.sae.gradientList(sae.sae.backward(pass.saved, { dLoss: 1 }));
      expect(ours).toHaveLength(variables.length);
      variables.forEach(({ name }, i) => {
        expectClose(ours[i] as tf.Tensor, grads[name] as tf.Tensor);
      });
    });
    sae.dispose();
  });

  test.each(['reconstruction', 'codes'] as const)(
    'in a call that returns the %s, gradients of weights and input are autodiff of the formulas',
    (returns) => {
      const layer = subject.layer({ returns });
      const x = rows(5, 5);
      tf.dispose(layer.apply(x) as tf.Tensor);
      stir(layer);
      const weights = layer.trainableWeights.map((w) => w.read());
      tf.tidy(() => {
        const width = returns === 'codes' ? layer.encodingDim : x.shape[1];
        const c = rows(5, 6, width);
        // What stands behind the layer, and twice its own loss: dLoss need not be 1.
        const behind = (output: tf.Tensor, loss: tf.Scalar): tf.Scalar =>
          tf.add(tf.sum(tf.mul(output, c)), tf.mul(loss, 2));
        const ours = tf.grads((input) => {
          const output = layer.call(input as tf.Tensor, { training: true });
          const [loss] = layer.calculateLosses();
          return behind(output, loss as tf.Scalar);
        });
        const theirs = tf.grads((input, ...w) => {
          const names = Object.keys(named(layer));
          const given = w.map((weight, i) => [names[i] as string, weight] as const);
          const byName = { ...named(layer), ...Object.fromEntries(given) };
          const pass = subject.reference(
            input as tf.Tensor2D,
            input as tf.Tensor2D,
            byName,
            layer.options as never,
          );
          return behind(pass[returns], pass.loss);
        });
        const args = [x, ...weights];
        const expected = theirs(args);
        ours(args).forEach((gradient, i) => {
          expectClose(gradient, expected[i] as tf.Tensor);
        });
      });
      x.dispose();
      layer.dispose();
    },
  );

  test('permuting the features leaves the reconstruction alone', () => {
    const sae = subject.model();
    stir(sae.sae);
    tf.tidy(() => {
      const x = rows(8);
      const before = sae.predict(x);
      const order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7];
      const permuted = sae.getWeights().map((w) => {
        const axis = w.shape.indexOf(order.length);
        return axis < 0 ? w : tf.gather(w, order, axis);
      });
      sae.setWeights(permuted);
      expectClose(sae.predict(x), before);
    });
    sae.dispose();
  });
});
