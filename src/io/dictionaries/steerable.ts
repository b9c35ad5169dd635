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

/** What {@link steerable} takes. */
export interface SteerableArgs {
  /**
   * A dictionary, which then stands behind the tensor: what follows gets its reconstruction, and its codes
   * are an output of the model, called `NAME/codes`. Any that is a ReLU or JumpReLU SAE when it infers: a
   * GatedSAE, ReluSAE, JumpReLUSAE, BatchTopKSAE or MatryoshkaSAE of plain or mean-normalised rows. None by
   * default.
   */
  dictionary?: SAEModel;
  /**
   * What is always added to each row of the tensor, or to each row of codes where there is a dictionary.
   * Then the model takes no more inputs than before, and steers wherever it runs. None by default.
   */
  vector?: Float32Array | readonly number[];
  /**
   * The name of an input that is added: float32 of the tensor's axes, or of the codes', each of them 1 or as
   * long. `steer` by default; where there is a dictionary or a vector, none.
   */
  input?: string;
  /**
   * Whether what the dictionary does not reconstruct is added back, so that the tensor changes by what is
   * added to codes alone, and not at all where nothing is; false by default.
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
 * Makes an ONNX model one whose hidden tensor can be added to, or one with a dictionary behind it.
 *
 * Without a dictionary, H′ = H + steer, for an input or for a vector that stays in the file. With one,
 *
 * codes = JumpReLU(H W_enc + b_enc), H′ = (codes + steer) W_dec + b_dec
 *
 * and with `errorTerm`, H′ = H + steer W_dec. All of it is in nodes of ONNX, so that the file runs in any
 * runtime; a GatedSAE is written as the JumpReLU SAE that it is. Rounding may differ from this library's in
 * the last bits, and so may a code at its very threshold.
 *
 * @typeParam Given what the model is given as
 * @param onnx the model: a path in Node, an address, a Blob or bytes
 * @param name of the tensor, as {@link listTensors} tells it
 * @param args `dictionary`, `vector`, `input`, `errorTerm`; an input `steer` by default
 * @returns the model: a Blob where one was given, bytes otherwise. Call it again on that for another tensor.
 * @throws SAE_FILE for a file that is missing, damaged or something else; SAE_OPTION for a name that no
 * tensor has or that is taken, or a wrong option; SAE_SHAPE for a dictionary or a vector of another width;
 * SAE_UNSUPPORTED for a tensor that is not of floats, an architecture that ONNX has no nodes for, or a model
 * that would come to 2 GiB.
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

/** What is added to a tensor or to codes: its name, and what makes it; undefined where nothing is. */
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
