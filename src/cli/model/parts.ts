import * as tf from '@tensorflow/tfjs-core';
import { joined } from '../../bytes';
import { weightsNotFinite } from '../../errors';
import { float32From } from '../../io/bytes/values';
import { weightGroups } from '../../io/files/manifest';
import { nonFinite } from '../../io/keras/arrays';
import { TABLE, tfjsEntry } from '../../io/keras/layerTable';
import { piecesOf } from '../../io/keras/storedTensors';

type Artifacts = tf.io.ModelArtifacts;
type Spec = tf.io.WeightsManifestEntry;

/** One tensor of a model, and its bytes, in one or several pieces. */
interface Part {
  readonly spec: Spec;
  readonly pieces: readonly Uint8Array[];
}

/** Yields every tensor of a model: its weights, and its optimizer's state. */
function* partsOf({ weightSpecs = [], weightData = [] as never }: Artifacts): Generator<Part> {
  const buffers = Array.isArray(weightData) ? weightData : [weightData];
  let start = 0;
  for (const spec of weightSpecs) {
    const end = start + bytesOf(spec);
    yield { spec, pieces: piecesOf(buffers, start, end) };
    start = end;
  }
}

const bytesOf = (spec: Spec) => weightGroups([{ paths: [], weights: [spec] }])[0]?.bytes ?? 0;

const isState = ({ group }: Spec) => group === 'optimizer';

/** Returns the same model as if it had never been compiled. */
export function withoutTraining(artifacts: Artifacts): Artifacts {
  const { trainingConfig: _, ...rest } = artifacts;
  if (!artifacts.weightSpecs?.some(isState)) return rest;
  const weights = [...partsOf(artifacts)].filter(({ spec }) => !isState(spec));
  const pieces = weights.flatMap((part) => part.pieces);
  return {
    ...rest,
    weightSpecs: weights.map(({ spec }) => spec),
    weightData: pieces.map((piece) => piece.slice().buffer as ArrayBuffer),
  };
}

/** Returns a model's optimizer; undefined if it was not compiled. */
export function optimizerOf(artifacts: Artifacts) {
  const { class_name: className } = (artifacts.trainingConfig?.optimizer_config ?? {}) as {
    class_name?: unknown;
  };
  if (typeof className !== 'string') return undefined;
  const keras = tfjsEntry(TABLE.optimizers, className)?.[0];
  // Named as in Keras, if Keras has it too.
  return {
    isOfKeras: keras !== undefined,
    className: keras ?? className,
    steps: stepsOf(artifacts),
  };
}

/** Returns the number of steps, which tfjs stores before everything else of an optimizer. */
function stepsOf(artifacts: Artifacts): number {
  for (const { spec, pieces } of partsOf(artifacts)) {
    if (isState(spec)) {
      return float32From(spec.dtype === 'int32' ? 'int32' : 'float32', joined(pieces))[0] ?? 0;
    }
  }
  return 0;
}

/** Returns the numbers of weights and values of a model, without its optimizer's state. */
export function sizeOf({ weightSpecs = [] }: Artifacts): { weights: number; values: number } {
  const own = weightSpecs.filter((spec) => !isState(spec));
  const values = own.map(({ shape }) => tf.util.sizeFromShape(shape));
  return { weights: own.length, values: values.reduce((sum, size) => sum + size, 0) };
}

/** @throws SAE_NOT_FINITE if a weight, or the optimizer's state, contains NaN or infinity. */
export function assertFinite(artifacts: Artifacts): void {
  for (const { spec, pieces } of partsOf(artifacts)) {
    if (spec.dtype !== 'float32' || spec.quantization) continue;
    const counts = pieces.map((piece) => nonFinite(float32From('float32', piece)));
    const wrong = counts.reduce((sum, count) => sum + count, 0);
    if (wrong > 0) throw weightsNotFinite(spec.name, wrong);
  }
}
