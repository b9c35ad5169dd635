/**
 * What gated-sae-tf's own tests assert, asserted here on the same inputs, each by its name there: of
 * the package's source at 0.1.1, test_model.py, test_schedules.py and test_analysis.py.
 */
import * as tf from '@tensorflow/tfjs';
import {
  decodeKeras,
  decoderSharpness,
  encodeKeras,
  GatedSAE,
  KerasAdam,
  type SAEModelArgs,
  sparsityReport,
  WarmupCosineDecay,
} from '../../src';
import { type ArrayJSON, read, tensor, WEIGHTS } from './fixture';

type Args = Partial<SAEModelArgs> & { lambdaSparse?: number; auxWeight?: number };

const made: { dispose(): unknown }[] = [];
/** A test at whose end what it made is disposed. */
const named = (name: string, act: () => unknown) =>
  test(name, async () => {
    try {
      await act();
    } finally {
      for (const thing of made.splice(0)) thing.dispose();
    }
  });
const own = <T extends { dispose(): unknown }>(thing: T): T => {
  made.push(thing);
  return thing;
};

/** The dictionary of most of these tests, 20 → 64. */
const build = (args: Args = {}) => own(new GatedSAE({ inputDim: 20, encodingDim: 64, ...args }));
const compiled = (sae: GatedSAE, learningRate = 1e-3) => {
  sae.compile({ optimizer: own(new KerasAdam({ learningRate, beta1: 0 })) });
  return sae;
};
const uniform = (rows: number) => own(tf.randomUniform([rows, 20], 0, 1, 'float32', 1));

/** One step's losses by their names. */
async function step(sae: GatedSAE): Promise<Record<string, number>> {
  const values = (await sae.trainOnBatch(uniform(16))) as number[];
  const names = [...sae.metricsNames, 'grad_norm'];
  return Object.fromEntries(names.map((name, i) => [name, values[i] as number]));
}

describe('test_model.py', () => {
  named('test_weight_shapes_and_tying_param_count', () => {
    const sae = build();
    const shapes = sae.getWeights().map(({ shape }) => shape);
    expect(Object.fromEntries(WEIGHTS.map((name, i) => [name, shapes[i]]))).toEqual({
      W_gate: [20, 64],
      b_gate: [64],
      r_mag: [64],
      b_mag: [64],
      W_dec: [64, 20],
      b_dec: [20],
    });
    // A magnitude path of its own would be another 20 · 64.
    expect(sae.countParams()).toBe(20 * 64 + 3 * 64 + 64 * 20 + 20);
  });

  named('test_encode_shapes_and_gate_is_binary', () => {
    const sae = build();
    tf.tidy(() => {
      const x = tf.randomNormal([8, 20], 0, 1, 'float32', 1);
      const { codes, piGate, reluPiGate } = sae.encodeDetailed(x);
      for (const { shape } of [codes, piGate, reluPiGate]) expect(shape).toEqual([8, 64]);
      const shut = tf.lessEqual(piGate, 0);
      expect(tf.any(shut).arraySync()).toBe(1);
      expect(tf.sum(tf.abs(tf.where(shut, codes, 0))).arraySync()).toBe(0);
      expect(tf.min(reluPiGate).arraySync()).toBeGreaterThanOrEqual(0);
    });
  });

  named('test_normalize_decoder_unit_norm_rows', () => {
    const sae = build();
    tf.tidy(() => {
      const wDec = tf.mul(tf.randomNormal([64, 20], 0, 1, 'float32', 1), 5);
      sae.setWeights(sae.getWeights().map((weight, i) => (WEIGHTS[i] === 'W_dec' ? wDec : weight)));
      sae.sae.afterStep();
      const rows = sae.getWeights()[WEIGHTS.indexOf('W_dec')] as tf.Tensor2D;
      for (const norm of tf.norm(rows, 2, 1).dataSync()) expect(norm).toBeCloseTo(1, 5);
    });
  });

  named('test_loss_components_nonnegative_and_keys', async () => {
    const logs = await step(compiled(build()));
    expect(Object.keys(logs).sort()).toEqual(
      ['L_aux', 'L_reconstruct', 'L_sparsity', 'grad_norm', 'loss'].sort(),
    );
    for (const term of ['L_reconstruct', 'L_sparsity', 'L_aux']) {
      expect(logs[term]).toBeGreaterThanOrEqual(0);
    }
  });

  named('test_clip_norm_none_path', async () => {
    const logs = await step(compiled(build({ clipNorm: null })));
    expect(logs['grad_norm']).toBeGreaterThanOrEqual(0);
  });

  named('test_fit_reduces_reconstruction', async () => {
    const rows = own(tensor(read<{ rows: ArrayJSON }>('own_rows').rows));
    const sae = compiled(build({ lambdaSparse: 1e-4 }), 1e-2);
    const { history } = await sae.fit(rows, { epochs: 5, batchSize: 64, verbose: 0 });
    const losses = history['L_reconstruct'] as number[];
    expect(losses).toHaveLength(5);
    expect(losses[4]).toBeLessThan(losses[0] as number);
  });

  named('test_set_lambda', () => {
    const args = { lambdaSparse: 1e-3 };
    const sae = build(args);
    expect(sae.sae.options.lambdaSparse).toBe(1e-3);
    sae.setLambda(5e-4);
    expect(sae.sae.options.lambdaSparse).toBe(5e-4);
    // Python keeps the first value as lambda_sparse_init. Here it stays with whoever gave it.
    expect(args.lambdaSparse).toBe(1e-3);
  });

  named('test_get_config_from_config_roundtrip', () => {
    const args = { lambdaSparse: 2e-3, auxWeight: 0.1, clipNorm: 0.5 };
    const again = own(GatedSAE.fromConfig(GatedSAE as never, build(args).getConfig()) as GatedSAE);
    const { inputDim, encodingDim, clipNorm, sae } = again;
    expect({ inputDim, encodingDim, clipNorm, ...sae.options }).toEqual({
      inputDim: 20,
      encodingDim: 64,
      loss: 'paper', // the only one of gated-sae-tf
      ...args,
    });
  });

  named('test_save_load_roundtrip', async () => {
    const sae = compiled(build());
    const x = uniform(8);
    const again = (await decodeKeras(await encodeKeras(sae))) as GatedSAE;
    own(again);
    if (again.optimizer) own(again.optimizer);
    tf.tidy(() => {
      const [before, after] = [sae.predict(x), again.predict(x)] as tf.Tensor[];
      const apart = tf.max(tf.abs(tf.sub(before as tf.Tensor, after as tf.Tensor))).arraySync();
      expect(apart).toBeLessThanOrEqual(1e-5);
    });
  });
});

describe('test_schedules.py', () => {
  const [peakLr, warmupSteps, totalSteps] = [1e-3, 100, 1000];
  const schedule = new WarmupCosineDecay({ peakLr, warmupSteps, totalSteps });

  named('test_warmup_and_decay_shape', () => {
    expect(schedule.at(0)).toBeLessThan(1e-5);
    expect(Math.abs(schedule.at(warmupSteps) / peakLr - 1)).toBeLessThanOrEqual(1e-4);
    expect(schedule.at(warmupSteps / 2)).toBeLessThan(peakLr);
    expect(schedule.at(totalSteps)).toBeLessThan(1e-4);
  });

  named('test_warmup_is_monotonic_increasing', () => {
    const rates = Array.from({ length: 10 }, (_, i) => schedule.at(10 * i));
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
  });

  named('test_get_config_roundtrip', () => {
    const again = new WarmupCosineDecay(schedule.getConfig() as never);
    for (const step of [0, 50, 100, 500, 1000]) {
      expect(Math.abs(again.at(step) - schedule.at(step))).toBeLessThanOrEqual(1e-8);
    }
  });
});

describe('test_analysis.py', () => {
  named('test_sparsity_report_keys_and_values', async () => {
    // Feature 0 always fires, feature 3 never. Python gives these codes by a stand-in for a model;
    // here a model whose encoder hands its first four inputs on comes to them.
    const codes = [
      [2, 0, 1, 0],
      [3, 1, 0, 0],
      [1, 0, 0, 0],
      [4, 2, 0, 0],
      [2, 0, 1, 0],
    ];
    const sae = own(new GatedSAE({ inputDim: 6, encodingDim: 4 }));
    const x = own(tf.tensor2d(codes.map((row) => [...row, 0, 0])));
    tf.tidy(() => {
      const [, ...others] = sae.getWeights();
      sae.setWeights([tf.slice(tf.eye(6), 0, [6, 4]), ...others]);
      expect(sae.encode(x).arraySync()).toEqual(codes);
    });
    const report = await sparsityReport(sae, x, { batchSize: 5, k: 2 });
    expect(Object.keys(report)).toEqual(
      'l0Mean l0Median alive dead nFeatures aliveFrac topk topkShare'.split(' '),
    );
    expect(report).toMatchObject({ nFeatures: 4, dead: 1, alive: 3 });
    expect(report.topkShare).toBeGreaterThanOrEqual(0);
    expect(report.topkShare).toBeLessThanOrEqual(1);
    expect(report.l0Mean).toBeGreaterThan(0);
  });

  named('test_decoder_sharpness_shape_and_ordering', async () => {
    const sae = own(new GatedSAE({ inputDim: 100, encodingDim: 2 }));
    const ramp = Array.from({ length: 100 }, (_, i) => -1 + (2 * i) / 99);
    tf.tidy(() => {
      const wDec = tf.tensor2d([ramp.map((_, i) => (i === 0 ? 10 : 0)), ramp]);
      sae.setWeights(sae.getWeights().map((weight, i) => (WEIGHTS[i] === 'W_dec' ? wDec : weight)));
    });
    const { perFeature, mean } = await decoderSharpness(sae);
    expect(perFeature).toHaveLength(2);
    const [spike, flat] = perFeature as unknown as [number, number];
    expect(mean).toBeCloseTo((spike + flat) / 2, 8);
    expect(spike).toBeGreaterThan(flat);
  });

  named('test_decoder_sharpness_on_real_model', async () => {
    const { perFeature, mean } = await decoderSharpness(build({ encodingDim: 32 }));
    expect(perFeature).toHaveLength(32);
    expect(Number.isFinite(mean)).toBe(true);
  });
});
