import { badContent, unsupportedPickle } from '../../errors';
import { GET_AGAIN } from '../bytes/byteSource';
import { MOST_TENSORS } from './container';
import { Known, type Pickled, PickledDict, PickledList, PickledTensor } from './pickled';

/** Values of a file besides tensors, including number types, devices and integers from 2⁵³ on. */
export type PlainValue = string | number | bigint | boolean | null;

/** The contents of a pickle, by path: keys and list indices, joined by dots. */
export interface Contents {
  readonly tensors: ReadonlyMap<string, PickledTensor>;
  readonly values: ReadonlyMap<string, PlainValue>;
}

/** The most nodes; one that occurs twice counts twice. */
const MOST_NODES = 2 ** 16;
const MOST_DEPTH = 32;
const MOST_NAME = 500;

/**
 * Names everything in a pickle. A file that is one tensor, or one value, has it under `''`.
 *
 * @throws SAE_FILE for two entries with one name; SAE_UNSUPPORTED for what has no name, is not
 *   data, is nested too deeply (such as something that contains itself), or is too large.
 */
export function contentsOf(root: Pickled): Contents {
  const tensors = new Map<string, PickledTensor>();
  const values = new Map<string, PlainValue>();
  let nodes = 0;
  visit(root, '', 0);
  return { tensors, values };

  function visit(value: Pickled, name: string, depth: number): void {
    nodes++;
    if (nodes > MOST_NODES) {
      throw unsupportedPickle(`at most ${MOST_NODES} values`, 'more of them');
    }
    if (depth > MOST_DEPTH) {
      throw unsupportedPickle(`lists and dicts ${MOST_DEPTH} deep`, 'deeper ones');
    }
    const within = (key: string | number) => nameIn(name, key, depth);
    if (value instanceof PickledDict) {
      for (const [key, item] of value.entries) visit(item, within(keyOf(key, name)), depth + 1);
    } else if (value instanceof PickledList || Array.isArray(value)) {
      const items = value instanceof PickledList ? value.items : value;
      for (const [i, item] of items.entries()) visit(item, within(i), depth + 1);
    } else {
      put(value as Exclude<Pickled, readonly Pickled[]>, name);
    }
  }

  function put(value: Exclude<Pickled, readonly Pickled[]>, name: string): void {
    if (tensors.has(name) || values.has(name)) {
      throw badContent(`one ${shownName(name)}`, 'two', GET_AGAIN);
    }
    if (value instanceof PickledTensor) {
      tensors.set(name, value);
      if (tensors.size > MOST_TENSORS) {
        throw unsupportedPickle(`at most ${MOST_TENSORS} tensors`, 'more of them');
      }
    } else if (value instanceof Known && value.is.dtype !== undefined) {
      values.set(name, value.name);
    } else if (typeof value === 'object' && value !== null) {
      const received = value instanceof Known ? value.name : 'a storage without a tensor';
      throw unsupportedPickle(`data as ${shownName(name)}`, received);
    } else {
      values.set(name, value);
    }
  }
}

function nameIn(name: string, key: string | number, depth: number): string {
  const whole = depth === 0 ? `${key}` : `${name}.${key}`;
  if (whole.length > MOST_NAME) {
    throw unsupportedPickle(`names of at most ${MOST_NAME} characters`, 'a longer one');
  }
  return whole;
}

function keyOf(key: Pickled, name: string): string | number {
  if (typeof key === 'string' || typeof key === 'number') return key;
  throw unsupportedPickle('texts and numbers as keys', `another one in ${shownName(name)}`);
}

/** Returns a name as errors show it. */
export const shownName = (name: string): string => JSON.stringify(name.slice(0, 80));
