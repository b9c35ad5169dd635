// Loads a .keras file as often as it is asked to: a contestant of its own, in the terms of
// python-interop/bench/answers.py. Of the package as it is published, in plain Node.
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import tf from '@tensorflow/tfjs';
import wasm from '@tensorflow/tfjs-backend-wasm';
import { kerasArchive } from 'gated-sae-tfjs';

const [file, backend] = process.argv.slice(2);
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const peakBytes = () => process.resourceUsage().maxRSS * 1024;

tf.enableProdMode();
const folder = dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')));
wasm.setWasmPaths(`${folder}/`);
await tf.setBackend(backend);
say({ versions: {}, bytes: peakBytes() });
for await (const line of createInterface({ input: process.stdin })) {
  const milliseconds = [];
  let values = 0;
  for (let i = 0; i < JSON.parse(line).steps; i++) {
    const start = performance.now();
    const model = await tf.loadLayersModel(kerasArchive(file));
    milliseconds.push(performance.now() - start);
    const state = await model.optimizer.getWeights();
    const tensors = [...model.getWeights(), ...state.map(({ tensor }) => tensor)];
    values = tensors.reduce((sum, { size }) => sum + size, 0);
    model.dispose();
    model.optimizer.dispose();
  }
  say({ milliseconds, loss: values, bytes: peakBytes() });
}
