import * as tf from '@tensorflow/tfjs';
import { GatedSAE } from '../../src';

/** What somebody may hand over by mistake, by its name in messages; each is made anew. */
export const ODD_VALUES: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  'a negative number': () => -1,
  'a fraction': () => 0.5,
  zero: () => 0,
  'a large number': () => 1e12,
  'a bigint': () => 7n,
  'a symbol': () => Symbol('odd'),
  'a text': () => 'odd',
  'an empty text': () => '',
  'an object': () => ({ odd: 1 }),
  'an object without a prototype': () => Object.create(null),
  'an object that holds itself': () => {
    const odd: Record<string, unknown> = {};
    odd['odd'] = odd;
    return odd;
  },
  'an array': () => ['odd'],
  'an empty array': () => [],
  'an array of nothing': () => [undefined, null],
  'an array of arrays': () => [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ],
  'numbers in a typed array': () => new Float32Array(4),
  'no bytes': () => new Uint8Array(0),
  'a map': () => new Map([['odd', 1]]),
  'a date': () => new Date(0),
  'a function': () => () => 'odd',
  'a function that returns nothing': () => () => {},
  'a generator function': () =>
    function* () {
      yield 1;
    },
  'an iterator that is used up': () => {
    const odd = [1][Symbol.iterator]();
    odd.next();
    odd.next();
    return odd;
  },
  'an iterator of nothing': () => ({ next: () => undefined }),
  'a dataset whose iterator is none': () => ({ iterator: () => undefined }),
  'a dataset of texts': () => tf.data.array(['odd']),
  'a dataset without elements': () => tf.data.array([]),
  'a class': () => GatedSAE,
  'a promise': () => Promise.resolve(1),
  'a promise that is broken': () => {
    const odd = Promise.reject(new Error('odd'));
    odd.catch(() => {});
    return odd;
  },
  'an error': () => new Error('odd'),
  'a model of tfjs': () =>
    tf.sequential({ layers: [tf.layers.dense({ units: 4, inputShape: [4] })] }),
  'a model that is disposed': () => {
    const sae = new GatedSAE({ inputDim: 4, encodingDim: 8 });
    sae.compile();
    sae.dispose();
    return sae;
  },
  'a model of tfjs that is disposed': () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 4, inputShape: [4] })] });
    model.dispose();
    return model;
  },
  'a layer': () => tf.layers.dense({ units: 4 }),
  'a tensor': () => tf.ones([2, 4]),
  'a tensor that is disposed': () => {
    const gone = tf.ones([2, 4]);
    gone.dispose();
    return gone;
  },
  'an empty tensor': () => tf.zeros([0, 4]),
  'a scalar': () => tf.scalar(1),
  'a vector': () => tf.ones([4]),
  'a tensor of five axes': () => tf.ones([1, 1, 1, 1, 5]),
  'a tensor of another width': () => tf.ones([2, 5]),
  'a tensor of NaN': () => tf.fill([2, 4], Number.NaN),
  'a tensor of texts': () => tf.tensor2d(['a', 'b', 'c', 'd'], [1, 4]),
  'a tensor of booleans': () => tf.tensor2d([true, false, true, false], [1, 4]),
  'a tensor of integers': () => tf.ones([2, 4], 'int32'),
  'several tensors': () => [tf.ones([2, 4]), tf.ones([2, 4]), tf.ones([2, 4])],
};

/** The same for one option: those that tell what a rule lets through. */
export const ODD_OPTIONS = Object.fromEntries(
  [
    ...['null', 'NaN', 'a negative number', 'a text', 'an object', 'an array of nothing'],
    ...['a function', 'a promise', 'a tensor', 'a tensor that is disposed', 'an empty tensor'],
  ].map((name) => [name, ODD_VALUES[name] as () => unknown]),
);
