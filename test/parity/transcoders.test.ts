import * as tf from '@tensorflow/tfjs';
import { JumpReLUSAE, KerasAdam, ReluSAE, type SAEModel } from '../../src';
import { type ArrayJSON, Figures, numbers, read, relativeDifference, tensor } from './fixture';
import type { Arrays } from './peers';

/** What SAELens computes of a transcoder, which it does not train: no penalty is in the loss. */
interface TranscoderCase {
  weights: Arrays;
  x: ArrayJSON;
  y: ArrayJSON;
  codes: ArrayJSON;
  output: ArrayJSON;
  loss: number;
  gradients: Arrays;
}

const SIZES = { inputDim: 7, encodingDim: 22, outputDim: 5, clipNorm: null, lambdaSparse: 0 };
const relu = (skip: boolean): SAEModel => new ReluSAE({ ...SIZES, skip });
/** SAELens's thresholds have no gradient: no pre-activation is within so narrow a band. */
const jumprelu = (skip: boolean) => new JumpReLUSAE({ ...SIZES, skip, bandwidth: 1e-6 });

const CASES = [
  { name: 'transcoder', make: relu, vectors: ['b_enc'], skip: false },
  { name: 'skip_transcoder', make: relu, vectors: ['b_enc'], skip: true },
  { name: 'jumprelu_transcoder', make: jumprelu, vectors: ['b_enc', 'threshold'], skip: false },
  { name: 'jumprelu_skip_transcoder', make: jumprelu, vectors: ['b_enc', 'threshold'], skip: true },
];

const figures = new Figures("Against SAELens's transcoders");
afterAll(() => figures.write());

describe.each(CASES)('sae_lens_$name', ({ name, make, vectors, skip }) => {
  const fixture = read<TranscoderCase>(`peers/sae_lens_${name}_default`);
  const names = ['W_enc', ...vectors, 'W_dec', 'b_dec', ...(skip ? ['W_skip'] : [])];
  /** By our orientation: SAELens has `W_skip` as `[outputDim, inputDim]`. */
  const oriented = (arrays: Arrays, weight: string): tf.Tensor => {
    const given = tensor(arrays[weight] as ArrayJSON);
    return weight === 'W_skip' ? tf.transpose(given) : given;
  };
  const made = (): SAEModel => {
    const sae = make(skip);
    tf.tidy(() => sae.setWeights(names.map((weight) => oriented(fixture.weights, weight))));
    return sae;
  };
  const near = (quantity: string, ours: ArrayLike<number>, theirs: ArrayLike<number>) =>
    figures.within(
      1e-5,
      `${quantity}, relative to its largest`,
      relativeDifference(ours, theirs),
      name,
    );

  test('codes, output, loss and gradients', () => {
    const sae = made();
    tf.tidy(() => {
      const [x, y] = [tensor(fixture.x), tensor(fixture.y)] as [tf.Tensor2D, tf.Tensor2D];
      const pass = sae.sae.forward(x, y, true);
      near('codes', pass.codes.dataSync(), numbers(fixture.codes));
      near('output', pass.reconstruction.dataSync(), numbers(fixture.output));
      near('output of predict', sae.predict(x).dataSync(), numbers(fixture.output));
      near('loss', pass.loss.dataSync(), [fixture.loss]);
      const { weights } = sae.sae.backward(pass.saved, { dLoss: 1 });
      for (const weight of names) {
        const theirs = oriented(fixture.gradients, weight).dataSync();
        near(`gradient of ${weight}`, (weights[weight] as tf.Tensor).dataSync(), theirs);
      }
    });
    sae.dispose();
  });

  test('gradients of the kernels', async () => {
    const sae = made();
    const [x, y] = [tensor(fixture.x), tensor(fixture.y)];
    // After one step half of a gradient is Adam's first moment.
    const optimizer = new KerasAdam({ learningRate: 0, beta1: 0.5 });
    sae.compile({ optimizer, step: 'sparse' });
    await sae.trainOnBatch(x, y);
    const moments = (await optimizer.getWeights()).filter((state) => state.name.endsWith('/m'));
    expect(moments).toHaveLength(names.length);
    for (const [i, weight] of names.entries()) {
      const ours = ((moments[i] as (typeof moments)[number]).tensor.dataSync() as Float32Array).map(
        (half) => 2 * half,
      );
      const theirs = tf.tidy(() => oriented(fixture.gradients, weight).dataSync());
      near(`the kernels' gradient of ${weight}`, ours, theirs);
    }
    tf.dispose([x, y]);
    sae.dispose();
    optimizer.dispose();
  });
});
