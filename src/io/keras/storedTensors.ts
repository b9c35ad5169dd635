import * as tf from '@tensorflow/tfjs-core';
import { joined } from '../../bytes';
import { badContent, noCounterpartClass } from '../../errors';

/** A float32 tensor in tfjs's files. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** Returns its bytes, in one piece or several; views. */
  readonly data: () => readonly Uint8Array[];
}

type Spec = tf.io.WeightsManifestEntry;

/** The weights of a model, and its optimizer's state, in the buffers that tfjs made of them. */
export class StoredTensors {
  private readonly weights = new Map<string, StoredTensor>();
  /** Names that occur more than once, and whether the values are equal. */
  private readonly twice = new Map<string, boolean>();
  private readonly optimizer: (StoredTensor & { readonly name: string; readonly dtype: string })[] =
    [];

  /** @throws SAE_FILE or SAE_UNSUPPORTED for weights that are incomplete, or not float32. */
  constructor({
    weightSpecs = [],
    weightData = [] as unknown as tf.io.WeightData,
  }: tf.io.ModelArtifacts) {
    const buffers = Array.isArray(weightData) ? weightData : [weightData];
    let at = 0;
    for (const spec of weightSpecs) {
      const { name, shape, dtype, group } = spec;
      this.checkDtype(spec);
      const start = at;
      at += 4 * tf.util.sizeFromShape(shape);
      const end = at;
      const tensor = { shape, data: () => piecesOf(buffers, start, end) };
      if (group === 'optimizer') this.optimizer.push({ ...tensor, name, dtype });
      else {
        const known = this.weights.get(name);
        if (known) this.twice.set(name, (this.twice.get(name) ?? true) && isEqual(known, tensor));
        else this.weights.set(name, tensor);
      }
    }
    const received = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (received !== at) {
      const advice = 'Copy the whole model again, or save it again.';
      throw badContent(`${at} bytes of weights`, `${received}`, advice);
    }
  }

  private checkDtype({ name, dtype, group, ...spec }: Spec): void {
    const isSteps = group === 'optimizer' && dtype === 'int32';
    if ((dtype === 'float32' || isSteps) && !('quantization' in spec)) return;
    const kind = 'quantization' in spec ? 'quantized values' : `${dtype} values`;
    const advice = 'Load the model and save it again, in float32.';
    throw noCounterpartClass('weights', `${name} of ${kind}`, advice);
  }

  /** Returns a weight by its name; undefined if there is none. */
  weight(name: string): StoredTensor | undefined {
    return this.weights.get(name);
  }

  /**
   * Returns whether a layer's weights occur more than once with equal values: one layer in two
   * places.
   */
  isTwice(layer: string): boolean {
    const own = [...this.weights.keys()].filter((name) => name.startsWith(`${layer}/`));
    return own.length > 0 && own.every((name) => this.twice.get(name) === true);
  }

  /** Returns the number of steps that the optimizer has taken. */
  steps(): number {
    const [first] = this.optimizer;
    if (first === undefined) return 0;
    const { buffer } = joined(first.data());
    const numbers = first.dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer);
    return numbers[0] ?? 0;
  }

  /**
   * Returns the optimizer's state, by `<weight>/<slot>`. tfjs identifies it by position: names in
   * files may be those that the weights had in another process.
   *
   * @param weights the names of the trained weights, in tfjs's order
   * @param runs the kinds of state, in runs through all weights; some may be missing
   */
  slots(
    weights: readonly string[],
    runs: readonly (readonly string[])[],
  ): Map<string, StoredTensor> {
    const kept = new Map<string, StoredTensor>();
    let next = 1;
    for (const slots of runs) {
      for (const key of weights.flatMap((weight) => slots.map((slot) => `${weight}/${slot}`))) {
        const tensor = this.optimizer[next];
        if (tensor?.name.endsWith(key.slice(key.lastIndexOf('/')))) {
          kept.set(key, tensor);
          next += 1;
        }
      }
    }
    if (next === this.optimizer.length || this.optimizer.length <= 1) return kept;
    const expected = `the state of an optimizer of ${weights.length} weights`;
    const advice = 'Save the model again after a step of training.';
    throw badContent(expected, `${this.optimizer.length - 1} tensors`, advice);
  }
}

function isEqual(one: StoredTensor, other: StoredTensor): boolean {
  const [left, right] = [one, other].map(({ data }) => joined(data()));
  return (
    tf.util.arraysEqual([...one.shape], [...other.shape]) &&
    (left as Uint8Array).every((byte, i) => byte === (right as Uint8Array)[i])
  );
}

/** Returns a span of consecutive buffers. */
export function piecesOf(
  buffers: readonly ArrayBuffer[],
  start: number,
  end: number,
): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const buffer of buffers) {
    const from = Math.max(start, at);
    const to = Math.min(end, at + buffer.byteLength);
    if (from < to) pieces.push(new Uint8Array(buffer, from - at, to - from));
    at += buffer.byteLength;
  }
  return pieces;
}
