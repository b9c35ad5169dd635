import { SAEError } from './saeError';
import { shapeText, show } from './words';

/** Rows whose last axis differs from the dictionary's width; `width` is null before it has one. */
export function wrongRows(
  where: string,
  width: number | null,
  received: readonly (number | null)[],
): SAEError {
  const expected = `[..., ${width ?? 'width'}]`;
  const advice = width === null ? NO_WIDTH : rowsAdvice(width, received);
  return wrongShape(where, expected, received, advice);
}

const NO_WIDTH = "Give it at least two axes, the last one of a known size: a row's values.";

/** Returns how such a tensor becomes rows of that width, if its shape tells. */
function rowsAdvice(width: number, received: readonly (number | null)[]): string {
  const rank = received.length;
  const ways: string[] = [];
  let values = 1; // of the axes from `first` on
  for (let first = rank - 1; first >= 0; first--) {
    values *= received[first] ?? Number.NaN;
    const isWhole = values === width || (rank === 1 && values > 0 && values % width === 0);
    if (!isWhole) continue;
    const leading = first > 0 ? received.slice(0, first) : [values / width];
    ways.push(`Reshape it to ${shapeText([...leading, width])}`);
    break;
  }
  const axis = received.indexOf(width);
  if (rank > 2 && axis >= 0) {
    const others = received.map((_, i) => i).filter((i) => i !== axis);
    ways.push(
      `if axis ${axis} is a row's values, use tf.transpose(x, ${shapeText([...others, axis])})`,
    );
  }
  const advice = ways.join('; ') || 'Use rows from the source that it was trained on';
  return `${advice.charAt(0).toUpperCase()}${advice.slice(1)}.`;
}

/** A target that does not match the input, or a transcoder's output. */
export function wrongTarget(
  where: string,
  expected: readonly number[],
  received: readonly number[],
  isTranscoder: boolean,
): SAEError {
  const advice = isTranscoder
    ? 'Give a target for each row, as wide as the output: outputDim.'
    : 'Give a target for each row, in the same shape. Rows are their own target: leave labels out.';
  return wrongShape(where, shapeText(expected), received, advice);
}

/** Labels whose shape differs from that of the rows. */
export function wrongLabels(
  where: string,
  expected: readonly number[],
  received: readonly number[],
): SAEError {
  return wrongShape(where, shapeText(expected), received, 'Give one class number for each row.');
}

/** A layer with one input that received none or several. */
export function wrongInputs(where: string, received: number): SAEError {
  const what = `expected one input; received ${received}. Concatenate them, or give each a layer.`;
  return new SAEError('SAE_SHAPE', where, what);
}

function wrongShape(
  where: string,
  expected: string,
  received: readonly (number | null)[],
  advice: string,
): SAEError {
  const what = `expected ${expected}; received ${shapeText(received)}. ${advice}`;
  return new SAEError('SAE_SHAPE', where, what);
}

/** A weight, in a file or in `setWeights`, whose shape differs from the dictionary's. */
export function wrongWeightShape(
  where: string,
  weight: string,
  expected: readonly (number | null)[],
  received: readonly number[],
): SAEError {
  return new SAEError(
    'SAE_SHAPE',
    where,
    `expected ${weight} of shape ${shapeText(expected)}; received ${shapeText(received)}. Use weights of a dictionary with the same inputDim and encodingDim.`,
  );
}

/** A weight that is not a tensor of floats. */
export function wrongWeight(where: string, weight: string, received: unknown): SAEError {
  return new SAEError(
    'SAE_SHAPE',
    where,
    `expected ${weight} as a tensor of float32; received ${show(received)}. Convert it with tf.tensor or tf.cast.`,
  );
}

/** A number of weights that differs from the dictionary's. */
export function wrongWeightCount(
  where: string,
  names: readonly string[],
  received: number,
): SAEError {
  return new SAEError(
    'SAE_SHAPE',
    where,
    `expected ${names.length} weights (${names.join(', ')}); received ${received}. Give all of them, in this order.`,
  );
}

/** A dataset whose elements are single rows. */
export function unbatched(where: string, width: number, received: string): SAEError {
  return new SAEError(
    'SAE_SHAPE',
    where,
    `expected [..., ${width}]; received ${received}. Call dataset.batch(32) first: it hands out single rows.`,
  );
}
