import * as tf from '@tensorflow/tfjs';
import {
  BatchTopKSAE,
  GatedSAE,
  JumpReLUSAE,
  KerasAdam,
  MatryoshkaSAE,
  ReluSAE,
  type SAEModel,
  TopKSAE,
} from '../../src';
import { seenIn } from '../../src/layers/architectureLayer';
import type { Term } from '../../src/layers/contract';
import { type ArrayJSON, Figures, numbers, read, relativeDifference, tensor } from './fixture';
import { batchOf, type PeerCase, type RecordedStep, readPeer, sizeOf } from './peers';

/** How a case of a peer is trained here. */
interface Counterpart {
  name: string;
  /** The model of the case as it is at a step; the caller disposes it. */
  model(fixture: PeerCase, step: string): SAEModel;
  /** The peer's weights by ours, in the order of `getWeights`. */
  weights: Record<string, string>;
  /** The peer's losses by our terms. */
  terms: Record<string, string>;
  /** The terms that the peer tells of with their weights. */
  weighed?: readonly string[];
  /** What is learnt without a gradient, as it is before a step, after the weights. */
  states?(step: RecordedStep, fixture: PeerCase): tf.Tensor[];
  /** What changes before a step of 20. */
  before?(sae: SAEModel, fixture: PeerCase, step: number): void;
  /** Why its training is another one, though each step is the same. */
  trainsOtherwise?: string;
}

/** Rows without firing after which a feature of these tests is dead. */
const DEAD_AFTER = 1e7;

/** A JumpReLU SAE as SAELens was told to make it. */
function jumpReLU(fixture: PeerCase): JumpReLUSAE {
  const { options } = fixture;
  const isTarget = options['jumprelu_sparsity_loss_mode'] === 'quadratic';
  const preActWeight = (options['pre_act_loss_coefficient'] as number | undefined) ?? 0;
  return new JumpReLUSAE({
    ...(options['jumprelu_sparsity_loss_mode'] === 'tanh' && { penalty: 'tanh' }),
    ...(preActWeight > 0 && { preActWeight, deadAfter: DEAD_AFTER }),
    ...sizeOf(fixture),
    lambdaSparse: (options['l0_coefficient'] as number | undefined) ?? 1,
    targetL0: isTarget ? (options['target_l0'] as number) : null,
    bandwidth: (options['jumprelu_bandwidth'] as number | undefined) ?? 0.05,
    gradientToInput: options['jumprelu_ste_to_input'] === true,
    clipNorm: null,
  });
}

/** A ReLU SAE with the penalty that a trainer of dictionary_learning anneals, as it is at a step. */
function annealed(fixture: PeerCase, step: string): ReluSAE {
  const { state } = fixture.recorded[step] as RecordedStep;
  const { p, sparsity_coeff: lambdaSparse } = state as Record<string, number>;
  return new ReluSAE({ ...sizeOf(fixture), penalty: 'lp', p, lambdaSparse, clipNorm: null });
}

/** A ReLU SAE whose codes are weighed by the norms of their decoder rows. */
const byDecoderNorm = (fixture: PeerCase, lambdaSparse: number) =>
  new ReluSAE({
    ...{ ...sizeOf(fixture), penalty: 'l1-decoder-norm', lambdaSparse, clipNorm: null },
  });

/** A Gated SAE with the loss of SAELens. */
const asSAELens = (fixture: PeerCase) =>
  new GatedSAE({
    ...{ ...sizeOf(fixture), loss: 'saelens', clipNorm: null },
    lambdaSparse: fixture.options['l1_coefficient'] as number,
  });

const RELU = { W_enc: 'W_enc', b_enc: 'b_enc', W_dec: 'W_dec', b_dec: 'b_dec' };
const GATED = {
  ...{ W_gate: 'W_enc', b_gate: 'b_gate', r_mag: 'r_mag', b_mag: 'b_mag' },
  ...{ W_dec: 'W_dec', b_dec: 'b_dec' },
};

const lambdaOf = ({ options }: PeerCase) => options['l1_penalty'] as number;

const COUNTERPARTS: Counterpart[] = [
  {
    name: 'dictionary_learning_standard_l1',
    model: (fixture) =>
      new ReluSAE({ ...sizeOf(fixture), lambdaSparse: lambdaOf(fixture), clipNorm: null }),
    weights: RELU,
    terms: { L_reconstruct: 'mse_loss', L_sparsity: 'sparsity_loss' },
  },
  {
    name: 'dictionary_learning_standard_april_update_l1',
    model: (fixture) => byDecoderNorm(fixture, lambdaOf(fixture)),
    weights: RELU,
    terms: { L_reconstruct: 'mse_loss', L_sparsity: 'sparsity_loss' },
  },
  {
    name: 'sae_lens_standard_l1',
    model: (fixture) => byDecoderNorm(fixture, fixture.options['l1_coefficient'] as number),
    weights: RELU,
    terms: { L_reconstruct: 'mse_loss', L_sparsity: 'l1_loss' },
    weighed: ['L_sparsity'],
  },
  {
    name: 'dictionary_learning_p_anneal_lp_to_the_p',
    model: annealed,
    weights: RELU,
    terms: { L_sparsity: 'lp_loss' },
    before: (sae, { state, steps }, step) => {
      const { p, sparsity_coeff } = (steps[step - 1] ?? state) as Record<string, number>;
      sae.setOption('p', p);
      sae.setLambda(sparsity_coeff as number);
    },
  },
  {
    name: 'sae_lens_gated_default',
    model: asSAELens,
    weights: GATED,
    terms: {
      ...{ L_reconstruct: 'mse_loss', L_sparsity: 'l1_loss' },
      ...{ L_aux: 'auxiliary_reconstruction_loss' },
    },
    weighed: ['L_sparsity'],
  },
  {
    name: 'dictionary_learning_gated_default',
    model: (fixture) =>
      new GatedSAE({
        ...sizeOf(fixture),
        lambdaSparse: lambdaOf(fixture),
        auxWeight: 1,
        clipNorm: null,
      }),
    weights: GATED,
    terms: { L_reconstruct: 'mse_loss', L_sparsity: 'sparsity_loss', L_aux: 'aux_loss' },
  },
  ...['quadratic', 'step', 'step_default_bandwidth', 'step_ste_to_input', 'tanh'].map((mode) => ({
    name: `sae_lens_jumprelu_${mode}`,
    model: jumpReLU,
    weights: {
      ...{ W_enc: 'W_enc', b_enc: 'b_enc', threshold: 'threshold' },
      ...{ W_dec: 'W_dec', b_dec: 'b_dec' },
    },
    // SAELens tells of its penalty with its weight, as part of the loss.
    terms: { L_reconstruct: 'mse_loss' },
  })),
];

/** What a TopK dictionary of dictionary_learning was told, by our options. */
const topKOptions = (fixture: PeerCase) => ({
  ...sizeOf(fixture),
  k: fixture.options['k'] as number,
  // As many as fit, up to half of the width.
  auxK: Math.floor(sizeOf(fixture).inputDim / 2),
  auxKWeight: (fixture.options['auxk_alpha'] as number | undefined) ?? 1 / 32,
  deadAfter: DEAD_AFTER,
  clipNorm: null,
});

/** Rows since each feature has fired: of those that the peer takes for dead, enough. */
const sinceFired = ({ dead = [] }: RecordedStep, fixture: PeerCase): tf.Tensor => {
  const since = new Float32Array(sizeOf(fixture).encodingDim);
  for (const feature of dead) since[feature] = DEAD_AFTER;
  return tf.tensor1d(since);
};

const DEAD_BY_BATCH = 'there a feature that a batch has fire is alive in its own step already';

const DECODER = { W_dec: 'W_dec', b_dec: 'b_dec' };
const AS_IN_FILES = { W_enc: 'W_enc', b_enc: 'b_enc', W_dec: 'W_dec', b_dec: 'b_dec' };

COUNTERPARTS.push(
  {
    name: 'sae_lens_jumprelu_anthropic',
    model: jumpReLU,
    weights: { ...{ W_enc: 'W_enc', b_enc: 'b_enc', threshold: 'threshold' }, ...DECODER },
    terms: { L_reconstruct: 'mse_loss', L_sparsity: 'l0_loss', L_preact: 'pre_act_loss' },
    weighed: ['L_sparsity', 'L_preact'],
    states: (step, fixture) => [sinceFired(step, fixture)],
  },
  ...['default', 'aux_few_dead', 'aux_many_dead'].map((mode) => ({
    name: `dictionary_learning_topk_${mode}`,
    model: (fixture: PeerCase) => new TopKSAE(topKOptions(fixture)),
    weights: AS_IN_FILES,
    terms: { L_reconstruct: 'l2_loss', L_auxk: 'auxk_loss' },
    states: (step: RecordedStep, fixture: PeerCase) => [sinceFired(step, fixture)],
    ...(mode !== 'default' && { trainsOtherwise: DEAD_BY_BATCH }),
  })),
  {
    name: 'dictionary_learning_batchtopk_default',
    model: (fixture) => new BatchTopKSAE(topKOptions(fixture)),
    weights: AS_IN_FILES,
    terms: { L_reconstruct: 'l2_loss', L_auxk: 'auxk_loss' },
    states: (step, fixture) => [tf.scalar(0), sinceFired(step, fixture)],
    trainsOtherwise: DEAD_BY_BATCH,
  },
  {
    // Of its losses SAELens has one for each nested dictionary; in sum they are ours.
    name: 'sae_lens_matryoshka_batchtopk_decoder_norm_unheeded',
    model: (fixture) => {
      const prefixes = fixture.options['matryoshka_widths'] as number[];
      const k = fixture.options['k'] as number;
      return new MatryoshkaSAE({ ...sizeOf(fixture), k, prefixes, clipNorm: null });
    },
    weights: AS_IN_FILES,
    terms: {},
    states: () => [tf.scalar(0)],
  },
);

test('what dictionary_learning leaves of the gradient of unit rows is left here', () => {
  const fixture = read<Record<'rows' | 'gradient' | 'projected', ArrayJSON>>('peers/projection');
  const [inputDim, encodingDim] = [7, 22];
  const sae = new ReluSAE({ inputDim, encodingDim, projectGradient: true });
  tf.tidy(() => {
    sae.sae.wDec.write(tensor(fixture.rows));
    const zeros = sae.getWeights().map((weight) => tf.zerosLike(weight));
    const gradients = { W_enc: zeros[0], b_enc: zeros[1], W_dec: tensor(fixture.gradient) };
    const weights = { ...gradients, b_dec: zeros[3] } as Record<string, tf.Tensor>;
    const [, , ours] = sae.sae.gradientList({ weights, input: () => tf.zeros([1, inputDim]) });
    // It divides by a norm to which it has added 1e-6.
    const apart = relativeDifference(ours?.dataSync() as Float32Array, numbers(fixture.projected));
    figures.within(1e-5, 'projected gradient', apart, 'dictionary_learning');
  });
  sae.dispose();
});

test('what dictionary_learning learns without a gradient is learnt here', () => {
  const fixture = readPeer('dictionary_learning_batchtopk_default');
  const { codes, state } = fixture.recorded['19'] as RecordedStep;
  const rate = 1 - (fixture.options['threshold_beta'] as number);
  const sae = new BatchTopKSAE({ ...topKOptions(fixture), thresholdRate: rate });
  tf.tidy(() => {
    const { length } = sae.getWeights();
    const since = state['num_tokens_since_fired'] as number[];
    const weights = sae.getWeights().slice(0, length - 2);
    sae.setWeights([...weights, tf.scalar(state['threshold'] as number), tf.tensor1d(since)]);
    const next = sae.sae.nextStates(seenIn(tensor(codes) as tf.Tensor2D));
    const { threshold, num_tokens_since_fired } = fixture.state_after;
    expect(next['since_fired']?.arraySync()).toEqual(num_tokens_since_fired);
    const apart = relativeDifference(next['threshold']?.dataSync() as Float32Array, [
      threshold as number,
    ]);
    figures.within(1e-6, 'threshold', apart, 'after 20 steps');
  });
  sae.dispose();
});

const figures = new Figures('Against SAELens and dictionary_learning');
afterAll(() => figures.write());

describe.each(COUNTERPARTS)('$name', (counterpart) => {
  const { name, model, weights, terms, weighed, states, before, trainsOtherwise } = counterpart;
  const fixture = readPeer(name);
  const recorded = Object.entries(fixture.recorded);
  const theirs = Object.values(weights);

  /** The model at a recorded step's weights, and its rows. */
  const at = (step: string, recordedStep: RecordedStep) => {
    const sae = model(fixture, step);
    tf.tidy(() => {
      const given = theirs.map((weight) => tensor(recordedStep.weights[weight] as ArrayJSON));
      sae.setWeights([...given, ...(states?.(recordedStep, fixture) ?? [])]);
    });
    return { sae, x: batchOf(fixture, Number(step)) };
  };
  const near = (quantity: string, ours: tf.Tensor, expected: ArrayLike<number>, step: string) => {
    const apart = relativeDifference(ours.dataSync(), expected);
    figures.within(1e-5, `${quantity}, relative to its largest`, apart, `${name}, step ${step}`);
  };

  test('there are two recorded steps', () => expect(recorded).toHaveLength(2));

  test.each(recorded)('step %s: codes, reconstruction, losses and gradients', (step, expected) => {
    const { sae, x } = at(step, expected);
    const { loss, losses } = fixture.steps[Number(step)] as PeerCase['steps'][number];
    tf.tidy(() => {
      const pass = sae.sae.forward(x, x, true);
      near('codes', pass.codes, numbers(expected.codes), step);
      near('reconstruction', pass.reconstruction, numbers(expected.reconstruction), step);
      near('loss', pass.loss, [loss], step);
      for (const [ours, peers] of Object.entries(terms)) {
        const { weight } = sae.sae.lossTerms.find((term) => term.name === ours) as Term;
        const term = pass.terms[ours] as tf.Scalar;
        const own = weighed?.includes(ours) ? tf.mul<tf.Scalar>(term, weight) : term;
        near(ours, own, [losses[peers] as number], step);
      }
      const { weights: gradients } = sae.sae.backward(pass.saved as never, { dLoss: 1 });
      for (const [ours, peers] of Object.entries(weights)) {
        const of = numbers(expected.gradients[peers] as ArrayJSON);
        near(`gradient of ${ours}`, gradients[ours] as tf.Tensor, of, step);
      }
    });
    tf.dispose(x);
    sae.dispose();
  });

  const steps = trainsOtherwise === undefined ? (['sparse', 'tensor'] as const) : [];
  if (steps.length > 0)
    test.each(steps)('20 steps of the %s step', async (step) => {
      const { training } = fixture;
      // dictionary_learning projects the gradient of unit rows.
      const rows =
        training.decoder === 'free' ? { decoderRows: 'free' } : { projectGradient: true };
      const [first] = Object.values(fixture.recorded) as [RecordedStep];
      const { sae: like, x } = at('0', first);
      const Model = like.constructor as new (args: object) => SAEModel;
      const sae = new Model({ ...like.getConfig(), ...rows, clipNorm: training.clip_norm });
      sae.setWeights(like.getWeights());
      tf.dispose(x);
      like.dispose();
      const [beta1, beta2] = training.betas;
      const optimizer = new KerasAdam({ beta1, beta2, epsilon: training.eps });
      sae.compile({ optimizer, step });
      for (const [i, { lr }] of fixture.steps.entries()) {
        optimizer.learningRate = lr;
        // torch adds ε to √v̂, Keras to √v.
        (optimizer as { epsilon: number }).epsilon = training.eps * Math.sqrt(1 - beta2 ** (i + 1));
        before?.(sae, fixture, i);
        const batch = batchOf(fixture, i);
        await sae.trainOnBatch(batch);
        batch.dispose();
      }
      const after = fixture.weights_after[String(fixture.steps.length)] as Record<
        string,
        ArrayJSON
      >;
      for (const [i, weight] of theirs.entries()) {
        const ours = sae.getWeights()[i] as tf.Tensor;
        const apart = relativeDifference(ours.dataSync(), numbers(after[weight] as ArrayJSON));
        const what = `${Object.keys(weights)[i]} after 20 steps`;
        figures.within(1e-4, what, apart, `${name}, ${step} step`);
      }
      sae.dispose();
      optimizer.dispose();
    });

  test.each(recorded)('step %s: gradients of the kernels', async (step, expected) => {
    const { sae, x } = at(step, expected);
    // After one step half of a gradient is Adam's first moment.
    const optimizer = new KerasAdam({ learningRate: 0, beta1: 0.5 });
    sae.compile({ optimizer, step: 'sparse' });
    await sae.trainOnBatch(x);
    const moments = (await optimizer.getWeights()).filter((state) => state.name.endsWith('/m'));
    expect(moments).toHaveLength(theirs.length);
    for (const [i, moment] of moments.entries()) {
      const expectedOf = numbers(expected.gradients[theirs[i] as string] as ArrayJSON);
      const twice = tf.mul(moment.tensor, 2);
      near(`the kernels' gradient of ${Object.keys(weights)[i]}`, twice, expectedOf, step);
      twice.dispose();
    }
    tf.dispose(x);
    sae.dispose();
    optimizer.dispose();
  });
});
