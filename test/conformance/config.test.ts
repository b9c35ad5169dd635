import * as tf from '@tensorflow/tfjs';
import { expectClose, FEATURES, INPUT_DIM, named, rows, SUBJECTS, values } from './architecture';

/** What a config goes through in a tfjs model file. */
const throughJson = (config: tf.serialization.ConfigDict) =>
  JSON.parse(JSON.stringify(config)) as tf.serialization.ConfigDict;

describe.each(SUBJECTS)('%s', (_, subject) => {
  test('the model is made anew from its config', () => {
    const sae = subject.model({ clipNorm: null, ...subject.lambda, name: 'mine' });
    const config = throughJson(sae.getConfig());
    const Model = sae.constructor as unknown as tf.serialization.SerializableConstructor<never>;
    const again = Model.fromConfig(Model, config) as unknown as typeof sae;
    expect(again.getConfig()).toEqual(config);
    expect(config).toMatchObject({
      inputDim: INPUT_DIM,
      encodingDim: FEATURES,
      clipNorm: null,
      ...subject.lambda,
      name: 'mine',
    });
    sae.dispose();
    again.dispose();
  });

  test("without a name it has its architecture's, in one piece", () => {
    const [first, second] = [subject.model(), subject.model()];
    const layer = subject.layer();
    const short = first.getClassName().replace(/SAE$/, '').toLowerCase();
    expect(first.name).toMatch(new RegExp(`^${short}_sae_\\d+$`));
    expect(second.name).not.toBe(first.name);
    expect(layer.name).toMatch(new RegExp(`^${short}_sae_layer_\\d+$`));
    for (const sae of [first, second]) sae.dispose();
  });

  test('the layer is made anew from its config', () => {
    const { lambda } = subject;
    const layer = subject.layer({ returns: 'codes', ...lambda, inputShape: [INPUT_DIM] });
    const config = throughJson(layer.getConfig());
    const Layer = layer.constructor as unknown as tf.serialization.SerializableConstructor<never>;
    const again = Layer.fromConfig(Layer, config) as unknown as typeof layer;
    expect(again.getConfig()).toEqual(config);
    expect(config).toMatchObject({ returns: 'codes', ...lambda, encodingDim: FEATURES });
  });

  test('matrices start as Glorot uniform, from a seed, and vectors as the architecture says', () => {
    const [first, second, other] = [
      subject.model({ seed: 5 }),
      subject.model({ seed: 5 }),
      subject.model({ seed: 6 }),
    ];
    const limit = Math.sqrt(6 / (INPUT_DIM + FEATURES));
    for (const [name, weight] of Object.entries(named(first.sae))) {
      const numbers = values(weight);
      expect(numbers).toEqual(values(named(second.sae)[name] as tf.Tensor));
      if (weight.rank < 2) {
        const { start = 0 } = first.sae.encoder.vectors[name] ?? first.sae.states[name] ?? {};
        expect(new Set(numbers)).toEqual(new Set([Math.fround(start)]));
        continue;
      }
      expect(numbers).not.toEqual(values(named(other.sae)[name] as tf.Tensor));
      expect(Math.max(...numbers.map(Math.abs))).toBeLessThanOrEqual(limit);
      expect(Math.max(...numbers)).toBeGreaterThan(limit / 2);
      expect(Math.min(...numbers)).toBeLessThan(-limit / 2);
    }
    const matrices = Object.values(named(first.sae)).filter((w) => w.rank === 2);
    expect(new Set(matrices.map((w) => values(w)[0])).size).toBe(matrices.length);
    for (const sae of [first, second, other]) sae.dispose();
  });

  test('getWeights has the encoder, W_dec, b_dec, then what is learnt without a gradient, for layer and model alike', () => {
    const sae = subject.model();
    const names = Object.keys(named(sae.sae));
    const states = Object.keys(sae.sae.states);
    expect(names.slice(-2 - states.length)).toEqual(['W_dec', 'b_dec', ...states]);
    expect(sae.getWeights()).toEqual(sae.sae.getWeights());
    expect(sae.getWeights().map((w) => w.shape)).toEqual(
      Object.values(named(sae.sae)).map((w) => w.shape),
    );
    sae.dispose();
  });

  test('predict is decode of encode, in the shapes that are promised', () => {
    const sae = subject.model();
    tf.tidy(() => {
      const x = rows(7);
      const codes = sae.encode(x);
      expect(codes.shape).toEqual([7, FEATURES]);
      expect(values(codes).every((code) => code >= 0)).toBe(true);
      expect(sae.predict(x).shape).toEqual([7, INPUT_DIM]);
      expectClose(sae.predict(x), sae.decode(codes));
      expectClose(sae.predict(x, { batchSize: 2 }), sae.predict(x));
      expectClose(sae.predictOnBatch(x), sae.predict(x));
      expectClose(sae.encodeDetailed(x).codes, codes);
      expectClose(sae.sae.apply(x) as tf.Tensor, sae.predict(x));
    });
    sae.dispose();
  });

  test('bytes are rows as good as floats', () => {
    const sae = subject.model();
    tf.tidy(() => {
      const bytes = tf.tensor2d([[0, 1, 2, 3, 4, 5]], undefined, 'int32');
      expectClose(sae.encode(bytes), sae.encode(tf.cast(bytes, 'float32')));
    });
    sae.dispose();
  });
});
