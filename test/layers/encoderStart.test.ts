import * as tf from '@tensorflow/tfjs';
import { ReluSAE, ReluSAELayer, type SAEModel } from '../../src';
import { expectUnitRows, named, rows, SUBJECTS, values } from '../conformance/architecture';

describe.each(SUBJECTS)('%s', (_, subject) => {
  test("the encoder's matrix starts as the transpose of a decoder of unit rows", () => {
    const sae = subject.model({ encoderStart: 'decoder' });
    const glorot = subject.model();
    expectUnitRows(sae.sae);
    const matrix = named(sae.sae)[sae.sae.encoder.matrix] as tf.Tensor2D;
    const { W_dec: decoder } = named(sae.sae) as { W_dec: tf.Tensor2D };
    const { W_dec: drawn } = named(glorot.sae) as { W_dec: tf.Tensor2D };
    tf.tidy(() => {
      expect(values(tf.transpose(matrix))).toEqual(values(decoder));
      // The directions are those that the seed draws in any case.
      const unit = tf.div(drawn, tf.norm(drawn, 2, 1, true));
      values(unit).forEach((value, i) => {
        expect(value).toBeCloseTo(values(decoder)[i] as number, 5);
      });
    });
    expect(values(matrix)).not.toEqual(
      values(named(glorot.sae)[sae.sae.encoder.matrix] as tf.Tensor),
    );
    for (const [name, { start }] of Object.entries(sae.sae.encoder.vectors)) {
      expect(new Set(values(named(sae.sae)[name] as tf.Tensor))).toEqual(
        new Set([Math.fround(start)]),
      );
    }
    for (const model of [sae, glorot]) model.dispose();
  });

  test('a seed gives the same numbers, and a model made anew from its config has them', () => {
    const saes = [1, 1, 2].map((seed) => subject.model({ encoderStart: 'decoder', seed }));
    const [first, second, other] = saes as [SAEModel, SAEModel, SAEModel];
    const config = JSON.parse(JSON.stringify(first.getConfig())) as tf.serialization.ConfigDict;
    expect(config).toMatchObject({ encoderStart: 'decoder' });
    const Model = first.constructor as unknown as tf.serialization.SerializableConstructor<never>;
    const again = Model.fromConfig(Model, config) as unknown as SAEModel;
    const of = (sae: SAEModel) => sae.getWeights().map(values);
    expect(of(second)).toEqual(of(first));
    expect(of(again)).toEqual(of(first));
    expect(of(other)).not.toEqual(of(first));
    for (const sae of [...saes, again]) sae.dispose();
  });

  test('a file has the weights that it was saved with', async () => {
    const sae = subject.model({ encoderStart: 'decoder' });
    tf.tidy(() => sae.setWeights(sae.getWeights().map((w) => tf.add(w, 0.25))));
    const saved = await new Promise<tf.io.ModelArtifacts>((resolve, reject) => {
      const handler = tf.io.withSaveHandler(async (artifacts) => {
        resolve(artifacts);
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      });
      sae.save(handler).catch(reject);
    });
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved));
    expect(loaded.getWeights().map(values)).toEqual(sae.getWeights().map(values));
    sae.dispose();
    loaded.dispose();
  });
});

test('a seed gives these numbers on every backend', () => {
  const sae = new ReluSAE({ inputDim: 3, encodingDim: 2, encoderStart: 'decoder', seed: 1 });
  const [matrix] = sae.getWeights() as [tf.Tensor];
  expect(values(matrix)).toEqual([
    ...[-0.24227838218212128, 0.033220551908016205, -0.2259208858013153],
    ...[-0.7430483102798462, -0.9435364007949829, -0.6684127449989319],
  ]);
  sae.dispose();
});

test('a layer that is given weights has those', () => {
  const given = [tf.ones([6, 10]), tf.zeros([10]), tf.ones([10, 6]), tf.zeros([6])];
  const args = { encodingDim: 10, encoderStart: 'decoder', weights: given } as const;
  const layer = new ReluSAELayer(args);
  const x = rows(2);
  tf.dispose(layer.apply(x) as tf.Tensor);
  expect(values(layer.wEnc.read())).toEqual(values(given[0] as tf.Tensor));
  tf.dispose([...given, x]);
  layer.dispose();
});

test.each<[string, object, RegExp]>([
  [
    'a transcoder',
    { outputDim: 4 },
    /^SAE_OPTION ReluSAELayer\.encoderStart: expected "glorot" of a transcoder; received "decoder"\. Leave it out/,
  ],
  ['a transcoder of the same width', { outputDim: 6 }, /"glorot" of a transcoder/],
  ['a skip connection', { skip: true }, /"glorot" of a transcoder/],
  [
    'a word that is nearly one',
    { encoderStart: 'decode' },
    /encoderStart: expected one of "glorot", "decoder"; received "decode"\. Did you mean "decoder"\?/,
  ],
  ['no word', { encoderStart: true }, /expected one of "glorot", "decoder"; received true/],
])('%s is refused', (_, more, message) => {
  const sizes = { inputDim: 6, encodingDim: 10, encoderStart: 'decoder' } as const;
  expect(() => new ReluSAE({ ...sizes, ...more })).toThrow(message);
});
