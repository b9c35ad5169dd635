import * as tf from '@tensorflow/tfjs';
import {
  decoderGalleryCallback,
  Figure,
  GatedSAE,
  KerasAdam,
  plotDecoderGallery,
  ReluSAE,
  type SAEModel,
} from '../../src';

/** What is taken for an element here; test/browser/tfjsVis.test.mts has a real one. */
const element = { replaceChildren: () => {} } as unknown as Element;
/** The pictures that the element has shown, one after another. */
let shown: string[];
beforeEach(() => {
  shown = [];
  jest.spyOn(Figure.prototype, 'mount').mockImplementation(function (this: Figure, where) {
    expect(where).toBe(element);
    shown.push(this.toSVG());
  });
});
afterEach(() => jest.restoreAllMocks());

const OPTIONS = { imageShape: [2, 2], topN: 3 } as const;

/** Runs a test with a compiled model and some rows, and disposes them. */
async function withModel(act: (model: SAEModel, x: tf.Tensor2D) => Promise<void>) {
  for (const Model of [GatedSAE, ReluSAE]) {
    shown = [];
    const model = new Model({ inputDim: 4, encodingDim: 8, seed: 1 });
    model.compile({ optimizer: new KerasAdam({ learningRate: 0.1 }) });
    const x = tf.randomUniform([32, 4], 0, 1, 'float32', 3) as tf.Tensor2D;
    try {
      await act(model, x);
    } finally {
      x.dispose();
      model.optimizer.dispose();
      model.dispose();
    }
  }
}

test('draws at the start, every so many steps, and at the end', () =>
  withModel(async (model, x) => {
    const before = (await plotDecoderGallery(model, await model.encodeSparse(x), OPTIONS)).toSVG();
    const callback = decoderGalleryCallback(model, element, x, { ...OPTIONS, everySteps: 3 });
    await model.fit(x, { epochs: 2, batchSize: 8, callbacks: callback }); // 8 steps
    expect(shown).toHaveLength(1 + 2 + 1);
    expect(new Set(shown).size).toBe(4);
    const after = (await plotDecoderGallery(model, await model.encodeSparse(x), OPTIONS)).toSVG();
    expect(shown[0]).toBe(before);
    expect(shown[3]).toBe(after);
  }));

test('counts from the start of each training, 50 steps by default', () =>
  withModel(async (model, x) => {
    const callbacks = [decoderGalleryCallback(model, element, x, OPTIONS)];
    for (let training = 0; training < 2; training++) {
      await model.fit(x, { epochs: 30, batchSize: 32, callbacks }); // 30 steps
      expect(shown).toHaveLength(2 * (training + 1));
    }
    await model.fit(x, { epochs: 50, batchSize: 32, callbacks });
    expect(shown).toHaveLength(4 + 3);
  }));

test('leaves out a picture while another is drawn', () =>
  withModel(async (model, x) => {
    const callback = decoderGalleryCallback(model, element, x, { ...OPTIONS, everySteps: 1 });
    const steps = Array.from({ length: 5 }, () => callback.onBatchEnd());
    await Promise.all(steps);
    expect(shown).toHaveLength(1);
    const encode = jest.spyOn(model, 'encodeSparse').mockImplementation((rows) => {
      // The last picture is begun when the one before it is there.
      expect(shown).toHaveLength(encode.mock.calls.length);
      return Object.getPrototypeOf(model).encodeSparse.call(model, rows);
    });
    await Promise.all([callback.onBatchEnd(), callback.onTrainEnd()]);
    expect(shown).toHaveLength(3);
    encode.mockRestore();
  }));

test('stands beside other callbacks, and changes nothing in what is learnt', () =>
  withModel(async (model, x) => {
    const train = async (callbacks: object[]) => {
      const { history } = await model.fit(x, {
        epochs: 3,
        batchSize: 8,
        shuffle: false,
        callbacks,
      });
      return history['loss'];
    };
    const start = model.getWeights().map((weight) => weight.clone());
    const alone = await train([]);
    model.setWeights(start);
    model.optimizer.dispose();
    model.compile({ optimizer: new KerasAdam({ learningRate: 0.1 }) });
    const other = { onBatchEnd: jest.fn(), onEpochEnd: jest.fn() };
    const callback = decoderGalleryCallback(model, element, x, { ...OPTIONS, everySteps: 2 });
    expect(await train([callback, other])).toEqual(alone);
    expect(other.onBatchEnd).toHaveBeenCalledTimes(12);
    expect(other.onEpochEnd).toHaveBeenCalledTimes(3);
    tf.dispose(start);
  }));

test('refuses what cannot be drawn, before training or at its start', () =>
  withModel(async (model, x) => {
    const make = (...args: unknown[]) =>
      (decoderGalleryCallback as (...args: unknown[]) => unknown)(...args);
    await expect(() => make({}, element, x)).toBeRefused(
      'SAE_OPTION',
      'decoderGalleryCallback.model',
      'expected a sparse autoencoder; received {}.',
    );
    await expect(() => make(model, '#gallery', x)).toBeRefused(
      'SAE_OPTION',
      'decoderGalleryCallback.element',
      'expected an element of the page; received "#gallery".',
    );
    expect(() => make(model, null, x)).toThrow('received null.');
    await expect(() => make(model, element, [[1]])).toBeRefused(
      'SAE_DATA',
      'decoderGalleryCallback',
    );
    await expect(() => make(model, element, x, { everySteps: 0 })).toBeRefused(
      'SAE_OPTION',
      'decoderGalleryCallback.everySteps',
      'expected a positive integer; received 0.',
    );
    expect(() => make(model, element, x, { everyStep: 5 })).toThrow('Did you mean "everySteps"?');
    const wide = tf.zeros([3, 5]);
    await expect(() => make(model, element, wide)).toBeRefused(
      'SAE_SHAPE',
      'decoderGalleryCallback',
      'expected [..., 4]; received [3, 5].',
    );
    wide.dispose();
    const misshapen = decoderGalleryCallback(model, element, x);
    await expect(model.fit(x, { callbacks: misshapen })).rejects.toThrow('imageShape');
    expect(shown).toHaveLength(0);
  }));
