// Makes a feature report, or only the codes that it is made of, as often as it is asked to: a
// contestant of its own, in the terms of python-interop/bench/answers.py. Of the package as it is
// published, in plain Node.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import tf from '@tensorflow/tfjs';
import wasm from '@tensorflow/tfjs-backend-wasm';
import { featureReport } from 'gated-sae-tfjs';
import 'gated-sae-tfjs/node';

const [what, folder, file, backend] = process.argv.slice(2);
const WIDTH = 784;
const BATCH = 512;
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const peakBytes = () => process.resourceUsage().maxRSS * 1024;

tf.enableProdMode();
const wasmFiles = dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')));
wasm.setWasmPaths(`${wasmFiles}/`);
await tf.setBackend(backend);
const model = await tf.loadLayersModel(`${pathToFileURL(folder)}/model.json`);
// An image's bytes and its label, one after another.
const images = readFileSync(file);
const rows = images.length / (WIDTH + 1);
const labels = Uint8Array.from({ length: rows }, (_, row) => images[row * (WIDTH + 1) + WIDTH]);

function batch(start) {
  const size = Math.min(BATCH, rows - start);
  const values = new Float32Array(size * WIDTH);
  for (let row = 0; row < size; row++) {
    const at = (start + row) * (WIDTH + 1);
    for (let i = 0; i < WIDTH; i++) values[row * WIDTH + i] = images[at + i] / 255;
  }
  return tf.tensor2d(values, [size, WIDTH]);
}

/** The images as rows, a batch at a time. */
const data = {
  iterator: () => {
    let start = -BATCH;
    return {
      next: async () => {
        start += BATCH;
        return start < rows ? { value: batch(start), done: false } : { value: null, done: true };
      },
    };
  },
};

const tasks = {
  async report() {
    const report = await featureReport(model, data, { labels, imageShape: [28, 28] });
    return report.l0.mean;
  },
  async codes() {
    let codes = 0;
    for (let start = 0; start < rows; start += BATCH) {
      const x = batch(start);
      codes += (await model.encodeSparse(x)).indices.length;
      x.dispose();
    }
    return codes / rows;
  },
};

say({ versions: {}, bytes: peakBytes() });
for await (const line of createInterface({ input: process.stdin })) {
  const milliseconds = [];
  let loss = 0;
  for (let i = 0; i < JSON.parse(line).steps; i++) {
    const start = performance.now();
    loss = await tasks[what]();
    milliseconds.push(performance.now() - start);
  }
  say({ milliseconds, loss, bytes: peakBytes() });
}
