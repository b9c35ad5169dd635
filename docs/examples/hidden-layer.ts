/**
 * What a hidden layer of an upscaler of pictures has learnt: `npx tsx docs/examples/hidden-layer.ts [FOLDER]`
 * writes its dashboard and a steered picture, and prints what the dictionary costs the model.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { decode, encode } from 'fast-png';
import * as sae from 'gated-sae-tfjs';
import { fileSystem, useBackend } from 'gated-sae-tfjs/node';

async function main() {
  await useBackend('auto');
  const [, , folder = 'hidden-layer'] = process.argv;
  mkdirSync(folder, { recursive: true });

  // A model as its npm package brings it, and crops of the package's picture, 24 × 24 pixels each.
  const upscaler = join(dirname(require.resolve('@upscalerjs/esrgan-slim')), '../../../../..');
  const model = await tf.loadLayersModel(fileSystem(join(upscaler, 'models/x2')));
  const { width, height, channels, data } = decode(
    readFileSync(join(upscaler, 'assets/fixture.png')),
  );
  const picture = tf
    .tensor3d(Float32Array.from(data), [height, width, channels])
    .slice([0, 0, 0], [-1, -1, 3]);
  const side = 24;
  const crops = tf.stack(
    Array.from({ length: 400 }, (_, i) => {
      const at = [(i * 37) % (height - side), (i * 61) % (width - side), 0];
      return tf.slice(picture, at, [side, side, 3]);
    }),
  );

  // Its hidden layer: each place of a crop is a row.
  const layers = await sae.listLayers(model);
  const layer = layers.find(({ name }) => name.startsWith('F_'))?.name as string;
  const rows = sae.captureActivations(model, layer, crops);
  const inputDim = layers.find(({ name }) => name === layer)?.shape?.at(-1) as number;
  const dictionary = new sae.TopKSAE({ inputDim, encodingDim: 8 * inputDim, k: 8, seed: 1 });
  await dictionary.initDecoderBias(rows);
  dictionary.compile();
  await dictionary.fitDataset(rows, { epochs: 3, verbose: 1 });

  // What the model loses where the layer is what the dictionary makes of it.
  const some = crops.slice([0, 0, 0, 0], [64, -1, -1, -1]);
  const targets = model.predict(some) as tf.Tensor;
  const args = { metric: 'mse', targets, features: [0], effects: 'ablation' } as const;
  console.log(sae.spliceTable(await sae.evaluateSplice(model, layer, dictionary, some, args)));

  // Where in the picture each feature fires, in one HTML file.
  const images = { images: crops, imageShape: [side, side, 3], imageRange: [0, 255] } as const;
  const report = await sae.featureReport(dictionary, rows, { ...images, mapShape: [side, side] });
  writeFileSync(join(folder, 'dashboard.html'), await sae.featureDashboard(report));

  // The picture with the feature that fires strongest turned up.
  const { feature } = report.features.reduce((a, b) => (a.max > b.max ? a : b));
  const steered = sae.spliceSAE(model, layer, dictionary, {
    mode: 'scale',
    features: [feature],
    value: 4,
  });
  const output = tf.tidy(() =>
    (steered.predict(picture.expandDims(0)) as tf.Tensor4D)
      .squeeze([0])
      .clipByValue(0, 255)
      .toInt(),
  );
  const [h, w] = output.shape as [number, number];
  writeFileSync(
    join(folder, 'steered.png'),
    encode({
      width: w,
      height: h,
      channels: 3,
      depth: 8,
      data: Uint8Array.from(output.dataSync()),
    }),
  );
  console.log(
    `${folder}/dashboard.html, and feature ${feature} turned up in ${folder}/steered.png`,
  );
}

void main();
