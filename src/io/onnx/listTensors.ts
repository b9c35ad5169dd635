import { namingFile } from '../../errors';
import { type Openable, withSource } from '../bytes/source';
import { readGraph } from './readGraph';
import { computedTensors, inputTensors, type OnnxTensor } from './tensors';

/**
 * Lists the tensors of an ONNX model: inputs, hidden tensors and outputs. Weights are skipped, so a
 * model of 2 GB is listed with little memory. Graphs inside nodes, such as `If` and `Loop`, are not
 * listed.
 *
 * @param onnx the model: a path in Node, a URL, a Blob or bytes
 * @returns inputs first, then the tensors that nodes compute, in their order. Types and shapes are
 *   included as far as the file states them; `onnx.shape_inference` in Python adds missing ones.
 * @throws SAE_FILE for a file that is missing, damaged or not ONNX.
 * @example
 * ```ts
 * import { listTensors } from 'gated-sae-tfjs';
 * const tensors = await listTensors('test/io/onnx/fixtures/mlp.onnx');
 * for (const { name, role, op, shape } of tensors) console.log(role, name, op, shape);
 * ```
 */
export const listTensors = (onnx: Openable): Promise<OnnxTensor[]> =>
  withSource(onnx, (source) =>
    namingFile(source.name, async () => {
      const graph = await readGraph(source);
      const computed = [...computedTensors(graph).values()].map(({ tensor }) => tensor);
      return [...inputTensors(graph), ...computed];
    }),
  );
