import { namingFile } from '../../errors';
import { type Openable, withSource } from '../bytes/source';
import { readGraph } from './readGraph';
import { computedTensors, inputTensors, type OnnxTensor } from './tensors';

/**
 * Lists the tensors of an ONNX model: what goes in, what is hidden, what comes out. Weights are passed
 * over, so that a model of 2 GB is listed in little memory. Graphs within nodes, as of `If` and `Loop`,
 * are not gone into.
 *
 * @param onnx the model: a path in Node, an address, a Blob or bytes
 * @returns inputs first, then what nodes compute, in their order. Types and shapes are there as far as
 * the file says them; `onnx.shape_inference` in Python adds those that it leaves out.
 * @throws SAE_FILE for a file that is missing, damaged or something else.
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
