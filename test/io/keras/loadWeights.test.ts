import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeKeras,
  encodeKeras,
  GatedSAE,
  KerasAdam,
  loadKerasWeights,
  ReluSAE,
  WarmupCosineDecay,
} from '../../../src';
import { bytesSource } from '../../../src/io/bytes/source';
import { arraysIn, arraysOf, disposeModel, filesIn, NEWEST } from './fixture';

const bytes = (name: string) => readFileSync(join(NEWEST, name));
const learningRate = new WarmupCosineDecay({ peakLr: 1e-2, warmupSteps: 2, totalSteps: 20 });

const sizes = { inputDim: 4, encodingDim: 6 };

async function sameArrays(model: GatedSAE, file: Uint8Array): Promise<boolean> {
  const ours = await arraysOf(await encodeKeras(model));
  const theirs = await arraysIn(bytesSource(file));
  return [...theirs].every(
    ([path, [, values]]) =>
      Buffer.compare(values, (ours.get(path) as [string, Uint8Array])[1]) === 0,
  );
}

test('there are files of weights alone', () => {
  expect(filesIn(NEWEST, '.weights.h5').length).toBeGreaterThanOrEqual(3);
});

test('weights and the optimizer’s state come into a model that is there', async () => {
  const sae = new GatedSAE({ ...sizes, name: 'mine' });
  sae.compile({ optimizer: new KerasAdam({ learningRate, beta1: 0 }) });
  await loadKerasWeights(sae, bytes('gsae_trained_weights.weights.h5'));
  expect(sae.optimizer?.iterations).toBe(6);
  expect(await sameArrays(sae, bytes('gsae_trained_weights.weights.h5'))).toBe(true);
  disposeModel(sae);
});

test('those of an archive as well, and without an optimizer only the weights', async () => {
  const sae = new GatedSAE(sizes);
  await loadKerasWeights(sae, bytes('gsae_trained.keras'));
  const there = (await decodeKeras(bytes('gsae_trained.keras'))) as GatedSAE;
  const [ours, theirs] = [sae, there].map((one) => one.sae.wGate.read().dataSync());
  expect(ours).toEqual(theirs);
  for (const one of [sae, there]) disposeModel(one);
});

test('a state of another training stays out with a warning, or is an error', async () => {
  const sae = new GatedSAE(sizes);
  sae.compile({ optimizer: new KerasAdam({ learningRate: 1e-3 }) });
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  await loadKerasWeights(sae, bytes('gsae_trained.keras'));
  expect(warn.mock.calls).toEqual([
    [
      expect.stringMatching(
        /^SAE_UNSUPPORTED bytes: expected the state of Adam at a fixed rate; .*stays as it was\.$/,
      ),
    ],
  ]);
  warn.mockRestore();
  expect(sae.optimizer?.iterations).toBe(0);
  await expect(
    loadKerasWeights(sae, bytes('gsae_trained.keras'), { includeOptimizer: true }),
  ).rejects.toThrow(/^SAE_UNSUPPORTED/);
  disposeModel(sae);
});

test.each([
  [
    'another size',
    () => new GatedSAE({ inputDim: 4, encodingDim: 7 }),
    /^SAE_SHAPE .*W_gate at vars\/0 of shape \[4, 7\]; received \[4, 6\]/,
  ],
  [
    'another architecture',
    () => new ReluSAE(sizes),
    /^SAE_SHAPE .*W_dec at vars\/2 of shape \[6, 4\]; received \[6\]/,
  ],
])('weights of %s are refused, and nothing is changed', async (_, make, message) => {
  const sae = make();
  const before = sae.sae.wDec.read().dataSync().slice();
  await expect(loadKerasWeights(sae, bytes('gsae_trained.keras'))).rejects.toThrow(message);
  expect(sae.sae.wDec.read().dataSync()).toEqual(before);
  disposeModel(sae);
});

test.each([
  [
    'text',
    Buffer.from('hello'),
    /^SAE_FILE bytes: expected a \.keras archive or a \.weights\.h5 file/,
  ],
  ['nothing', new Uint8Array(0), /^SAE_FILE bytes: .*an empty file/],
  [
    'a file that breaks off',
    bytes('gsae_trained_weights.weights.h5').subarray(0, 3000),
    /^SAE_FILE/,
  ],
])('%s', async (_, given, message) => {
  const sae = new GatedSAE(sizes);
  await expect(loadKerasWeights(sae, given)).rejects.toThrow(message);
  disposeModel(sae);
});

test('float16 is refused for values that it does not hold', async () => {
  const sae = new GatedSAE(sizes);
  const weights = sae.getWeights();
  const large = weights.map((w, i) => (i === 5 ? w.add(1e5) : w));
  sae.setWeights(large);
  large[5]?.dispose();
  await expect(encodeKeras(sae, { dtype: 'float16' })).rejects.toThrow(
    /^SAE_OPTION model ".*": dtype: expected another than float16, which ends at 65504, for .*b_dec; received 100000/,
  );
  await expect(encodeKeras(sae, { dtype: 'bfloat16' })).resolves.toBeInstanceOf(Uint8Array);
  disposeModel(sae);
});
