import * as tf from '@tensorflow/tfjs';
import { GatedSAE, type Normalization, ReluSAE, type SAEModel } from '../../src';
import { type ArrayJSON, Figures, numbers, relativeDifference, tensor } from './fixture';
import { batchOf, type PeerCase, type RecordedStep, readPeer, sizeOf } from './peers';

const figures = new Figures('Normalised rows, against SAELens');
afterAll(() => figures.write());

const RELU = ['W_enc', 'b_enc', 'W_dec', 'b_dec'];
const GATED = ['W_enc', 'b_gate', 'r_mag', 'b_mag', 'W_dec', 'b_dec'];

/** A case of mean norm has a factor, and the weights with which SAELens has folded it in at the end. */
type MeanNorm = PeerCase & { scaling_factor: number; folded: Record<string, ArrayJSON> };

interface Counterpart {
  name: string;
  normalize: Normalization;
  weights: readonly string[];
  make(args: object): SAEModel;
}

const relu = (args: object): SAEModel =>
  new ReluSAE({
    ...(args as { inputDim: number; encodingDim: number }),
    penalty: 'l1-decoder-norm',
  });
const gated = (args: object): SAEModel =>
  new GatedSAE({ ...(args as { inputDim: number; encodingDim: number }), loss: 'saelens' });

const EACH_ROW: Counterpart[] = [
  { name: 'standard_layer_norm', normalize: 'layer-norm', weights: RELU, make: relu },
  { name: 'standard_constant_norm_rescale', normalize: 'constant', weights: RELU, make: relu },
];
const MEAN: Counterpart[] = [
  { name: 'standard_expected_average_only_in', normalize: 'mean-norm', weights: RELU, make: relu },
  { name: 'gated_expected_average_only_in', normalize: 'mean-norm', weights: GATED, make: gated },
];

/** The model with a recorded step's weights; the caller disposes it. */
function at(
  { make, normalize, weights }: Counterpart,
  fixture: PeerCase,
  of: RecordedStep,
): SAEModel {
  const sae = make({ ...sizeOf(fixture), normalize });
  const given = weights.map((name) => tensor(of.weights[name] as ArrayJSON));
  if (normalize === 'mean-norm') given.push(tf.scalar((fixture as MeanNorm).scaling_factor));
  sae.setWeights(given);
  tf.dispose(given);
  return sae;
}

const near = (what: string, ours: tf.Tensor, expected: ArrayLike<number>, where: string) =>
  figures.within(1e-5, what, relativeDifference(ours.dataSync(), expected), where);

describe.each([...EACH_ROW, ...MEAN])('$name', (counterpart) => {
  const fixture = readPeer(`sae_lens_${counterpart.name}`);
  // With mean norm SAELens sees rows that its trainer has scaled, and reconstructs those.
  const { scaling_factor: scale = 1 } = fixture as Partial<MeanNorm>;

  test.each(Object.entries(fixture.recorded))(
    'step %s: codes and reconstruction',
    async (step, of) => {
      const sae = at(counterpart, fixture, of);
      const x = batchOf(fixture, Number(step));
      const codes = sae.encode(x);
      const xHat = await sae.reconstruct(x);
      const scaled = tf.mul(xHat, scale);
      const where = `${counterpart.name}, step ${step}`;
      near('codes', codes, numbers(of.codes), where);
      near('reconstruction', scaled, numbers(of.reconstruction), where);
      tf.dispose([x, codes, xHat, scaled]);
      sae.dispose();
    },
  );
});

describe.each(MEAN)('$name', (counterpart) => {
  const fixture = readPeer(`sae_lens_${counterpart.name}`) as MeanNorm;

  test('the scale', async () => {
    const sae = counterpart.make({ ...sizeOf(fixture), normalize: 'mean-norm' });
    const batches = fixture.batches.map((_, step) => batchOf(fixture, step));
    const x = tf.concat(batches);
    await sae.initNormalization(x);
    near('scale', sae.weights.at(-1)?.read() as tf.Tensor, [fixture.scaling_factor], fixture.case);
    tf.dispose([x, batches] as never);
    sae.dispose();
  });

  test('folded weights', async () => {
    const { make, weights, normalize } = counterpart;
    const sae = make({ ...sizeOf(fixture), normalize });
    const after = fixture.weights_after[String(fixture.steps.length)] as Record<string, ArrayJSON>;
    const given = [...weights.map((name) => tensor(after[name] as ArrayJSON)), tf.scalar(0)];
    sae.setWeights(given);
    await sae.initNormalization(fixture.scaling_factor);
    const folded = await sae.foldNormalization();
    for (const [i, weight] of folded.getWeights().entries()) {
      const name = weights[i] as string;
      near(`folded ${name}`, weight, numbers(fixture.folded[name] as ArrayJSON), fixture.case);
    }
    tf.dispose(given);
    sae.dispose();
    folded.dispose();
  });
});
