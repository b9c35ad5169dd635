import type { Trial } from './trial';

/** What is changed, and the values it takes in turn; all else stays usual. */
export interface Sweep {
  name: string;
  trials: readonly Partial<Trial>[];
}

const LAMBDAS = [1e-3, 1e-2, 3e-2, 0.1, 0.3];
const RELU_LAMBDAS = [1e-2, 3e-2, 0.1, 0.3, 1];
const each = <Name extends keyof Trial>(name: Name, values: readonly Trial[Name][]) =>
  values.map((value) => ({ [name]: value }) as Partial<Trial>);

/** The trials behind the tables of docs/recipe.md and the pictures of docs/gated-sae.md. */
export const SWEEPS: readonly Sweep[] = [
  { name: 'Penalty', trials: each('lambdaSparse', LAMBDAS) },
  {
    name: 'Penalty of a ReLU SAE',
    trials: RELU_LAMBDAS.map((lambdaSparse) => ({ architecture: 'relu', lambdaSparse })),
  },
  { name: 'Learning rate', trials: each('peakLr', [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1]) },
  { name: 'Auxiliary weight', trials: each('auxWeight', [0, 1e-2, 0.1, 1]) },
  {
    name: 'Scale',
    trials: [
      { scale: 0.1 },
      { scale: 0.1, lambdaSparse: 3e-3 },
      {},
      { scale: 10 },
      { scale: 10, lambdaSparse: 0.3 },
    ],
  },
  { name: 'Features', trials: each('encodingDim', [196, 784, 1568]) },
  {
    name: 'The rest of the recipe',
    trials: [
      {},
      { decoderBias: false },
      { beta1: 0.9 },
      { clipNorm: null },
      { warmup: 0 },
      { batchSize: 32 },
      { batchSize: 512 },
    ],
  },
  {
    name: 'Penalty, other seeds',
    trials: [1, 2].flatMap((seed) => [
      ...LAMBDAS.slice(1).map((lambdaSparse) => ({ lambdaSparse, seed })),
      ...RELU_LAMBDAS.map((lambdaSparse) => ({
        architecture: 'relu' as const,
        lambdaSparse,
        seed,
      })),
    ]),
  },
  {
    name: 'Four times as long',
    trials: [{}, { epochs: 16 }, { epochs: 16, auxWeight: 0 }],
  },
];
