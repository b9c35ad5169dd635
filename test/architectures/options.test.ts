import {
  ARCHITECTURES,
  GatedSAE,
  GatedSAELayer,
  JumpReLUSAE,
  KerasAdam,
  type SAEModel,
  TopKSAE,
} from '../../src';
import { rows } from '../conformance/architecture';

const SIZES = { inputDim: 6, encodingDim: 10, seed: 1 };

/** The losses of one step that moves nothing, on rows that are the same every time. */
async function logsOf(sae: SAEModel): Promise<number[]> {
  const x = rows(8);
  const logs = (await sae.trainOnBatch(x)) as number[];
  x.dispose();
  return logs;
}

/** Of every architecture the options that change, each with another value than its default. */
const CHANGES: Record<string, Record<string, number>> = {
  gated: { lambdaSparse: 0.5, auxWeight: 0.5 },
  relu: { lambdaSparse: 0.5, p: 0.5 },
  topk: { k: 2 },
  jumprelu: { lambdaSparse: 0.5, bandwidth: 2, targetL0: 3, tanhScale: 1 },
};
/** Options without which another has no effect. */
const WITH: Record<string, object> = { tanhScale: { penalty: 'tanh' }, p: { penalty: 'lp' } };
/** What has an effect on gradients alone: the norm of them is the last of the logs. */
const CASES = Object.entries(CHANGES).flatMap(([name, options]) =>
  Object.entries(options).map(([option, value]) => [name, option, value] as const),
);

describe.each(['sparse', 'tensor'] as const)('by the %s step', (step) => {
  test.each(CASES)('%s: another %s counts from the next step on', async (name, option, value) => {
    const Model = ARCHITECTURES[name]?.model as new (args: object) => SAEModel;
    const shared = { ...SIZES, lambdaSparse: 0.1, ...WITH[option] };
    const args = name === 'topk' ? SIZES : shared;
    const models = [new Model(args), new Model({ ...args, [option]: value })];
    const optimizers = models.map((sae) => {
      const optimizer = new KerasAdam({ learningRate: 0 });
      sae.compile({ optimizer, step });
      return optimizer;
    });
    const [changed, made] = models as [SAEModel, SAEModel];
    for (const sae of models) await logsOf(sae); // brings decoder rows to norm 1
    const [before] = [await logsOf(changed), await logsOf(made)];
    changed.setOption(option, value);
    const after = await logsOf(changed);
    expect(after).not.toEqual(before);
    expect(after).toEqual(await logsOf(made));
    expect(changed.getConfig()).toEqual({ ...made.getConfig(), name: changed.name });
    for (const end of [...models, ...optimizers]) end.dispose();
  });
});

test('a layer in somebody else’s model takes it too', () => {
  const layer = new GatedSAELayer({ encodingDim: 8 });
  layer.setOption('lambdaSparse', 0.25);
  expect(layer.getConfig()['lambdaSparse']).toBe(0.25);
});

test.each<[string, () => SAEModel, string, unknown, RegExp]>([
  [
    'one that there is not',
    () => new GatedSAE(SIZES),
    ...(['lambda', 1, /options among lambdaSparse, auxWeight; .*called "lambdaSparse"/] as const),
  ],
  [
    'one that is of the model, and stays',
    () => new GatedSAE(SIZES),
    ...([
      'encodingDim',
      1,
      /options among lambdaSparse, auxWeight; received "encodingDim"/,
    ] as const),
  ],
  [
    'one that stays as it was made',
    () => new JumpReLUSAE(SIZES),
    'penalty',
    'tanh',
    /setOption: expected one of lambdaSparse, .*received "penalty"\. Make a new dictionary with/,
  ],
  [
    'a wrong value',
    () => new GatedSAE(SIZES),
    'lambdaSparse',
    -1,
    /lambdaSparse: expected a finite/,
  ],
  ['none', () => new GatedSAE(SIZES), 'lambdaSparse', undefined, /lambdaSparse: expected a finite/],
  ['more than there are', () => new TopKSAE(SIZES), 'k', 11, /k: expected at most encodingDim, 10/],
  ['part of one', () => new TopKSAE(SIZES), 'k', 2.5, /k: expected a positive integer/],
  [
    'what does not go with another',
    () => new JumpReLUSAE({ ...SIZES, penalty: 'tanh' }),
    'targetL0',
    3,
    /targetL0: expected a penalty of the L0/,
  ],
])('%s is refused, and nothing changes', (_, make, option, value, message) => {
  const sae = make();
  const before = sae.getConfig();
  expect(() => sae.setOption(option, value)).toThrow(message);
  expect(() => sae.setOption(option, value)).toThrow(/^SAE_OPTION /);
  expect(sae.getConfig()).toEqual(before);
  sae.dispose();
});
