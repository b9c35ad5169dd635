import * as tf from '@tensorflow/tfjs';
import { KerasAdam, SAEError, type SAEModel } from '../../src';
import { rows, SUBJECTS, values } from '../conformance/architecture';

const REVIVAL = { auxK: 4, deadAfter: 60, auxKWeight: 0.5 };
const FEATURES = 30;

/** Its last five features cannot fire by themselves: their offset is far below what rows come to. */
async function withDeadFeatures(sae: SAEModel): Promise<void> {
  const weights = sae.getWeights();
  const offset = tf.tidy(() => tf.concat([tf.zeros([FEATURES - 5]), tf.fill([5], -1)]));
  sae.setWeights(weights.map((w, i) => (i === 1 ? offset : w)));
  offset.dispose();
}

const sinceFired = (sae: SAEModel): number[] => values(sae.getWeights().at(-1) as tf.Tensor);

describe.each(SUBJECTS)('%s', (_, subject) => {
  describe.each(subject.steps)('%s step', (step) => {
    test('counts the rows since each feature has fired, and revives those that are dead', async () => {
      const sae = subject.model({ inputDim: 6, encodingDim: FEATURES, ...REVIVAL });
      await withDeadFeatures(sae);
      const optimizer = new KerasAdam({ learningRate: 0.02 });
      sae.compile({ optimizer, step });
      expect(sae.metricsNames).toContain('L_auxk');
      const x = rows(32, 3, 6);
      const small = tf.mul(x, 0.2);
      const place = 1 + sae.sae.termNames.indexOf('L_auxk');
      const before = values(sae.getWeights()[0] as tf.Tensor);
      for (let i = 0; i < 2; i++) {
        const logs = (await sae.trainOnBatch(small)) as number[];
        expect(logs[place]).toBe(0); // none is dead yet
      }
      expect(sinceFired(sae).slice(-5)).toEqual([64, 64, 64, 64, 64]);
      const logs = (await sae.trainOnBatch(small)) as number[];
      expect(logs[place]).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(logs[place])).toBe(true);
      // Those that no code of a row can reach have no gradient but that of the revival, if any.
      expect(before).toHaveLength(6 * FEATURES);
      expect(Math.min(...sinceFired(sae))).toBeLessThan(96);
      tf.dispose([x, small]);
      sae.dispose();
      optimizer.dispose();
    });
  });

  test('both steps take the same with it', async () => {
    if (!subject.steps.includes('sparse')) return;
    const models = (['sparse', 'tensor'] as const).map((step) => {
      const sae = subject.model({ inputDim: 6, encodingDim: FEATURES, ...REVIVAL });
      const optimizer = new KerasAdam({ learningRate: 0.01, epsilon: 1e-3 });
      sae.compile({ optimizer, step });
      // The last third is dead from the start.
      const dead = tf.tidy(() => tf.concat([tf.zeros([20]), tf.fill([10], 1000)]));
      const weights = sae.getWeights();
      sae.setWeights([...weights.slice(0, -1), dead]);
      dead.dispose();
      return { sae, optimizer };
    });
    const x = rows(16, 5, 6);
    const logs: number[][] = [];
    for (const { sae } of models) {
      for (let i = 0; i < 3; i++) logs.push((await sae.trainOnBatch(x)) as number[]);
    }
    const place = 1 + (models[0]?.sae.sae.termNames.indexOf('L_auxk') as number);
    expect(logs[0]?.[place]).toBeGreaterThan(0);
    for (let i = 0; i < 3; i++) {
      for (const [j, log] of (logs[i] as number[]).entries()) {
        expect(log).toBeCloseTo(logs[3 + i]?.[j] as number, 4);
      }
    }
    const [a, b] = models.map(({ sae }) => sae.getWeights().flatMap(values)) as [
      number[],
      number[],
    ];
    expect(Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))))).toBeLessThan(1e-4);
    x.dispose();
    for (const { sae, optimizer } of models) {
      sae.dispose();
      optimizer.dispose();
    }
  });

  test('its options and what it has counted are saved with the model', async () => {
    const sae = subject.model({ ...REVIVAL });
    expect(sae.getConfig()).toMatchObject(REVIVAL);
    expect(sae.sae.getConfig()).toMatchObject(REVIVAL);
    const plain = subject.model();
    expect(Object.keys(plain.getConfig())).not.toContain('auxK');
    expect(sae.getWeights()).toHaveLength(plain.getWeights().length + 1);
    sae.dispose();
    plain.dispose();
  });

  test.each([{ auxK: -1 }, { auxK: 1.5 }, { deadAfter: 0 }, { auxKWeight: -1 }])(
    '%j is refused',
    (options) => {
      expect(() => subject.model(options)).toThrow(SAEError);
    },
  );
});
