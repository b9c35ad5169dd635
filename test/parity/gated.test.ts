import { readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { decoderSharpness, sparsityReport } from '../../src';
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
  .map((file) => file.replace('.json', ''))
  .filter((name) => name !== 'schedule' && name !== 'adam');

const figures = new Figures('Against gated-sae-tf on small fixtures');
afterAll(() => figures.write());

test('there are fixtures', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(12);
});

describe.each(CASES)('%s', (name) => {
  const fixture = read<Case>(name);
  const batch = (step: number) => fixture.batches[step % fixture.batches.length] as never;

  test('every step: losses, gradient norm and all gradients, at the weights of that step', () => {
    const sae = model(fixture);
    const optimizer = adam(fixture.optimizer);
    sae.compile({ optimizer });
    fixture.steps.forEach((expected, step) => {
      tf.tidy(() => {
        const x = tensor(batch(step)) as tf.Tensor2D;
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
        const [, , , , gradNorm] = trainStep(sae, x);
        const apart = relativeDifference([gradNorm as number], [expected.grad_norm]);
        figures.within(1e-5, 'grad_norm, relative', apart, `${name}, step ${step}`);
      });
    });
    sae.dispose();
    optimizer.dispose();
  });

  test('training: weights after 1, 10 and 50 steps', async () => {
    const sae = model(fixture);
    const optimizer = adam(fixture.optimizer);
    sae.compile({ optimizer });
    for (let step = 0; step < fixture.steps.length; step++) {
      const x = tensor(batch(step));
      const [loss] = (await sae.trainOnBatch(x)) as number[];
      x.dispose();
      const apart = relativeDifference([loss as number], [fixture.steps[step]?.loss as number]);
      figures.within(1e-4, 'loss in free training, relative', apart, `${name}, step ${step}`);
      const weights = fixture.weights_after[String(step + 1)];
      if (!weights) continue;
      sae.getWeights().forEach((ours, i) => {
        const weight = WEIGHTS[i] as (typeof WEIGHTS)[number];
        const apart = difference(ours.dataSync(), numbers(weights[weight]));
        figures.within(1e-5, `weights after ${step + 1} steps`, apart, `${name}, ${weight}`);
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

/** One step through the hook that `fit` uses: the logs, in the order of `metricsNames`. */
function trainStep(sae: ReturnType<typeof model>, x: tf.Tensor): number[] {
  const hooks = sae as unknown as { makeTrainFunction(): (data: tf.Tensor[]) => tf.Scalar[] };
  return hooks
    .makeTrainFunction()([x, x])
    .map((scalar) => scalar.dataSync()[0] as number);
}
