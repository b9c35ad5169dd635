import {
  featureReport,
  GatedSAE,
  GatedSAELayer,
  KerasAdam,
  KerasSGD,
  SAEError,
  WarmupCosineDecay,
} from '../src';
import { adviceOnName, distance } from '../src/optionNames';
import { checkOptions, positiveInteger } from '../src/options';

const SIZES = { inputDim: 8, encodingDim: 16 };
const inSAE = (args: object) => new GatedSAE({ ...SIZES, ...args } as never);
const inLayer = (args: object) => new GatedSAELayer({ encodingDim: 16, ...args } as never);
const inAdam = (args: object) => new KerasAdam(args);
const inSGD = (args: object) => new KerasSGD(args);
const inSchedule = (args: object) =>
  new WarmupCosineDecay({ peakLr: 1, warmupSteps: 0, totalSteps: 1, ...args } as never);
const inFit = (args: object) => trained((sae) => sae.fit(undefined as never, args as never));
const inFitDataset = (args: object) =>
  trained((sae) => sae.fitDataset(undefined as never, args as never));
const inCompile = (args: object) => trained((sae) => sae.compile(args as never));
const inReport = (args: object) =>
  trained((sae) => featureReport(sae, undefined as never, args as never));

async function trained(act: (sae: GatedSAE) => unknown): Promise<void> {
  const sae = new GatedSAE(SIZES);
  try {
    await act(sae);
  } finally {
    sae.dispose();
  }
}

async function messageOf(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    expect(error).toBeInstanceOf(SAEError);
    expect((error as SAEError).code).toBe('SAE_OPTION');
    return (error as SAEError).message;
  }
  throw new Error('nothing was thrown');
}

/** Names that people bring from Keras, torch, SAELens, dictionary_learning and gated-sae-tf. */
test.each<[(args: object) => unknown, string, string]>([
  [inSAE, 'input_dim', 'Did you mean "inputDim"?'],
  [inSAE, 'InputDim', 'Did you mean "inputDim"?'],
  [inSAE, 'clip_norm', 'Did you mean "clipNorm"?'],
  [inSAE, 'lambda_sparse', 'Did you mean "lambdaSparse"?'],
  [inSAE, 'd_in', 'Here it is called "inputDim".'],
  [inSAE, 'd_model', 'Here it is called "inputDim".'],
  [inSAE, 'activation_dim', 'Here it is called "inputDim".'],
  [inSAE, 'd_sae', 'Here it is called "encodingDim".'],
  [inSAE, 'n_features', 'Here it is called "encodingDim".'],
  [inSAE, 'hidden', 'Here it is called "encodingDim".'],
  [inSAE, 'dict_size', 'Here it is called "encodingDim".'],
  [inSAE, 'l1', 'Here it is called "lambdaSparse".'],
  [inSAE, 'l1_coefficient', 'Here it is called "lambdaSparse".'],
  [inSAE, 'l1_penalty', 'Here it is called "lambdaSparse".'],
  [inSAE, 'lambda', 'Here it is called "lambdaSparse".'],
  [inSAE, 'auxk_alpha', 'Here it is called "auxWeight".'],
  [inSAE, 'max_grad_norm', 'Here it is called "clipNorm".'],
  [inSAE, 'random_state', 'Here it is called "seed".'],
  [inSAE, 'expansion_factor', 'Give encodingDim: inputDim times that.'],
  [inSAE, 'device', 'Call tf.setBackend to choose what computes, and leave this out.'],
  [inSAE, 'dtype', 'Leave it out: everything here is float32.'],
  [inSAE, 'lr', 'Give learningRate to the optimizer: compile({optimizer: new KerasAdam({…})}).'],
  [inSAE, 'batch_size', 'Give batchSize to fit.'],
  [inSAE, 'constructor', 'Leave it out: there is nothing of that name.'],
  [inSAE, '__', 'Leave it out: there is nothing of that name.'],
  [inLayer, 'units', 'Here it is called "encodingDim".'],
  [inLayer, 'l1_coeff', 'Here it is called "lambdaSparse".'],
  [inAdam, 'lr', 'Here it is called "learningRate".'],
  [inAdam, 'learning_rate', 'Did you mean "learningRate"?'],
  [inAdam, 'beta_1', 'Did you mean "beta1"?'],
  [inAdam, 'adam_beta2', 'Here it is called "beta2".'],
  [inAdam, 'betas', 'Give beta1 and beta2.'],
  [inAdam, 'eps', 'Here it is called "epsilon".'],
  [inAdam, 'weight_decay', 'Did you mean "weightDecay"?'],
  [inAdam, 'global_clipnorm', 'Did you mean "globalClipnorm"?'],
  [inAdam, 'amsgrad', 'Leave it out: Adam is computed without it.'],
  [inSGD, 'lr', 'Here it is called "learningRate".'],
  [inSGD, 'momentun', 'Did you mean "momentum"?'],
  [inSchedule, 'peak_lr', 'Did you mean "peakLr"?'],
  [inSchedule, 'lr_warm_up_steps', 'Here it is called "warmupSteps".'],
  [inSchedule, 'learning_rate', 'Here it is called "peakLr".'],
  [inFit, 'batch_size', 'Did you mean "batchSize"?'],
  [inFit, 'n_epochs', 'Here it is called "epochs".'],
  [inFit, 'val_split', 'Here it is called "validationSplit".'],
  [inFit, 'lr', 'Give learningRate to the optimizer: compile({optimizer: new KerasAdam({…})}).'],
  [inFit, 'l1', 'Give lambdaSparse to the model, as new GatedSAE({…}).'],
  [inFitDataset, 'steps_per_epoch', 'Here it is called "batchesPerEpoch".'],
  [inFitDataset, 'validation_steps', 'Here it is called "validationBatches".'],
  [
    inCompile,
    'lr',
    'Give learningRate to the optimizer: compile({optimizer: new KerasAdam({…})}).',
  ],
  [inCompile, 'optim', 'Here it is called "optimizer".'],
  [inCompile, 'num_threads', 'Here it is called "threads".'],
  [inReport, 'class_names', 'Did you mean "classNames"?'],
  [inReport, 'image_shape', 'Did you mean "imageShape"?'],
])('%p: %s', async (give, name, advice) => {
  const message = await messageOf(() => give({ [name]: 1 }));
  expect(message).toContain(`received "${name}". ${advice}`);
  expect(message.endsWith(advice)).toBe(true);
});

test('where there are no options, none is suggested', () => {
  expect(adviceOnName('colour', [])).toBe('Leave it out: there is nothing of that name.');
});

/** Of a wrong value, what to do: give what is expected, or what the rule itself says. */
test.each<[object, string]>([
  [{ lambdaSparse: '1e-3' }, 'Give the number 0.001 rather than a text.'],
  [{ lambdaSparse: -1 }, 'Give a finite number ≥ 0, or leave lambdaSparse out, for 0.001.'],
  [{ clipNorm: 0 }, 'Give a finite number > 0, or null for none, or leave clipNorm out, for 1.'],
  [{ seed: 1.5 }, 'Give an integer, or leave seed out.'],
  [{ encodingDim: 2.5 }, 'Give a positive integer.'],
  [{ encodingDim: undefined }, 'Give encodingDim, for which there is no default.'],
])('new GatedSAE(%j)', async (args, advice) => {
  expect((await messageOf(() => inSAE(args))).endsWith(`. ${advice}`)).toBe(true);
});

test('a rule says itself what to do', async () => {
  const rules = { depth: { ...positiveInteger(), advice: 'Count the layers.' } };
  expect(await messageOf(() => checkOptions('here', rules, { depth: 0 }))).toMatch(
    /received 0\. Count the layers\.$/,
  );
  expect(await messageOf(() => inAdam({ learningRate: 'fast' }))).toMatch(
    / Give a number as 1e-3, or new WarmupCosineDecay\({…}\)\.$/,
  );
  const adam = inAdam({});
  const set = () => {
    adam.learningRate = -1;
  };
  expect(await messageOf(set)).toMatch(/ Give a number as 1e-3, or new WarmupCosineDecay/);
  adam.dispose();
});

test.each([
  ['', 'abc', 3],
  ['abc', 'abc', 0],
  ['kitten', 'sitting', 3],
  ['flaw', 'lawn', 2],
  ['ab', 'ba', 2],
  ['ecnodingDim', 'encodingDim', 2],
])('between "%s" and "%s" %i letters differ', (one, other, letters) => {
  expect(distance(one, other)).toBe(letters);
  expect(distance(other, one)).toBe(letters);
});
