import * as tf from '@tensorflow/tfjs-core';
import { reshapedByEdit } from '../../errors';
import type { Edit, EditAt } from '../host';

/**
 * Returns an edit that checks that the shape stays the same, and whose result the model may
 * dispose.
 *
 * @param host how errors refer to the model
 */
export function checkedEdit(host: string, { layer, edit }: EditAt): Edit {
  return (hidden) => {
    const edited = edit(hidden);
    if (edited === hidden) return hidden;
    if (!tf.util.arraysEqual(edited.shape, hidden.shape)) {
      throw reshapedByEdit(host, layer, hidden.shape, edited.shape);
    }
    // It may be used elsewhere afterwards.
    return tf.clone(edited);
  };
}
