import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { attribute, evaluateSplice, hookedModel, ReluSAE, type SpliceEffects } from '../../src';
import { inPeers, SEED, withPeers } from './peers';

const [EXAMPLES, POSITIONS, WIDTH, FEATURES, CLASSES, STEPS] = [12, 3, 5, 8, 4, 20];

interface Peer {
  readonly ce: Record<string, number>;
  readonly kl: Record<string, number>;
  readonly ablation: number[][];
  readonly gradient: number[][];
  readonly one: number[];
  readonly integrated: number[];
}

withPeers(`costs, effects and attributions are PyTorch's (seed ${SEED})`, async () => {
  let drawn = SEED;
  const normal = (...shape: number[]) => tf.randomNormal(shape, 0, 0.7, 'float32', drawn++);
  const x = normal(EXAMPLES, POSITIONS, WIDTH);
  const [w0, w1, w2] = [
    normal(WIDTH, WIDTH) as tf.Tensor2D,
    normal(WIDTH, 6) as tf.Tensor2D,
    normal(6 * POSITIONS, CLASSES) as tf.Tensor2D,
  ] as const;
  const labels = Array.from({ length: EXAMPLES }, (_, i) => i % CLASSES);
  const model = hookedModel((rows, hook) => {
    const all = tf.reshape(rows as tf.Tensor, [-1, WIDTH]);
    const hidden = tf.reshape(tf.tanh(tf.matMul(all, w0)), [-1, POSITIONS, WIDTH]);
    const met = tf.reshape(hook('hidden', hidden), [-1, WIDTH]);
    return tf.matMul(tf.reshape(tf.tanh(tf.matMul(met, w1)), [-1, 6 * POSITIONS]), w2);
  });
  const sae = new ReluSAE({ inputDim: WIDTH, encodingDim: FEATURES });
  tf.tidy(() => sae.setWeights(sae.getWeights().map(({ shape }) => normal(...shape))));
  const weights = Object.fromEntries(
    sae.weights.map((w) => [w.originalName, w.read().arraySync()]),
  );

  const folder = mkdtempSync(join(tmpdir(), 'splice-'));
  const path = join(folder, 'given.json');
  const given = { x, w0, w1, w2 };
  const arrays = Object.entries(given).map(([name, t]) => [name, t.arraySync()]);
  const plain = { ...weights, ...Object.fromEntries(arrays), labels, steps: STEPS };
  const named = Object.entries(plain).map(([name, values]) => [name.split('/').at(-1), values]);
  writeFileSync(path, JSON.stringify(Object.fromEntries(named)));
  const peer = JSON.parse(inPeers('metrics/splice_cost.py', path)) as Peer;
  rmSync(folder, { recursive: true });

  const args = { outputs: 'logits', targets: labels, batchSize: 5 } as const;
  const { costs, byAblation, byGradient } = await evaluateSplice(model, 'hidden', sae, x, args);
  const close = (received: ArrayLike<number>, expected: readonly number[]) =>
    expected.forEach((value, i) => {
      expect(Math.abs((received[i] as number) - value)).toBeLessThan(1e-5);
    });
  for (const [metric, wanted] of [
    ['cross-entropy', peer.ce],
    ['kl', peer.kl],
  ] as const) {
    const cost = costs.find((one) => one.metric === metric);
    const { original, spliced, zeroAblated, meanAblated } = cost as NonNullable<typeof cost>;
    close([original, spliced, zeroAblated, meanAblated], Object.values(wanted));
  }
  expect(peer.ablation.flat()).toHaveLength(FEATURES * CLASSES);
  close((byAblation as SpliceEffects).values, peer.ablation.flat());
  close((byGradient as SpliceEffects).values, peer.gradient.flat());

  const example = tf.slice(x, 0, 1);
  for (const [method, wanted] of [
    ['gradient', peer.one],
    ['integrated', peer.integrated],
  ] as const) {
    const asked = { output: 1, method, steps: STEPS, top: FEATURES };
    const { features } = await attribute(model, 'hidden', sae, example, asked);
    const found = new Float64Array(FEATURES);
    for (const { feature, attribution } of features) found[feature] = attribution;
    close(found, wanted);
  }
  tf.dispose([x, w0, w1, w2, example]);
  sae.dispose();
});
