import { KerasAdam, WarmupLinearDecay } from '../../src';
import { read } from '../parity/fixture';

interface Run {
  total_steps: number;
  warmup_steps: number;
  decay_steps: number;
  sae_lens: number[];
  dictionary_learning: number[];
}

const { peak_lr: peakLr, rates } = read<{ peak_lr: number; rates: Run[] }>('peers/schedules');

describe.each(
  rates.map((run) => [`${run.total_steps}, ${run.warmup_steps}, ${run.decay_steps}`, run] as const),
)(
  'steps, of warm-up, of decay: %s',
  (_, { total_steps: totalSteps, warmup_steps: warmup, decay_steps: decaySteps, ...peers }) => {
    const expectRates = (schedule: WarmupLinearDecay, rates: readonly number[]) => {
      expect(rates.length).toBeGreaterThanOrEqual(totalSteps);
      for (const [step, rate] of rates.entries()) {
        expect(Math.abs(schedule.at(step) - rate)).toBeLessThan(1e-14 * peakLr);
      }
    };

    test("is dictionary_learning's", () => {
      const schedule = new WarmupLinearDecay({
        peakLr,
        warmupSteps: warmup,
        decaySteps,
        totalSteps,
      });
      expectRates(schedule, peers.dictionary_learning);
    });

    test("is SAELens's, whose warm-up begins above 0", () => {
      const warmupSteps = Math.max(0, warmup - 1);
      const startLr = peakLr / Math.max(1, warmup);
      expectRates(
        new WarmupLinearDecay({ peakLr, warmupSteps, decaySteps, totalSteps, startLr }),
        peers.sae_lens,
      );
    });
  },
);

test('says what is wrong with its options', () => {
  const steps = { warmupSteps: 2, decaySteps: 3, totalSteps: 5 };
  const make = (args: object) => new WarmupLinearDecay({ peakLr: 1, ...steps, ...args });
  expect(make({}).at(5)).toBe(0);
  expect(() => make({ totalSteps: 4 })).toThrow(
    'SAE_OPTION WarmupLinearDecay.totalSteps: expected at least warmupSteps + decaySteps, 5; received 4. Give fewer steps of warm-up or decay.',
  );
  expect(() => make({ warmup_steps: 4 })).toThrow('Did you mean "warmupSteps"?');
  expect(() => make({ startLr: -1 })).toThrow(
    'startLr: expected a finite number ≥ 0; received -1.',
  );
});

test('an optimizer comes back from its config with it', () => {
  const args = { peakLr: 1, warmupSteps: 2, decaySteps: 3, totalSteps: 9, startLr: 0.5 };
  const optimizer = new KerasAdam({ learningRate: new WarmupLinearDecay(args) });
  const config = JSON.parse(JSON.stringify(optimizer.getConfig()));
  const again = KerasAdam.fromConfig<KerasAdam>(KerasAdam as never, config);
  expect(again.learningRate).toBeInstanceOf(WarmupLinearDecay);
  expect(again.getConfig()).toEqual(optimizer.getConfig());
  expect((again.learningRate as WarmupLinearDecay).getConfig()).toEqual(args);
});
