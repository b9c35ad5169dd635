import type * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import {
  ARCHITECTURES,
  inspectKeras,
  kerasArchive,
  loadSAE,
  SAEError,
  type SAEModel,
} from 'gated-sae-tfjs';
import { allFinite } from '../../../../src/math/finite';
import { PIXELS } from '../images';
import { noDictionary, otherWidth, weightsNotFinite, wrongFiles } from './refusals';
import { readModelJson, withWeights } from './tfjsFiles';

/** Files of tensors that dictionaries of other libraries are in. */
const OTHERS = /\.(safetensors|npz|pt|pth)$/i;

/**
 * Opens a model from files that somebody has chosen or dropped. What they hold is looked at before
 * memory is taken for it.
 *
 * @returns the model; the caller disposes it, and its optimizer.
 * @throws SAEError for files that hold no dictionary of these images.
 */
export async function openModel(files: readonly File[]): Promise<SAEModel> {
  const [keras, ...others] = files.filter(({ name }) => name.endsWith('.keras'));
  if (others.length > 0) throw wrongFiles('the files', `${others.length + 1} .keras files`);
  if (keras !== undefined) return openKeras(keras);
  return files.some(({ name }) => OTHERS.test(name)) ? openOthers(files) : openTfjs(files);
}

/** What SAELens and others have saved: the library finds out which it is. */
async function openOthers(files: readonly File[]): Promise<SAEModel> {
  const [only] = files;
  const model = await loadSAE(files.length === 1 && only ? only : files);
  const { inputDim, outputDim } = model;
  if (inputDim === PIXELS && outputDim === PIXELS) return model;
  model.dispose();
  throw otherWidth(
    files.map(({ name }) => name).join(', '),
    inputDim === PIXELS ? outputDim : inputDim,
  );
}

async function openKeras(file: File): Promise<SAEModel> {
  const { className, options } = await inspectKeras(file);
  checkKind(file.name, className, options?.['input_dim']);
  return load(file.name, async () => kerasArchive(file));
}

async function openTfjs(files: readonly File[]): Promise<SAEModel> {
  const described = await readModelJson(files);
  checkKind(described.file, described.className, described.config['input_dim']);
  // Of a .keras file the library makes sure itself.
  const model = await load(described.file, () => withWeights(described, files));
  if (model.getWeights().every(allFinite)) return model;
  disposeModel(model);
  throw weightsNotFinite(described.file);
}

/** Disposes a model and its optimizer, which tfjs leaves. */
export function disposeModel(model: SAEModel): void {
  model.optimizer?.dispose();
  model.dispose();
}

/** @throws SAE_UNSUPPORTED for a model of another kind, SAE_SHAPE for one of other data. */
function checkKind(file: string, className: string | null, inputDim: unknown): void {
  const known = Object.values(ARCHITECTURES).map(({ model }) => model.className);
  if (className === null || !known.includes(className)) throw noDictionary(file, className, known);
  if (inputDim !== PIXELS) throw otherWidth(file, inputDim);
}

async function load(file: string, handler: () => Promise<tf.io.IOHandler>): Promise<SAEModel> {
  try {
    return (await loadLayersModel(await handler())) as SAEModel;
  } catch (error) {
    if (error instanceof SAEError) throw error;
    throw wrongFiles(file, `one of which tfjs says: ${(error as Error).message}`, error);
  }
}
