// What somebody does with the package in Node: train, save, load, open a .keras file, draw.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @returns what has to be so, by name: true or false for each. */
export async function story({ tf, main, files, wasm }, kerasFile) {
  const backend = wasm === undefined ? 'cpu' : 'wasm';
  await tf.setBackend(backend);
  const folder = await mkdtemp(join(tmpdir(), 'gated-sae-story-'));
  try {
    const x = tf.randomUniform([512, 32], 0, 1, 'float32', 1);
    const sae = new main.GatedSAE({ inputDim: 32, encodingDim: 128, seed: 1 });
    await sae.initDecoderBias(x);
    sae.compile({ optimizer: new main.KerasAdam({ learningRate: 1e-3 }), threads: 2 });
    const { history } = await sae.fit(x, { epochs: 3, batchSize: 64, verbose: 0 });
    await sae.save(files.fileSystem(folder));
    const again = await tf.loadLayersModel(`file://${folder}/model.json`);
    const python = await tf.loadLayersModel(main.kerasArchive(kerasFile));
    await sae.save(main.kerasArchive(join(folder, 'sae.keras')));
    const back = await tf.loadLayersModel(main.kerasArchive(join(folder, 'sae.keras')));
    const codes = sae.encode(x);
    const gallery = await main.plotDecoderGallery(sae, codes, { imageShape: [4, 8] });
    const png = await gallery.toPNG();
    const same = (model) => tf.tidy(() => model.encode(x).sub(codes).abs().max().dataSync()[0]);
    const { step, threads } = sae.stepTaken;
    return {
      backend: tf.getBackend() === backend,
      'sparse step on two threads': step === 'sparse' && threads === 2,
      'the loss falls': history.loss[2] < history.loss[0],
      'loaded, it is a GatedSAE': again instanceof main.GatedSAE,
      'loaded, it encodes alike': same(again) === 0,
      'Python’s file is a GatedSAE': python instanceof main.GatedSAE,
      'through a .keras file it encodes alike': same(back) === 0,
      'a PNG is drawn': String(png.slice(1, 4)) === '80,78,71' && png.length > 1000,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
