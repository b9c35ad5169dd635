import { joined } from '../../bytes';
import { wrongOption } from '../../errors';
import type { Openable } from '../bytes/source';
import { type Changes, changed } from './edits';
import type { OnnxGraph } from './graph';
import { field } from './message';
import { named } from './named';
import { GRAPH, MODEL } from './schema';
import { computedBy, computedTensors } from './tensors';
import { valueInfo } from './values';

/**
 * Makes hidden tensors of an ONNX model outputs, so that any runtime returns them with the others.
 *
 * It appends some bytes to the file and leaves its own bytes unchanged, since protobuf readers
 * merge repeated parts of a message. So weights in files beside the model stay where they are, and
 * a Blob is not copied. A tensor that the file leaves unnamed, see {@link listTensors}, first gets
 * its name in its node.
 *
 * @typeParam Given the type of the given model
 * @param onnx the model: a path in Node, a URL, a Blob or bytes
 * @param names the tensors' names; those that are outputs already remain so
 * @returns the model: a Blob if one was given, otherwise bytes
 * @throws SAE_FILE for a file that is missing, damaged or not ONNX; SAE_OPTION for a name that no
 *   tensor has; SAE_UNSUPPORTED for a model that would reach 2 GiB.
 * @example
 * ```ts
 * import { exposeTensors, listTensors } from 'gated-sae-tfjs';
 * const file = 'test/io/onnx/fixtures/mlp.onnx';
 * const hidden = (await listTensors(file)).filter(({ op }) => op === 'Relu');
 * const bytes = await exposeTensors(file, hidden.map(({ name }) => name));
 * console.log(bytes.length);
 * ```
 */
export async function exposeTensors<Given extends Openable>(
  onnx: Given,
  names: readonly string[],
): Promise<Given extends Blob ? Blob : Uint8Array<ArrayBuffer>> {
  if (!Array.isArray(names)) {
    throw wrongOption('exposeTensors.names', 'an array of names of tensors', names);
  }
  return changed(onnx, (graph) => exposing('exposeTensors', graph, names));
}

/** Returns the change that makes these tensors outputs. */
export function exposing(where: string, graph: OnnxGraph, names: readonly string[]): Changes {
  const computed = computedTensors(graph);
  const found = [...new Set(names)].map((name) => computedBy(where, computed, name));
  const hidden = found.filter(({ tensor }) => tensor.role === 'hidden');
  const edits = hidden
    .filter(({ node, place }) => !node.outputs[place]?.name)
    .map(({ node, place, tensor }) => named(node, place, tensor.name));
  const outputs = hidden.map(({ tensor }) => field(GRAPH.output, valueInfo(tensor)));
  const appended = hidden.length > 0 ? field(MODEL.graph, joined(outputs)) : new Uint8Array();
  return { edits, appended };
}
