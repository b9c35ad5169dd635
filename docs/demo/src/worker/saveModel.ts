import * as tf from '@tensorflow/tfjs-core';
import { encodeKeras, type SAEModel } from 'gated-sae-tfjs';
import type { SavedFile, SaveFormat } from '../protocol';

const BYTES = 'application/octet-stream';
const WEIGHTS = 'model.weights.bin';

/** The model as it is now, with its optimizer's state, as files. */
export async function saveModel(
  model: SAEModel,
  format: Exclude<SaveFormat, 'dashboard'>,
): Promise<SavedFile[]> {
  if (format === 'keras') {
    return [{ name: 'dictionary.keras', type: BYTES, bytes: await encodeKeras(model) }];
  }
  const files: SavedFile[] = [];
  const intoFiles = async (artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> => {
    const { weightSpecs, weightData, ...described } = artifacts;
    const weightsManifest = [{ paths: [`./${WEIGHTS}`], weights: weightSpecs }];
    const json = JSON.stringify({ ...described, weightsManifest });
    const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
    files.push(
      { name: 'model.json', type: 'application/json', bytes: new TextEncoder().encode(json) },
      { name: WEIGHTS, type: BYTES, bytes },
    );
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  };
  await model.save(tf.io.withSaveHandler(intoFiles));
  return files;
}
