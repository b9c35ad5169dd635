import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { SAEModel } from '../../../src';
import type { Dtype } from '../../../src/io/bytes/dtypes';
import type { ByteSource } from '../../../src/io/bytes/source';
import { bytesSource } from '../../../src/io/bytes/source';
import { float32From } from '../../../src/io/bytes/values';
import { readHdf5 } from '../../../src/io/hdf5/read';
import { parsePythonJson } from '../../../src/io/keras/pythonJson';
import { memberSource, readMember, zipMembers } from '../../../src/io/zip/read';

/** What python-interop/make_keras_files.py has written. */
export const FIXTURES = join(__dirname, 'fixtures');
/** One folder for each release of Keras; and `shared`, which another script of theirs has written. */
export const FOLDERS = readdirSync(FIXTURES).filter((name) => name !== 'hostile');
export const NEWEST = join(FIXTURES, 'keras-3.15');

export interface ArrayJSON {
  shape: number[];
  dtype: string;
  base64: string;
}

/** What Keras computes from a file, and the arrays that h5py finds in it. */
export interface Expected {
  keras: string;
  arrays: Record<string, ArrayJSON>;
  inputs: ArrayJSON[];
  /** The keys of inputs or outputs that are a dictionary, in the order of the arrays. */
  input_names?: string[];
  output_names?: string[];
  /** Two more steps of training, and the arrays after them. */
  resume?: { batches: ArrayJSON[]; arrays_after: Record<string, ArrayJSON> };
  outputs: ArrayJSON[];
}

export const filesIn = (folder: string, ending = '.keras'): string[] =>
  readdirSync(folder).filter((name) => name.endsWith(ending));

export const expectedOf = (file: string): Expected =>
  JSON.parse(readFileSync(file.replace(/(\.weights\.h5|\.keras)$/, '.json'), 'utf8')) as Expected;

export const bytesOf = ({ base64 }: ArrayJSON): Uint8Array =>
  Uint8Array.from(Buffer.from(base64, 'base64'));

/** The caller disposes it. */
export function tensorOf(array: ArrayJSON): tf.Tensor {
  const dtype = array.dtype.startsWith('int') ? 'int32' : 'float32';
  const values = float32From(array.dtype as Dtype, bytesOf(array));
  return tf.tensor(Array.from(values), array.shape, dtype);
}

/** Disposes a model's weights: tfjs's own dispose leaves what layers of nested models share. */
export function disposeModel(model: tf.LayersModel): void {
  if (model instanceof SAEModel) model.dispose();
  else for (const weight of new Set(model.weights)) weight.dispose();
  model.optimizer?.dispose();
}

interface LayerConfig {
  class_name: string;
  registered_name?: string | null;
  name?: string;
  config: {
    name: string;
    layers?: LayerConfig[];
    layer?: LayerConfig;
    backward_layer?: LayerConfig;
    go_backwards?: boolean;
    input_layers?: unknown;
    output_layers?: unknown;
  };
}

/** Older releases write a list of one where there is one input or output. */
const alone = (ends: unknown): unknown =>
  Array.isArray(ends) && ends.length === 1 ? ends[0] : ends;

/** What a model is made of, in the order in which Keras has it. */
export async function outlineOf(archive: Uint8Array): Promise<unknown> {
  const source = bytesSource(archive);
  const member = (await zipMembers(source)).find(({ name }) => name === 'config.json');
  if (member === undefined) throw new Error('no configuration');
  const bytes = await readMember(source, member, 2 ** 20);
  const outline = ({ class_name, registered_name = null, config }: LayerConfig): unknown => ({
    class_name,
    // Older releases leave it out where it is Keras's own.
    registered_name: registered_name === class_name ? null : registered_name,
    name: config.name,
    layers: config.layers
      ?.filter((layer) => !['NotEqual', 'Any'].includes(layer.class_name))
      .map(outline),
    inside: [config.layer, config.backward_layer].map((one) => one && outline(one)),
    goBackwards: config.go_backwards,
    ends: [config.input_layers, config.output_layers].map(alone),
  });
  return outline(parsePythonJson(bytes) as unknown as LayerConfig);
}

/** Every array of an archive as its bytes in the file, by path, with its dtype. */
export async function arraysOf(archive: Uint8Array): Promise<Map<string, [string, Uint8Array]>> {
  const source = bytesSource(archive);
  const member = (await zipMembers(source)).find(({ name }) => name === 'model.weights.h5');
  if (member === undefined) throw new Error('no weights');
  return arraysIn(await memberSource(source, member));
}

export async function arraysIn(weights: ByteSource): Promise<Map<string, [string, Uint8Array]>> {
  const { datasets } = await readHdf5(weights);
  const arrays = new Map<string, [string, Uint8Array]>();
  for (const [path, { dtype, offset, bytes }] of datasets) {
    arrays.set(path, [dtype, await weights.read(offset, bytes)]);
  }
  return arrays;
}

/** The largest difference of two arrays, in units of the second's largest value above 1. */
export function apart(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  let scale = 1;
  for (let i = 0; i < ours.length; i++) {
    const difference = Math.abs((ours[i] as number) - (theirs[i] as number));
    if (!(difference <= most)) most = difference;
    scale = Math.max(scale, Math.abs(theirs[i] as number));
  }
  return most / scale;
}
