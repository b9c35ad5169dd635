import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { missing, wrongInputs, wrongOption, wrongRows } from '../errors';

/** The most values in one matrix that typed arrays, and so tfjs, can hold. */
const LARGEST_MATRIX = 2 ** 31 - 1;

/** @throws SAE_OPTION if a matrix with that many values is impossible. */
export function checkSizes(
  className: string,
  inputDim: number,
  outputDim: number,
  { encodingDim, skip }: { readonly encodingDim: number; readonly skip: boolean },
): void {
  const check = (name: string, size: number, width: number, fewer: string) => {
    const most = Math.floor(LARGEST_MATRIX / width);
    if (size <= most) return;
    const expected = `at most ${most} for rows of width ${width}`;
    const advice = `Give fewer${fewer}: a matrix of tfjs holds no more values.`;
    throw wrongOption(`${className}.${name}`, expected, size, advice);
  };
  check('encodingDim', encodingDim, Math.max(inputDim, outputDim), ' features');
  if (skip) check('outputDim', outputDim, inputDim, ', or no skip');
}

/** @throws SAE_MISSING if no backend could hold a weight, since tfjs-core alone includes none. */
export function checkBackend(className: string): void {
  if (tf.engine().backendNames().length > 0) return;
  const advice =
    "Import '@tensorflow/tfjs' first, or @tensorflow/tfjs-core with one of its backends.";
  throw missing(className, 'a backend of tfjs', advice);
}

/**
 * Returns the shape of a dictionary's input, `[batch, ..., inputDim]`.
 *
 * @param where how errors refer to the layer
 * @param width the width of the rows; null if it is not known yet
 * @throws SAE_SHAPE for another form, SAE_DATA for several inputs.
 */
export function rowsShape(where: string, inputShape: Shape | Shape[], width: number | null): Shape {
  const shapes = (Array.isArray(inputShape?.[0]) ? inputShape : [inputShape]) as Shape[];
  if (shapes.length > 1) throw wrongInputs(where, shapes.length);
  const shape = Array.isArray(shapes[0]) ? shapes[0] : [];
  const last = shape.at(-1) ?? null;
  if (shape.length < 2 || last === null || last !== (width ?? last)) {
    throw wrongRows(where, width, shape);
  }
  return shape;
}
