// Saves a model into a folder and as an archive, again and again, until somebody kills it.
import * as tf from '@tensorflow/tfjs';
import { GatedSAE, kerasArchive } from '../../dist/index.mjs';
import { fileSystem } from '../../dist/node.mjs';

const root = process.argv[2];
tf.enableProdMode();
await tf.setBackend('cpu');
const sae = new GatedSAE({ inputDim: 64, encodingDim: 1024, seed: 1 });
for (;;) {
  await sae.save(fileSystem(`${root}/folder`));
  await sae.save(kerasArchive(`${root}/sae.keras`));
  process.stdout.write('saved\n');
}
