/**
 * Real MiniLMs: a layer captured, a dictionary trained on it, put back and steered by.
 *
 * @jest-environment ./test/setup/onnxruntime.cjs
 */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import {
  captureActivations,
  type HiddenRows,
  KerasAdam,
  onnxModel,
  ReluSAE,
  type SAEModel,
  type SpliceArgs,
  spliceSAE,
  steerable,
  TopKSAE,
} from '../../src';
import { ort, runOf } from '../io/onnx/runtime';
import {
  difference,
  eachMiniLM,
  floats,
  type Known,
  LAYER,
  laidOut,
  WIDTH,
  WITHIN,
} from './minilm';

const laid = laidOut();

/** Its inputs as tensors of tfjs, which the caller disposes. */
const inputsOf = ({ inputs }: Known): tf.NamedTensorMap =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, values }]) => [
      name,
      tf.tensor([...values], [...shape], 'int32'),
    ]),
  );
const maskOf = (inputs: unknown) =>
  tf.clone((inputs as tf.NamedTensorMap)['attention_mask'] as tf.Tensor);

/** A dictionary whose codes hold a row's positive and negative part: it gives each row back, bit for bit. */
function identity(): ReluSAE {
  const sae = new ReluSAE({ inputDim: WIDTH, encodingDim: 2 * WIDTH });
  tf.tidy(() => {
    const both = tf.concat([tf.eye(WIDTH), tf.neg(tf.eye(WIDTH))], 1);
    for (const [name, variable] of sae.sae.namedWeights) {
      if (name === 'W_enc') variable.write(both);
      else if (name === 'W_dec') variable.write(tf.transpose(both));
      else variable.write(tf.zeros(variable.shape as number[]));
    }
  });
  return sae;
}

/** The share of the rows' variance that a dictionary misses. */
const unexplained = (sae: SAEModel, rows: tf.Tensor2D) =>
  tf.tidy(() => {
    const error = tf.sum(tf.square(tf.sub(rows, sae.decode(sae.encode(rows)))));
    const all = tf.sum(tf.square(tf.sub(rows, tf.mean(rows, 0))));
    return tf.div(error, all).dataSync()[0] as number;
  });

/** Rows that are captured, in one; the caller disposes them. */
async function collected(rows: HiddenRows): Promise<tf.Tensor2D> {
  const iterator = await rows.iterator();
  const batches: tf.Tensor2D[] = [];
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    batches.push(next.value.xs);
  }
  const all = tf.concat2d(batches, 0);
  tf.dispose(batches);
  return all;
}

eachMiniLM(laid, 'a layer is captured, trained on and spliced', async (model, known) => {
  const layer = LAYER[model];
  const path = laid.pathOf(model);
  const host = await onnxModel(path, { ort });
  const inputs = inputsOf(known);
  // The range of 8 bits is that of all that goes through together: in another batch other values are rounded.
  const batchSize = model === 'l3-quantised' ? known.sentences.length : 3;
  const rows = captureActivations(host, layer, inputs, {
    mask: maskOf,
    batchSize,
    rowsPerBatch: 16,
  });
  const xs = await collected(rows);
  // Python's rows, without those of padding.
  const mask = known.inputs['attention_mask']?.values ?? [];
  const all = laid.values(model).get(layer) ?? new Float32Array();
  const kept = mask.flatMap((on, i) => (on ? [...all.subarray(i * WIDTH, (i + 1) * WIDTH)] : []));
  expect(xs.shape).toEqual([mask.reduce((sum, on) => sum + on, 0), WIDTH]);
  expect(difference(xs.dataSync(), kept)).toBeLessThan(WITHIN[model]);

  const sae = new TopKSAE({ inputDim: WIDTH, encodingDim: 64, k: 8, seed: 1 });
  const optimizer = new KerasAdam({ learningRate: 3e-3 });
  sae.compile({ optimizer });
  expect(unexplained(sae, xs)).toBeGreaterThan(0.9);
  await sae.fitDataset(rows, { epochs: 20, verbose: 0 });
  expect(unexplained(sae, xs)).toBeLessThan(0.2);

  /** Its outputs that are floats. */
  const outputsOf = async (results: Promise<tf.Tensor[]>): Promise<Float32Array[]> => {
    const tensors = await results;
    const values = known.outputs.map((output) => {
      const tensor = tensors[host.outputNames.indexOf(output)] as tf.Tensor;
      return Float32Array.from(tensor.dataSync());
    });
    tf.dispose(tensors);
    return values;
  };
  const spliced = (dictionary: SAEModel, args?: SpliceArgs) =>
    outputsOf(spliceSAE(host, layer, dictionary, args).predict(inputs));
  const differences = (a: Float32Array[], b: Float32Array[]) =>
    a.map((values, i) => difference(values, b[i] as Float32Array));
  const untouched = await runOf(readFileSync(path), known.inputs, known.outputs);
  const plain = known.outputs.map((name) => floats(untouched[name]));
  expect(differences(await outputsOf(host.run(inputs)), plain)).toEqual(plain.map(() => 0));

  // The layer's values are the same bits. In l6 onnxruntime fuses nodes across the cut, which rounds otherwise.
  const most = model === 'l6' ? 2e-6 : 0;
  const exact = identity();
  for (const values of [await spliced(exact), await spliced(sae, { mode: 'scale', value: 1 })]) {
    for (const off of differences(values, plain)) expect(off).toBeLessThanOrEqual(most);
  }

  // A feature that is added is its direction in the file.
  const feature = 3;
  const moved = await spliced(sae, { mode: 'add', features: [feature], value: 4 });
  for (const off of differences(moved, plain)) expect(off).toBeGreaterThan(0.05);
  const direction = tf.tidy(() => tf.mul(tf.gather(sae.sae.read('W_dec'), feature), 4).dataSync());
  const file = await steerable(path, layer, { vector: direction as Float32Array });
  const steered = await runOf(file, known.inputs, known.outputs);
  const inFile = known.outputs.map((name) => floats(steered[name]));
  for (const off of differences(moved, inFile)) expect(off).toBeLessThan(WITHIN[model]);

  xs.dispose();
  tf.dispose(inputs);
  exact.dispose();
  optimizer.dispose();
  sae.dispose();
  await host.dispose();
});
