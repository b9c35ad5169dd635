import * as tf from '@tensorflow/tfjs';
import { GatedSAE, KerasAdam } from 'gated-sae-tfjs';

await tf.setBackend('cpu');
const sae = new GatedSAE({ inputDim: 16, encodingDim: 64 });
sae.compile({ optimizer: new KerasAdam(), threads: 2 });
const [loss] = await sae.trainOnBatch(tf.randomUniform([64, 16]));
self.postMessage({ loss, ...sae.stepTaken });
