import * as tf from '@tensorflow/tfjs-core';
import { reshapedByEdit } from '../../errors';
import type { Edit, EditAt } from '../host';

/**
 * An edit whose result keeps the shape of what it was given, and is the model's own to dispose.
 *
 * @param host what errors call the model
 */
export function checkedEdit(host: string, { layer, edit }: EditAt): Edit {
  return (hidden) => {
    const edited = edit(hidden);
    if (edited === hidden) return hidden;
    if (!tf.util.arraysEqual(edited.shape, hidden.shape)) {
      throw reshapedByEdit(host, layer, hidden.shape, edited.shape);
    }
    // It may be somebody's, who wants it afterwards.
    return tf.clone(edited);
  };
}
