import * as tf from '@tensorflow/tfjs';
import { KerasAdam, KerasSGD, LearningRateSchedule, WarmupCosineDecay } from '../../src';
import { INPUT_DIM, rows, SUBJECTS, values } from '../conformance/architecture';
import { throughMemory } from '../engine/unbroken';

test('a schedule of somebody says its own end, or has none', async () => {
  class Step extends LearningRateSchedule {
    static readonly className: string = 'Step';
    at(iterations: number): number {
      return iterations < 1 ? 0.1 : 0;
    }
    getConfig() {
      return {};
    }
  }
  class EndingStep extends Step {
    static override readonly className = 'EndingStep';
    override readonly totalSteps = 2;
  }
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  for (const [schedule, expected] of [
    [new Step(), []],
    [new EndingStep(), [[expect.stringMatching(/^KerasSGD: .*, for 2 steps .*totalSteps: 2\./)]]],
  ] as const) {
    const optimizer = new KerasSGD({ learningRate: schedule });
    const w = tf.tidy(() => tf.variable(tf.scalar(1)));
    for (let i = 0; i < 4; i++) optimizer.minimize(() => tf.square(w) as tf.Scalar);
    expect(warn.mock.calls).toEqual(expected);
    tf.dispose(w);
    optimizer.dispose();
  }
  warn.mockRestore();
});

describe.each(SUBJECTS)('%s', (_, subject) => {
  test.each(subject.steps)(
    'past the end of its schedule it says once that the rate is 0, %s',
    async (step) => {
      const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
      const learningRate = new WarmupCosineDecay({ peakLr: 0.01, warmupSteps: 1, totalSteps: 3 });
      const optimizer = new KerasAdam({ learningRate });
      const model = subject.model();
      model.compile({ optimizer, step });
      const x = rows(4, 1, INPUT_DIM);
      const said = () => warn.mock.calls.flat().filter((text) => /rate is 0/.test(String(text)));
      for (let i = 0; i < 3; i++) await model.trainOnBatch(x);
      expect(said()).toEqual([]);
      for (let i = 0; i < 3; i++) await model.trainOnBatch(x);
      expect(said()).toEqual([expect.stringMatching(/3 steps have been taken.*totalSteps: 3/)]);
      warn.mockRestore();
      x.dispose();
      model.dispose();
      optimizer.dispose();
    },
  );

  test('initDecoderBias of a trained model, or of one from a file, wants force', async () => {
    const model = subject.model();
    const x = rows(8, 1, INPUT_DIM);
    await model.initDecoderBias(x);
    await model.initDecoderBias(x);
    model.compile();
    await model.initDecoderBias(x);
    const start = values(model.sae.bDec.read());
    await model.trainOnBatch(x);
    const before = values(model.sae.bDec.read());
    await expect(model.initDecoderBias(x)).rejects.toThrow(
      /SAE_STATE.*one after 1 steps.*force: true/,
    );
    const loaded = await throughMemory(model);
    loaded.compile({ optimizer: tf.train.sgd(0.1) });
    await expect(loaded.initDecoderBias(x)).rejects.toThrow(/SAE_STATE.*one from a file/);
    expect(values(model.sae.bDec.read())).toEqual(before);
    await model.initDecoderBias(x, { force: true });
    expect(values(model.sae.bDec.read())).toEqual(start);
    x.dispose();
    const { optimizer } = loaded;
    loaded.dispose();
    optimizer.dispose();
    model.dispose();
  });
});
