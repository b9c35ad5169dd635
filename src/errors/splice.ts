import { nearest } from '../optionNames';
import { SAEError } from './saeError';
import { shapeText, show } from './words';

/** Names that an error lists. */
const MOST_NAMES = 12;

/** A layer that a model does not have. */
export function noHiddenLayer(host: string, name: string, known: readonly string[]): SAEError {
  const near = typeof name === 'string' ? nearest(name, known) : undefined;
  const more = known.length > MOST_NAMES ? `, … (${known.length} of them)` : '';
  const advice = near ? `Did you mean "${near}"?` : 'listLayers(model) names them all.';
  const names = known.length === 0 ? 'none yet' : known.slice(0, MOST_NAMES).join(', ') + more;
  const text = `expected one of its layers: ${names}; received ${show(name)}. ${advice}`;
  return new SAEError('SAE_OPTION', host, text);
}

/** A layer that stands at several places of a model. */
export function sharedLayer(host: string, name: string, uses: number): SAEError {
  const text = `expected a layer that is used once; received ${show(name)}, which is used ${uses} times. Give each place a layer of its own, or take the layer behind one of them.`;
  return new SAEError('SAE_OPTION', host, text);
}

/** An edit that gives back another shape than it was given. */
export function reshapedByEdit(
  host: string,
  layer: string,
  expected: readonly number[],
  received: readonly number[],
): SAEError {
  const text = `expected an edit of "${layer}" that keeps the shape ${shapeText(expected)}; received ${shapeText(received)}. Give back a tensor of the same shape.`;
  return new SAEError('SAE_SHAPE', host, text);
}
