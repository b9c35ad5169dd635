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
import { ByteRows } from '../../src/activations/byteRows';
import { splitRows } from '../../src/activations/shuffle';
import { ALL_IMAGES, HELD_OUT_IMAGES, readFashionMnist } from '../../src/cli/data/fashionMnist';
import { THREADS } from './lineup';
import { RECIPE } from './state';

/** Codes of a row, in the mean or of each. */
export const L0 = 64;

/** How large the dictionary is, and how long the one that all start from is trained. */
export interface Sizes {
  readonly batch: number;
  readonly features: number;
  readonly steps: number;
}

/** A dictionary, and a batch with a threshold that leaves it so many codes of each row in the mean. */
export interface Base {
  readonly inputDim: number;
  readonly features: number;
  readonly x: Float32Array;
  readonly wEnc: Float32Array;
  readonly bEnc: Float32Array;
  readonly wDec: Float32Array;
  readonly bDec: Float32Array;
  readonly threshold: number;
}

/** An architecture as it takes part: here, and as SAELens has it. */
export interface Rival {
  readonly title: string;
  /** The model with the base's dictionary; the caller disposes it. */
  model(base: Base): SAEModel;
  /** By SAELens's names: the architecture, what its model takes, and weights that are not the base's. */
  readonly saeLens: {
    readonly architecture: string;
    options(base: Base): object;
    vectors(base: Base): Record<string, Float32Array>;
  };
}

const { lambdaSparse, auxWeight, clipNorm } = RECIPE;
const sizesOf = ({ inputDim, features: encodingDim }: Base) => ({
  ...{ inputDim, encodingDim, clipNorm, seed: 0 },
});
const lower = ({ bEnc, threshold }: Base) => bEnc.map((bias) => bias - threshold);
const zeros = ({ features }: Base) => new Float32Array(features);
const same = ({ features, threshold }: Base) => new Float32Array(features).fill(threshold);
const bEncOf = ({ bEnc }: Base) => ({ b_enc: bEnc });

/** By the order of the table, the first one that the others are compared with. */
export const RIVALS: readonly Rival[] = [
  {
    title: 'GatedSAE',
    model: (base) =>
      inState(new GatedSAE({ ...sizesOf(base), lambdaSparse, auxWeight }), base, [
        ...[lower(base), zeros(base), base.bEnc],
      ]),
    saeLens: {
      architecture: 'gated',
      options: () => ({ l1_coefficient: lambdaSparse }),
      vectors: (base) => ({ b_gate: lower(base), r_mag: zeros(base), b_mag: base.bEnc }),
    },
  },
  {
    title: 'ReluSAE',
    model: (base) => inState(new ReluSAE({ ...sizesOf(base), lambdaSparse }), base, [lower(base)]),
    saeLens: {
      architecture: 'standard',
      options: () => ({ l1_coefficient: lambdaSparse }),
      vectors: (base) => ({ b_enc: lower(base) }),
    },
  },
  {
    title: 'JumpReLUSAE',
    model: (base) =>
      inState(new JumpReLUSAE({ ...sizesOf(base), lambdaSparse }), base, [base.bEnc, same(base)]),
    saeLens: {
      architecture: 'jumprelu',
      options: () => ({ l0_coefficient: lambdaSparse }),
      vectors: (base) => ({ ...bEncOf(base), threshold: same(base) }),
    },
  },
  {
    title: 'TopKSAE',
    model: (base) => inState(new TopKSAE({ ...sizesOf(base), k: L0 }), base, [base.bEnc]),
    saeLens: { architecture: 'topk', options: () => ({ k: L0 }), vectors: bEncOf },
  },
  {
    title: 'BatchTopKSAE',
    model: (base) => inState(new BatchTopKSAE({ ...sizesOf(base), k: L0 }), base, [base.bEnc]),
    saeLens: { architecture: 'batchtopk', options: () => ({ k: L0 }), vectors: bEncOf },
  },
  {
    title: 'MatryoshkaSAE',
    model: (base) => inState(new MatryoshkaSAE({ ...sizesOf(base), k: L0 }), base, [base.bEnc]),
    saeLens: {
      architecture: 'matryoshka_batchtopk',
      options: ({ features }) => ({
        ...{ k: L0, matryoshka_widths: [16, 8, 4, 2, 1].map((part) => features / part) },
      }),
      vectors: bEncOf,
    },
  },
];

/** A model with the base's dictionary and these vectors of its encoder, compiled to train by the recipe. */
function inState<Model extends SAEModel>(
  sae: Model,
  { wEnc, wDec, bDec, inputDim, features }: Base,
  vectors: readonly Float32Array[],
): Model {
  tf.tidy(() => {
    const own = [
      tf.tensor(wEnc, [inputDim, features]),
      ...vectors.map((values) => tf.tensor1d(values)),
      tf.tensor(wDec, [features, inputDim]),
      tf.tensor1d(bDec),
    ];
    // What is learnt without a gradient stays as it is.
    sae.setWeights([...own, ...sae.getWeights().slice(own.length)]);
  });
  const { learningRate, beta1, beta2, epsilon } = RECIPE;
  sae.compile({
    optimizer: new KerasAdam({ learningRate, beta1, beta2, epsilon }),
    ...{ step: 'sparse', threads: THREADS },
  });
  return sae;
}

/** A TopK dictionary of Fashion-MNIST, after its first steps, and a batch that it has not seen yet. */
export async function trainedBase({ batch, features, steps }: Sizes): Promise<Base> {
  const { pixels } = await readFashionMnist([__dirname]);
  const order = splitRows(ALL_IMAGES, HELD_OUT_IMAGES, 0).training;
  const inputDim = pixels.length / ALL_IMAGES;
  const batches = new ByteRows({ bytes: pixels, width: inputDim, order, batchSize: batch });
  const sae = new TopKSAE({ inputDim, encodingDim: features, k: L0, seed: 0 });
  await sae.initDecoderBias(batches);
  sae.compile({ optimizer: new KerasAdam({ learningRate: 1e-3 }), step: 'sparse' });
  const rows = batches.iterator();
  const take = async () => (await rows.next()).value as tf.Tensor2D;
  for (let step = 0; step < steps; step++) {
    const x = await take();
    await sae.trainOnBatch(x);
    x.dispose();
  }
  const x = await take();
  const [wEnc, bEnc, wDec, bDec] = sae.getWeights().map((w) => w.dataSync<'float32'>().slice());
  const { preActivations, codes } = sae.encodeDetailed(x) as unknown as Record<string, tf.Tensor2D>;
  const largest = (preActivations as tf.Tensor2D).dataSync<'float32'>().slice().sort().reverse();
  const threshold = ((largest[L0 * batch - 1] as number) + (largest[L0 * batch] as number)) / 2;
  const values = x.dataSync<'float32'>().slice();
  tf.dispose([x, preActivations, codes] as tf.Tensor[]);
  sae.optimizer.dispose();
  sae.dispose();
  const weights = { wEnc, bEnc, wDec, bDec } as Record<'wEnc' | 'bEnc' | 'wDec' | 'bDec', never>;
  return { inputDim, features, x: values, ...weights, threshold };
}
