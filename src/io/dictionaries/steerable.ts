import { wrongOption, wrongRows } from '../../errors';
import { assertDictionary } from '../../models/givenModel';
import type { SAEModel } from '../../models/saeModel';
import { checkOptions, flag, optional, type Rule, type Rules, text } from '../../options';
import type { Openable } from '../bytes/source';
import { behind, type Ends, inputLike } from '../onnx/behind';
import { changed } from '../onnx/edits';
import { node, weight } from '../onnx/nodes';
import type { OnnxTensor } from '../onnx/tensors';
import { dictionaryOf } from './model';
import { type Addition, codesShape, dictionaryNodes, plainOf } from './onnxNodes';

/** Options of {@link steerable}. */
export interface SteerableArgs {
  /**
   * A dictionary to insert after the tensor: what follows gets its reconstruction, and its codes
   * become an output of the model, called `NAME/codes`. It must be a ReLU or JumpReLU SAE at
   * inference: a GatedSAE, ReluSAE, JumpReLUSAE, BatchTopKSAE or MatryoshkaSAE with plain or
   * mean-normalized rows. None by default.
   */
  dictionary?: SAEModel;
  /**
   * A vector that is always added to each row of the tensor, or to each row of codes if there is a
   * dictionary. The model then has no additional input, and steers wherever it runs. None by
   * default.
   */
  vector?: Float32Array | readonly number[];
  /**
   * The name of an input to add: float32 with the tensor's axes, or those of the codes, each of
   * length 1 or the full length. `steer` by default; none if there is a dictionary or a vector.
   */
  input?: string;
  /**
   * Whether to add the reconstruction error back, so that the tensor changes only by what is added
   * to codes, and not at all if nothing is; false by default.
   */
  errorTerm?: boolean;
}

const aVector: Rule<Float32Array | readonly number[]> = {
  expected: 'an array of finite numbers',
  accepts: (v) =>
    (v instanceof Float32Array || Array.isArray(v)) &&
    v.length > 0 &&
    (v as readonly unknown[]).every((one) => typeof one === 'number' && Number.isFinite(one)),
};

const RULES: Rules<Omit<SteerableArgs, 'dictionary'>> = {
  vector: optional(aVector),
  input: optional(text),
  errorTerm: flag(false),
};

/**
 * Adds a steering input to a hidden tensor of an ONNX model, or inserts a dictionary after it.
 *
 * Without a dictionary, H′ = H + steer, where steer is an input or a vector stored in the file.
 * With one,
 *
 * codes = JumpReLU(H W_enc + b_enc), H′ = (codes + steer) W_dec + b_dec
 *
 * and with `errorTerm`, H′ = H + steer W_dec. Everything is written as ONNX nodes, so the file
 * works in any runtime; a GatedSAE is written as the equivalent JumpReLU SAE. Rounding may differ
 * from this library's in the last bits, and so may a code exactly at its threshold.
 *
 * @typeParam Given the type of the given model
 * @param onnx the model: a path in Node, a URL, a Blob or bytes
 * @param name the tensor's name, as {@link listTensors} returns it
 * @param args `dictionary`, `vector`, `input`, `errorTerm`; an input `steer` by default
 * @returns the model: a Blob if one was given, otherwise bytes. Call it again on the result for
 *   another tensor.
 * @throws SAE_FILE for a file that is missing, damaged or not ONNX; SAE_OPTION for a name that no
 *   tensor has or that is taken, or a wrong option; SAE_SHAPE for a dictionary or a vector of
 *   another width; SAE_UNSUPPORTED for a tensor that does not hold floats, an architecture that
 *   ONNX has no nodes for, or a model that would reach 2 GiB.
 * @example
 * ```ts
 * import { JumpReLUSAE, steerable } from 'gated-sae-tfjs';
 * const file = 'test/io/onnx/fixtures/mlp.onnx';
 * const steered = await steerable(file, 'relu');
 * const sae = new JumpReLUSAE({ inputDim: 16, encodingDim: 64 });
 * const spliced = await steerable(file, 'relu', { dictionary: sae });
 * console.log(steered.length, spliced.length);
 * ```
 */
export async function steerable<Given extends Openable>(
  onnx: Given,
  name: string,
  args: SteerableArgs = {},
): Promise<Given extends Blob ? Blob : Uint8Array<ArrayBuffer>> {
  const where = 'steerable';
  const { vector, input, errorTerm } = checkOptions<Omit<SteerableArgs, 'dictionary'>>(
    where,
    RULES,
    args,
    ['dictionary'],
  );
  const { dictionary } = args;
  if (dictionary !== undefined) assertDictionary(where, dictionary);
  const plain = dictionary && (await plainOf(dictionaryOf(dictionary)));
  const asked = input ?? (plain || vector ? undefined : 'steer');
  return changed(onnx, (graph) =>
    behind(where, graph, name, (ends) => {
      const width = ends.tensor.shape?.at(-1) ?? undefined;
      if (plain && width !== undefined && width !== plain.inputDim) {
        throw wrongRows(where, plain.inputDim, [...(ends.tensor.shape ?? [])]);
      }
      const expected = plain?.features ?? width;
      if (vector && expected !== undefined && vector.length !== expected) {
        throw wrongOption(`${where}.vector`, `${expected} numbers`, `${vector.length} of them`);
      }
      if (asked !== undefined && ends.fresh(asked) !== asked) {
        throw wrongOption(`${where}.input`, 'a name that is free', asked, 'Give another one.');
      }
      const { tensor, from, to } = ends;
      const shape = plain ? codesShape(tensor, plain) : tensor.shape;
      const addition = added(ends, shape, vector, asked);
      if (plain) return dictionaryNodes(ends, plain, addition, errorTerm);
      const { nodes, parts, term } = addition as Addition; // by default an input
      return { nodes: [...nodes, node('Add', [from, term], to)], parts };
    }),
  );
}

/**
 * Returns what is added to a tensor or to codes: its name, and the nodes that make it; undefined if
 * nothing is added.
 */
function added(
  { tensor, fresh }: Ends,
  shape: OnnxTensor['shape'],
  vector: SteerableArgs['vector'],
  input: string | undefined,
): Addition | undefined {
  if (vector === undefined && input === undefined) return undefined;
  const nodes: Uint8Array[] = [];
  const parts: Uint8Array[] = [];
  if (input !== undefined) parts.push(inputLike(input, shape));
  if (vector === undefined) return { term: input as string, nodes, parts };
  const constant = fresh(`${tensor.name}/vector`);
  parts.push(weight(constant, [vector.length], Float32Array.from(vector)));
  if (input === undefined) return { term: constant, nodes, parts };
  const term = fresh(`${tensor.name}/added`);
  return { term, nodes: [node('Add', [input, constant], term)], parts };
}
