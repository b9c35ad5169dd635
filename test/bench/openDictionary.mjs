// Prints how long a dictionary takes to open, in milliseconds, as JSON: openDictionary.mjs FOLDER BACKEND.
// Of the package as it is published, in plain Node: python-interop/bench/read_safetensors.py is its peer.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import tf from '@tensorflow/tfjs';
import wasm from '@tensorflow/tfjs-backend-wasm';
import { loadSAE } from 'gated-sae-tfjs';

const ROUNDS = 3;
const [folder, backend] = process.argv.slice(2);

tf.enableProdMode();
const wasmFiles = dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')));
wasm.setWasmPaths(`${wasmFiles}/`);
await tf.setBackend(backend);
const times = [];
for (let round = 0; round <= ROUNDS; round++) {
  const start = performance.now();
  const sae = await loadSAE(folder);
  // The first time is the compiler's.
  if (round > 0) times.push(performance.now() - start);
  sae.dispose();
}
console.log(JSON.stringify(times));
