import * as tf from '@tensorflow/tfjs';
import { anneal, KerasAdam, ReluSAE } from '../../src';
import { type ArrayJSON, Figures, numbers, relativeDifference, tensor } from './fixture';
import { readPeer, sizeOf } from './peers';

const figures = new Figures("p-annealing, against dictionary_learning's trainer");
afterAll(() => figures.write());

const fixture = readPeer('dictionary_learning_p_anneal_lp_to_the_p_by_batch');
const { options, training, steps } = fixture;
const WEIGHTS = ['W_enc', 'b_enc', 'W_dec', 'b_dec'];

test.each(['sparse', 'tensor'] as const)(
  '20 steps of the %s step: p and λ of each, and the weights after them',
  async (step) => {
    const sae = new ReluSAE({
      ...{ ...sizeOf(fixture), penalty: 'lp', projectGradient: true, clipNorm: null },
      p: options['p_end'] as number,
      lambdaSparse: options['initial_sparsity_penalty'] as number,
    });
    const batches = fixture.batches.map((batch) => tensor(batch) as tf.Tensor2D);
    const rows = tf.concat(batches);
    tf.tidy(() =>
      sae.setWeights(WEIGHTS.map((name) => tensor(fixture.weights[name] as ArrayJSON))),
    );
    const [beta1, beta2] = training.betas;
    const optimizer = new KerasAdam({ learningRate: training.lr, beta1, beta2 });
    sae.compile({ optimizer, step });
    const start = options['anneal_start'] as number;
    const all = (options['anneal_end'] as number) - start;
    const every = all / ((options['n_sparsity_updates'] as number) - 1);
    let taken = 0;
    const ps: number[] = [];
    const lambdas: number[] = [];
    const { stepOptions } = sae;
    const watching = {
      onBatchBegin: async () => {
        taken += 1;
        // torch adds ε to √v̂, Keras to √v.
        (optimizer as { epsilon: number }).epsilon = training.eps * Math.sqrt(1 - beta2 ** taken);
      },
      onBatchEnd: async () => {
        ps.push(stepOptions.logs['p'] as number);
        lambdas.push(stepOptions.logs['lambda_sparse'] as number);
      },
    };
    // There a step's end sets what its own rows were not yet weighed by.
    const annealing = anneal('p', {
      from: 1,
      steps: all,
      start: start + 1,
      every,
      keepPenalty: true,
    });
    await sae.fit(rows, {
      ...{ batchSize: batches[0]?.shape[0] as number, shuffle: false, verbose: 0 },
      ...{ epochs: steps.length / batches.length, callbacks: [annealing, watching] as never },
    });
    const theirs = steps as unknown as { p: number; sparsity_coeff: number }[];
    const before = [1, ...theirs.slice(0, -1).map(({ p }) => p)];
    figures.within(1e-6, 'p of each step', relativeDifference(ps, before), step);
    const coefficients = theirs.map(({ sparsity_coeff }) => sparsity_coeff);
    figures.within(1e-5, 'λ after each step', relativeDifference(lambdas, coefficients), step);
    expect(new Set(lambdas).size).toBe(6);
    const after = fixture.weights_after[String(steps.length)] as Record<string, ArrayJSON>;
    for (const [i, weight] of sae.getWeights().entries()) {
      const name = WEIGHTS[i] as string;
      const apart = relativeDifference(weight.dataSync(), numbers(after[name] as ArrayJSON));
      figures.within(1e-4, `${name} after 20 steps`, apart, step);
    }
    tf.dispose([batches, rows]);
    sae.dispose();
    optimizer.dispose();
  },
);
