// transformers.js for models in a folder of this machine. In place of onnxruntime-node, which would be fetched
// from elsewhere than npm, stands onnxruntime-web: package.json's overrides say so.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { env } from '@huggingface/transformers';

/** Has models opened from a folder, and nothing fetched or kept. */
export function useFolder(folder) {
  env.allowRemoteModels = false;
  env.localModelPath = folder;
  env.useFSCache = false;
  env.useWasmCache = false;
  const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-node'));
  env.backends.onnx.wasm.wasmPaths = `${pathToFileURL(runtime).href}/`;
}
