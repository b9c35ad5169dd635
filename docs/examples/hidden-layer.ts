/** What a hidden layer of an upscaler of pictures has learnt: `npx tsx docs/examples/hidden-layer.ts FOLDER`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { decode, encode } from 'fast-png';
import * as sae from 'gated-sae-tfjs';
import { fileSystem, useBackend } from 'gated-sae-tfjs/node';

const PACKAGE = `${__dirname}/../../node_modules/@upscalerjs/esrgan-slim`;
const SIDE = 24;

async function main(folder = 'hidden-layer') {
  mkdirSync(folder, { recursive: true });
  await useBackend('auto');

  // A model as its package brings it, and crops of the package's picture.
  const model = await tf.loadLayersModel(fileSystem(`${PACKAGE}/models/x2`));
  const { width, height, data } = decode(readFileSync(`${PACKAGE}/assets/fixture.png`));
  const rgba = tf.tensor3d(Float32Array.from(data), [height, width, 4]);
  const picture = rgba.slice([0, 0, 0], [-1, -1, 3]);
  const cornerOf = (i: number) => [(i * 37) % (height - SIDE), (i * 61) % (width - SIDE), 0];
  const crop = (_: unknown, i: number) => tf.slice(picture, cornerOf(i), [SIDE, SIDE, 3]);
  const crops = tf.stack(Array.from({ length: 400 }, crop));

  // A dictionary of its hidden layer: each place of a crop is a row.
  const layers = await sae.listLayers(model);
  const { name, shape } = layers.find((one) => one.name.startsWith('F_')) as sae.HiddenLayer;
  const rows = sae.captureActivations(model, name, crops);
  const sizes = { inputDim: shape?.at(-1) ?? 0, encodingDim: 512 };
  const dictionary = new sae.TopKSAE({ ...sizes, k: 8, seed: 1 });
  await dictionary.initDecoderBias(rows);
  dictionary.compile();
  await dictionary.fitDataset(rows, { epochs: 3, verbose: 1 });

  // What the model loses where the layer is what the dictionary makes of it.
  const some = crops.slice(0, 64);
  const targets = model.predict(some) as tf.Tensor;
  const cost = { metric: 'mse', targets, features: [0], effects: 'ablation' } as const;
  console.log(sae.spliceTable(await sae.evaluateSplice(model, name, dictionary, some, cost)));

  // Where in the picture each feature fires, in one HTML file.
  const images = { images: crops, imageShape: [SIDE, SIDE, 3], imageRange: [0, 255] } as const;
  const report = await sae.featureReport(dictionary, rows, { ...images, mapShape: [SIDE, SIDE] });
  writeFileSync(`${folder}/dashboard.html`, await sae.featureDashboard(report));

  // A picture with the feature that is most active turned up.
  const { feature } = report.features.reduce((a, b) => (a.mean > b.mean ? a : b));
  const args = { mode: 'scale', features: [feature], value: 4 } as const;
  const steered = sae.spliceSAE(model, name, dictionary, args);
  const [large] = tf.unstack(steered.predict(picture.expandDims()) as tf.Tensor4D) as [tf.Tensor3D];
  const pixels = Uint8Array.from(large.clipByValue(0, 255).dataSync());
  const [h, w] = large.shape;
  const png = encode({ width: w, height: h, channels: 3, data: pixels });
  writeFileSync(`${folder}/steered.png`, png);
  console.log(`Feature ${feature} is turned up in ${folder}/steered.png.`);
}

void main(process.argv[2]);
