import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import {
  decodeKeras,
  decoderSharpness,
  encodeKeras,
  explainedVariance,
  featureReport,
  KerasAdam,
  plotDecoderGallery,
  plotFeatureGallery,
  type SAEError,
  type SAEModel,
  sparsityReport,
} from '../../src';
import { differs } from '../backends/differences';
import { disposeModel } from '../io/keras/fixture';
import { transcoded } from '../reference/transcoder';
import {
  expectClose,
  expectSame,
  expectUnitRows,
  FEATURES,
  FORMS,
  INPUT_DIM,
  named,
  rows,
  SUBJECTS,
  type Subject,
  scalars,
  stir,
  values,
} from './architecture';

const OUTPUT_DIM = 4;
const quiet = { verbose: 0 as const };
/** The two kinds of transcoders, without a skip connection and with one. */
const KINDS: { outputDim: number; skip?: true }[] = [
  { outputDim: OUTPUT_DIM },
  { outputDim: OUTPUT_DIM, skip: true },
];
/** What a transcoder can learn of such rows: something that is linear in them, and something that is not. */
const targetsFor = (x: tf.Tensor2D, width = OUTPUT_DIM): tf.Tensor2D =>
  tf.tidy(() => {
    const at = (seed: number, from: number, to: number) =>
      tf.randomNormal<tf.Rank.R2>([from, to], 0, 0.5, 'float32', seed);
    const linear = tf.matMul(x, at(21, x.shape[1], width));
    const bent = tf.matMul(tf.relu(tf.matMul(x, at(22, x.shape[1], 8))), at(23, 8, width));
    return tf.add(tf.add(linear, bent), 1);
  });

/** The code of what is thrown. */
function refusal(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as SAEError).code;
  }
  return undefined;
}

/** The codes of what a transcoder throws that is given rows alone. */
async function refusals(sae: SAEModel, x: tf.Tensor2D, bare: never): Promise<unknown[]> {
  const codes: unknown[] = [];
  for (const act of [
    () => sae.fit(x, quiet),
    () => sae.fitDataset(bare, quiet),
    () => sae.trainOnBatch(x),
    () => sae.evaluateDataset(bare),
    () => explainedVariance(sae, x),
  ]) {
    codes.push(
      await act().then(
        () => undefined,
        (error: SAEError) => error.code,
      ),
    );
  }
  return codes;
}

async function saveAndLoad(sae: SAEModel): Promise<SAEModel> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await sae.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = { ...(JSON.parse(JSON.stringify(given)) as typeof given) };
      artifacts.weightData = given.weightData as ArrayBuffer;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return (await tf.loadLayersModel(
    tf.io.fromMemory(artifacts as tf.io.ModelArtifacts),
  )) as unknown as SAEModel;
}

/** The formulas of an architecture's transcoder. */
function ofFormulas(
  { reference }: Subject,
  sae: SAEModel,
  x: tf.Tensor2D,
  y: tf.Tensor2D,
  training = true,
) {
  const { encoder, options } = sae.sae;
  return transcoded(reference, encoder.matrix, x, y, named(sae.sae), options as never, training);
}

describe.each(FORMS)('%s', (_, subject) => {
  test('of any widths, forward and backward are the formulas and their autodiff', async () => {
    const width = fc.integer({ min: 1, max: 9 });
    const batches = fc.integer({ min: 1, max: 5 });
    const ofAny = fc.property(width, width, fc.boolean(), batches, (...drawn) => {
      const [inputDim, outputDim, skip, batch] = drawn;
      const sae = subject.model({ inputDim, outputDim, skip });
      stir(sae.sae);
      tf.tidy(() => {
        const [x, y] = [rows(batch, 3, inputDim), rows(batch, 4, outputDim)];
        const variables = sae.trainableWeights.map((w) => w.read() as tf.Variable);
        const { grads } = tf.variableGrads(() => ofFormulas(subject, sae, x, y).loss, variables);
        const theirs = ofFormulas(subject, sae, x, y);
        const pass = sae.sae.forward(x, y, true);
        expectClose(pass.codes, theirs.codes);
        expectClose(pass.reconstruction, theirs.reconstruction);
        expectClose(pass.loss, theirs.loss);
        for (const [name, term] of Object.entries(pass.terms)) {
          expectClose(term, theirs.terms[name] as tf.Scalar);
        }
        const ours = sae.sae.gradientList(sae.sae.backward(pass.saved, { dLoss: 1 }));
        expect(ours).toHaveLength(variables.length);
        variables.forEach(({ name }, i) => {
          expectClose(ours[i] as tf.Tensor, grads[name] as tf.Tensor);
        });
      });
      sae.dispose();
    });
    await fc.assert(ofAny, { seed: 19, numRuns: differs('fewerProblems') ? 2 : 8 });
  });
});

describe.each(SUBJECTS)('%s', (_, subject) => {
  test('its weights, in the order of files', () => {
    const sae = subject.model({ outputDim: OUTPUT_DIM, skip: true });
    const shapes = Object.entries(named(sae.sae)).map(([name, { shape }]) => [name, shape]);
    expect(shapes[0]).toEqual([sae.sae.encoder.matrix, [INPUT_DIM, FEATURES]]);
    const decoder = shapes.findIndex(([name]) => name === 'W_dec');
    expect(shapes.slice(decoder, decoder + 3)).toEqual([
      ['W_dec', [FEATURES, OUTPUT_DIM]],
      ['b_dec', [OUTPUT_DIM]],
      ['W_skip', [INPUT_DIM, OUTPUT_DIM]],
    ]);
    expect(values(named(sae.sae)['W_skip'] as tf.Tensor).every((w) => w === 0)).toBe(true);
    expect([sae.inputDim, sae.outputDim, sae.sae.inputDim, sae.sae.outputDim]).toEqual(
      [INPUT_DIM, OUTPUT_DIM].flatMap((w) => [w]).concat([INPUT_DIM, OUTPUT_DIM]),
    );
    sae.dispose();
  });

  test.each(KINDS)('%j: all that computes rows, of any rank', async (kind) => {
    const sae = subject.model(kind);
    stir(sae.sae);
    const flat = rows(6);
    const x = tf.reshape(flat, [2, 3, INPUT_DIM]);
    const codes = sae.encode(x);
    expect(codes.shape).toEqual([2, 3, FEATURES]);
    const decoded = sae.decode(codes);
    expect(decoded.shape).toEqual([2, 3, OUTPUT_DIM]);
    const sparse = await sae.decodeSparse(await sae.encodeSparse(x));
    tf.tidy(() => expectClose(sparse, tf.reshape(decoded, [6, OUTPUT_DIM])));
    const expected = tf.tidy(() => {
      const zeros = tf.zeros<tf.Rank.R2>([6, OUTPUT_DIM]);
      const { reconstruction } = ofFormulas(subject, sae, flat, zeros, false);
      return tf.reshape(reconstruction, [2, 3, OUTPUT_DIM]);
    });
    const made = [sae.predict(x), sae.predictOnBatch(x), await sae.reconstruct(x)];
    for (const reconstruction of made) expectClose(reconstruction, expected);
    tf.dispose([x, flat, codes, decoded, sparse, expected, made]);
    sae.dispose();
  });

  const bodies = KINDS.flatMap((kind) => subject.steps.map((step) => [kind, step] as const));
  test.each(bodies)('%j learns its target, by the %s step in every method', async (kind, step) => {
    const models = [1, 2, 3].map(() => subject.model(kind)) as [SAEModel, SAEModel, SAEModel];
    for (const sae of models) {
      sae.compile({ optimizer: new KerasAdam({ learningRate: 5e-2 }), step });
    }
    const [byFit, byDataset, byBatch] = models;
    const x = rows(24);
    const y = targetsFor(x);
    const before = tf.tidy(() => byFit.sae.forward(x, y, false).loss.dataSync()[0] as number);
    expect(scalars(byFit.evaluate(x, y))[0]).toBeCloseTo(before, 3);
    const pairs = tf.data
      .zip({ xs: tf.data.array(x.arraySync()), ys: tf.data.array(y.arraySync()) } as never)
      .batch(8) as never;
    const { history } = await byFit.fit(x, y, {
      ...{ epochs: 8, batchSize: 8, shuffle: false, validationData: [x, y], ...quiet },
    });
    await byDataset.fitDataset(pairs, { epochs: 8, validationData: pairs, ...quiet });
    for (let step = 0; step < 24; step++) {
      const parts = [x, y].map((t) => tf.slice(t, (step % 3) * 8, 8)) as [tf.Tensor2D, tf.Tensor2D];
      await byBatch.trainOnBatch(...parts);
      tf.dispose(parts);
    }
    for (const other of [byDataset, byBatch]) {
      byFit.getWeights().forEach((weight, i) => {
        expectClose(other.getWeights()[i] as tf.Tensor, weight, 1e-5);
      });
    }
    const [first, last] = [history['loss']?.[0], history['loss']?.at(-1)] as [number, number];
    expect(last).toBeLessThan(first / 2);
    expectUnitRows(byFit.sae);
    const losses = scalars(byFit.evaluate(x, y));
    expect(history['val_loss']?.at(-1)).toBeCloseTo(losses[0] as number, 3);
    scalars(await byFit.evaluateDataset(pairs)).forEach((value, i) => {
      expect(value).toBeCloseTo(losses[i] as number, 3);
    });
    // By hand, in double precision.
    const share = await byFit.reconstruct(x);
    const [targets, made] = [y.arraySync(), share.arraySync()];
    const mean = (column: number) => targets.reduce((sum, row) => sum + (row[column] ?? 0), 0) / 24;
    const squares = (of: (row: number, column: number) => number) =>
      targets.flatMap((row, i) => row.map((_value, c) => of(i, c) ** 2)).reduce((a, b) => a + b, 0);
    const left = squares((i, c) => (targets[i]?.[c] ?? 0) - (made[i]?.[c] ?? 0));
    const explained = 1 - left / squares((i, c) => (targets[i]?.[c] ?? 0) - mean(c));
    expect(history['val_explained_variance']?.at(-1)).toBeCloseTo(explained, 4);
    expect(await explainedVariance(byFit, x, y)).toBeCloseTo(explained, 4);
    expect(await explainedVariance(byFit, pairs)).toBeCloseTo(explained, 4);
    expect((await sparsityReport(byFit, pairs)).l0Mean).toBeCloseTo(
      history['val_l0']?.at(-1) as number,
      5,
    );
    tf.dispose([x, y, share]);
    for (const sae of models) {
      sae.optimizer.dispose();
      sae.dispose();
    }
  });

  test.each(KINDS)('%j: saved and loaded, it goes on as if it had not been', async (kind) => {
    const sae = subject.model(kind);
    sae.compile({ optimizer: new KerasAdam({ learningRate: 1e-2 }) });
    const x = rows(8);
    const y = targetsFor(x);
    await sae.trainOnBatch(x, y);
    const again = await saveAndLoad(sae);
    expect(again.getConfig()).toEqual(sae.getConfig());
    expect(again.getConfig()).toMatchObject(kind);
    for (const model of [sae, again]) await model.trainOnBatch(x, y);
    sae.getWeights().forEach((weight, i) => {
      expectClose(again.getWeights()[i] as tf.Tensor, weight, 1e-6);
    });
    tf.dispose([x, y]);
    for (const model of [sae, again]) {
      model.optimizer.dispose();
      model.dispose();
    }
  });

  test.each(KINDS)(
    '%j: a frozen layer in a model, whose gradient is that of its formulas',
    (kind) => {
      const layer = subject.layer({ ...kind, trainable: false });
      const x = rows(5);
      const output = layer.apply(x) as tf.Tensor;
      expect(output.shape).toEqual([5, OUTPUT_DIM]);
      expect(layer.computeOutputShape([null, 7, INPUT_DIM])).toEqual([null, 7, OUTPUT_DIM]);
      stir(layer);
      tf.tidy(() => {
        const c = rows(5, 6, OUTPUT_DIM);
        const ours = tf.grad((input) => tf.sum(tf.mul(layer.call(input, { training: true }), c)))(
          x,
        );
        const theirs = tf.grad((input) => {
          const { encoder, options } = layer;
          const { reconstruction } = transcoded(
            ...([subject.reference, encoder.matrix, input as tf.Tensor2D, c] as const),
            ...([named(layer), options as never, false] as const),
          );
          return tf.sum(tf.mul(reconstruction, c));
        })(x);
        expectClose(ours, theirs);
      });
      tf.dispose([x, output]);
      layer.dispose();
    },
  );

  test('a layer that somebody else is to train is refused, and so is a target of another form', async () => {
    const layer = subject.layer({ outputDim: OUTPUT_DIM, inputShape: [INPUT_DIM] });
    const model = tf.sequential({ layers: [layer] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const [x, y] = [rows(4), rows(4, 2, OUTPUT_DIM)];
    await expect(model.trainOnBatch(x, y)).rejects.toThrow('SAE_STATE');
    model.dispose();

    const sae = subject.model({ outputDim: OUTPUT_DIM });
    sae.compile({ optimizer: 'sgd', step: 'tensor' });
    const [wide, few] = [rows(4), rows(3, 2, OUTPUT_DIM)];
    const bare = tf.data.array(x.arraySync()).batch(2) as never;
    expect(await refusals(sae, x, bare)).toEqual(new Array(5).fill('SAE_DATA'));
    expect(refusal(() => sae.evaluate(x))).toBe('SAE_DATA');
    for (const other of [wide, few]) {
      expect(refusal(() => sae.evaluate(x, other))).toBe('SAE_SHAPE');
      await expect(sae.fit(x, other, quiet)).rejects.toThrow('SAE_SHAPE');
      await expect(sae.trainOnBatch(x, other)).rejects.toThrow('SAE_SHAPE');
      await expect(explainedVariance(sae, x, other)).rejects.toThrow('SAE_SHAPE');
      await expect(sae.fit(x, y, { validationData: [x, other], ...quiet })).rejects.toThrow(
        'SAE_SHAPE',
      );
    }
    tf.dispose([x, y, wide, few]);
    sae.dispose();
  });

  test('of equal widths it is a transcoder too, where outputDim or skip says so', async () => {
    const kinds = [{ outputDim: INPUT_DIM }, { skip: true }].map((kind) => subject.model(kind));
    const x = rows(4);
    for (const sae of kinds) {
      sae.compile();
      expect([sae.isTranscoder, sae.outputDim]).toEqual([true, INPUT_DIM]);
      await expect(sae.fit(x, quiet)).rejects.toThrow('SAE_DATA');
      stir(sae.sae);
      // Its codes do not know of b_dec.
      tf.tidy(() => {
        const before = sae.encode(x);
        sae.sae.bDec.write(tf.ones([INPUT_DIM]));
        expectClose(sae.encode(x), before);
      });
      sae.dispose();
    }
    const plain = subject.model();
    expect([plain.isTranscoder, plain.outputDim]).toEqual([false, INPUT_DIM]);
    expect(Object.keys(plain.getConfig())).not.toContain('outputDim');
    expect(Object.keys(plain.sae.getConfig())).not.toContain('skip');
    x.dispose();
    plain.dispose();
  });

  test.each(KINDS)(
    '%j: .keras files, as a model and as a layer in one, or a refusal',
    async (kind) => {
      const sae = subject.model(kind);
      stir(sae.sae);
      const layer = subject.layer({ ...kind, trainable: false, inputShape: [INPUT_DIM] });
      const model = tf.sequential({ layers: [layer] });
      for (const one of [sae, model]) {
        if (subject.name === 'gated') {
          // Python's class is that of another package.
          await expect(encodeKeras(one)).rejects.toThrow(/SAE_UNSUPPORTED.*autoencoder/);
        } else {
          const again = await decodeKeras(await encodeKeras(one));
          const x = rows(3);
          tf.tidy(() => expectSame(again.predict(x) as tf.Tensor, one.predict(x) as tf.Tensor));
          x.dispose();
          disposeModel(again);
        }
        one.dispose();
      }
    },
  );

  test('initDecoderBias sets b_dec to the mean of the targets', async () => {
    const sae = subject.model({ outputDim: OUTPUT_DIM });
    const [x, y] = [rows(9), rows(9, 2, OUTPUT_DIM)];
    const mean = tf.mean(y, 0);
    const of = (t: tf.Tensor2D) => tf.data.array(t.arraySync());
    const pairs = tf.data.zip({ xs: of(x), ys: of(y) } as never).batch(4);
    for (const source of [y, of(y).batch(4), pairs]) {
      tf.tidy(() => void sae.sae.bDec.write(tf.zerosLike(mean)));
      await sae.initDecoderBias(source as never);
      expectClose(sae.sae.bDec.read(), mean, 1e-6);
    }
    await expect(sae.initDecoderBias(x)).rejects.toThrow('SAE_SHAPE');
    tf.dispose([x, y, mean]);
    sae.dispose();
  });

  test('reports and galleries of what it makes of rows', async () => {
    const sae = subject.model({ outputDim: OUTPUT_DIM });
    stir(sae.sae);
    const x = rows(20);
    const report = await featureReport(sae, x);
    expect(report.model).toMatchObject({ inputDim: INPUT_DIM, outputDim: OUTPUT_DIM });
    const wDec = sae.sae.wDec.read().arraySync() as number[][];
    report.features.forEach(({ largestWeights = [], neighbours }, feature) => {
      const row = wDec[feature] as number[];
      expect(largestWeights).toHaveLength(OUTPUT_DIM);
      for (const { dimension, weight } of largestWeights) expect(weight).toBe(row[dimension]);
      const [nearest] = neighbours;
      const other = wDec[nearest?.feature as number] as number[];
      const dot = row.reduce((sum, w, i) => sum + w * (other[i] ?? 0), 0);
      expect(nearest?.cosine).toBeCloseTo(dot / Math.hypot(...row) / Math.hypot(...other), 5);
    });
    expect((await decoderSharpness(sae)).perFeature).toHaveLength(FEATURES);
    const codes = await sae.encodeSparse(x);
    const figure = await plotDecoderGallery(sae, codes, { topN: 2, imageShape: [2, 2] });
    expect(figure.toSVG()).toContain('<svg');
    const labels = new Array(20).fill(0);
    const refused = { code: 'SAE_OPTION' };
    await expect(featureReport(sae, x, { imageShape: [2, 3] })).rejects.toMatchObject(refused);
    await expect(
      plotFeatureGallery(sae, codes, x, labels, ['a'], { imageShape: [2, 3] }),
    ).rejects.toMatchObject(refused);
    x.dispose();
    sae.dispose();
  });
});
