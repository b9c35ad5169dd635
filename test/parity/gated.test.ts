import { readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { decoderSharpness, type GatedSAE, KerasAdam, sparsityReport } from '../../src';
import { differs } from '../backends/differences';
import {
  adam,
  type Case,
  difference,
  FIXTURES,
  Figures,
  LOSSES,
  model,
  numbers,
  read,
  relativeDifference,
  setWeights,
  tensor,
  WEIGHTS,
} from './fixture';

const CASES = readdirSync(FIXTURES)
  // The galleries' are in a folder there.
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace('.json', ''))
  .filter((name) => !['schedule', 'adam', 'adamw', 'sgd', 'own_rows'].includes(name));

const BODIES = ['sparse', 'tensor'] as const;

const figures = new Figures('Against gated-sae-tf on small fixtures');
afterAll(() => figures.write());

test('there are fixtures', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(12);
});

describe.each(CASES)('%s', (name) => {
  const fixture = read<Case>(name);
  /** The steps that are taken here, of those that Python took. */
  const steps = (few: number) => fixture.steps.slice(0, differs('fewerSteps') ? few : undefined);
  const batch = (step: number) => fixture.batches[step % fixture.batches.length] as never;

  test('every step: losses, gradient norm and all gradients, at the weights of that step', async () => {
    const sae = model(fixture);
    const optimizer = adam(fixture.optimizer);
    sae.compile({ optimizer, step: 'tensor' });
    for (const [step, expected] of steps(3).entries()) {
      const x = tensor(batch(step)) as tf.Tensor2D;
      tf.tidy(() => {
        const pass = sae.sae.forward(x, x);
        const { weights: gradients } = sae.sae.backward(pass.saved as never, { dLoss: 1 });
        const losses = { loss: pass.loss, ...pass.terms } as Record<string, tf.Scalar>;
        for (const loss of LOSSES) {
          const ours = (losses[loss] as tf.Scalar).dataSync();
          const apart = relativeDifference(ours, [expected[loss]]);
          figures.within(1e-5, `one step's ${loss}, relative`, apart, `${name}, step ${step}`);
        }
        for (const weight of WEIGHTS) {
          const ours = (gradients[weight] as tf.Tensor).dataSync();
          const apart = relativeDifference(ours, numbers(expected.gradients[weight]));
          const quantity = `gradient of ${weight}, relative to its largest`;
          figures.within(1e-5, quantity, apart, `${name}, step ${step}`);
        }
      });
      const gradNorm = ((await sae.trainOnBatch(x)) as number[]).at(-1) as number;
      const apart = relativeDifference([gradNorm], [expected.grad_norm]);
      figures.within(1e-5, 'grad_norm, relative', apart, `${name}, step ${step}`);
      x.dispose();
    }
    sae.dispose();
    optimizer.dispose();
  });

  test('every step: all gradients of the kernels, at the weights of that step', async () => {
    const sae = model(fixture);
    const optimizer = adam(fixture.optimizer);
    sae.compile({ optimizer, step: 'tensor' });
    const probe = model({ ...fixture, config: { ...fixture.config, clip_norm: null } });
    for (const [step, expected] of steps(3).entries()) {
      const x = tensor(batch(step)) as tf.Tensor2D;
      probe.setWeights(sae.getWeights());
      const gradients = await kernelGradients(probe, x);
      for (const weight of WEIGHTS) {
        const ours = gradients[WEIGHTS.indexOf(weight)] as Float32Array;
        const apart = relativeDifference(ours, numbers(expected.gradients[weight]));
        const quantity = `the kernels' gradient of ${weight}, relative to its largest`;
        figures.within(1e-5, quantity, apart, `${name}, step ${step}`);
      }
      await sae.trainOnBatch(x);
      x.dispose();
    }
    sae.dispose();
    probe.dispose();
    optimizer.dispose();
  });

  test.each(BODIES)('training by the %s step: weights after 1, 10 and 50 steps', async (body) => {
    const sae = model(fixture);
    const optimizer = adam(fixture.optimizer);
    sae.compile({ optimizer, step: body });
    for (let step = 0; step < steps(10).length; step++) {
      const x = tensor(batch(step));
      const [loss] = (await sae.trainOnBatch(x)) as number[];
      x.dispose();
      const apart = relativeDifference([loss as number], [fixture.steps[step]?.loss as number]);
      const quantity = `loss in free training, ${body} step, relative`;
      figures.within(1e-4, quantity, apart, `${name}, step ${step}`);
      const weights = fixture.weights_after[String(step + 1)];
      if (!weights) continue;
      sae.getWeights().forEach((ours, i) => {
        const weight = WEIGHTS[i] as (typeof WEIGHTS)[number];
        const apart = difference(ours.dataSync(), numbers(weights[weight]));
        const quantity = `weights after ${step + 1} steps, ${body} step`;
        figures.within(1e-5, quantity, apart, `${name}, ${weight}`);
      });
    }
    sae.dispose();
    optimizer.dispose();
  });

  describe('with the final weights', () => {
    const final = Object.keys(fixture.weights_after).at(-1) as string;
    const trained = () => {
      const sae = model(fixture);
      setWeights(sae, fixture.weights_after[final] as never);
      return sae;
    };

    test('encode, decode and predict', () => {
      const sae = trained();
      tf.tidy(() => {
        const x = tensor(batch(0));
        const { codes, piGate, reluPiGate } = sae.encodeDetailed(x);
        const ours = {
          codes,
          pi_gate: piGate,
          relu_pi_gate: reluPiGate,
          reconstruction: sae.predict(x),
        };
        for (const [what, tensor] of Object.entries(ours)) {
          const theirs = numbers(fixture.forward[what as keyof typeof ours]);
          figures.within(1e-5, what, relativeDifference(tensor.dataSync(), theirs), name);
        }
        const decoded = relativeDifference(
          sae.decode(sae.encode(x)).dataSync(),
          numbers(fixture.forward.reconstruction),
        );
        figures.within(1e-5, 'decode(encode(x))', decoded, name);
      });
      sae.dispose();
    });

    test('evaluate', () => {
      const sae = trained();
      const optimizer = adam(fixture.optimizer);
      sae.compile({ optimizer });
      tf.tidy(() => {
        const ours = sae.evaluate(tensor(batch(0))).map((scalar) => scalar.dataSync()[0] as number);
        expect(ours).toHaveLength(LOSSES.length);
        LOSSES.forEach((loss, i) => {
          const apart = relativeDifference([ours[i] as number], [fixture.evaluate[loss]]);
          figures.within(1e-5, `evaluate's ${loss}, relative`, apart, name);
        });
      });
      sae.dispose();
    });

    test('sparsity report and decoder sharpness', async () => {
      const sae = trained();
      const x = tf.tidy(() => tf.concat(fixture.batches.map(tensor)));
      const { batch_size: batchSize, k, topk_share, ...counts } = fixture.sparsity_report;
      const report = await sparsityReport(sae, x, { batchSize, k } as never);
      expect({
        l0_mean: report.l0Mean,
        l0_median: report.l0Median,
        alive: report.alive,
        dead: report.dead,
        n_features: report.nFeatures,
        alive_frac: report.aliveFrac,
        topk: report.topk,
      }).toEqual(counts);
      const share = Math.abs(report.topkShare - (topk_share as number));
      figures.within(1e-6, 'top-k share', share, name);

      const sharpness = await decoderSharpness(sae);
      const theirs = fixture.decoder_sharpness;
      const apart = difference(sharpness.perFeature, numbers(theirs.per_feature));
      figures.within(1e-9, 'decoder sharpness', apart, name);
      expect(sharpness.mean).toBeCloseTo(theirs.mean, 9);
      x.dispose();
      sae.dispose();
    });
  });
});

/** The gradients of the sparse step: half of them are Adam's first moments after one step. */
async function kernelGradients(sae: GatedSAE, x: tf.Tensor2D): Promise<Float32Array[]> {
  const optimizer = new KerasAdam({ learningRate: 0, beta1: 0.5 });
  sae.compile({ optimizer, step: 'sparse' });
  await sae.trainOnBatch(x);
  const moments = (await optimizer.getWeights()).filter(({ name }) => name.endsWith('/m'));
  const gradients = moments.map(({ tensor }) =>
    (tensor.dataSync() as Float32Array).map((m) => 2 * m),
  );
  optimizer.dispose();
  return gradients;
}
