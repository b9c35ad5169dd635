/** Opens a language model's folder, as export_llama.py writes it. */
import * as tf from '@tensorflow/tfjs';
import { Llama, type LlamaConfig } from './llama';

/**
 * Reads a file of the folder: in Node `(name) => readFile(join(folder, name))`, in a page
 * `async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer())`.
 */
export type ReadFile = (name: string) => Promise<Uint8Array>;

interface ModelFile {
  readonly format?: string;
  readonly userDefinedMetadata: LlamaConfig;
  readonly weightsManifest: tf.io.WeightsManifestConfig;
}

/**
 * Reads a model, its weights float16 or float32, as float32.
 *
 * @param onProgress called with the share of the files that has been read, from 0 to 1
 * @throws Error for a folder of something else.
 */
export async function loadLlama(
  read: ReadFile,
  onProgress: (share: number) => void = () => {},
): Promise<Llama> {
  const text = new TextDecoder().decode(await read('model.json'));
  const { format, userDefinedMetadata, weightsManifest } = JSON.parse(text) as ModelFile;
  if (format !== 'llama') {
    throw new Error('This is no language model. Run npm run examples:setup, and give its folder.');
  }
  const files = weightsManifest.flatMap(({ paths }) => paths);
  let done = 0;
  const load = tf.io.weightsLoaderFactory(async (paths) => {
    const buffers: ArrayBuffer[] = [];
    for (const path of paths) {
      const bytes = await read(path);
      buffers.push(bytes.slice().buffer);
      onProgress(++done / files.length);
    }
    return buffers;
  });
  return new Llama(userDefinedMetadata, await load(weightsManifest));
}
