import { unwritable } from '../../errors';
import { type Between, type Ends, outputOf } from '../onnx/behind';
import { node, weight } from '../onnx/nodes';
import type { OnnxTensor } from '../onnx/tensors';
import { type Dictionary, isTranscoder } from './dictionary';
import { plainJumpReLU } from './plainJumpReLU';

/**
 * A dictionary in the form of ONNX nodes: codes = JumpReLU(H W_enc + b_enc), codes W_dec + b_dec.
 */
export interface PlainWeights {
  readonly inputDim: number;
  readonly features: number;
  readonly W_enc: Float32Array;
  readonly b_enc: Float32Array;
  readonly threshold: Float32Array;
  readonly W_dec: Float32Array;
  readonly b_dec: Float32Array;
}

/** A value that is added to a tensor or to codes. */
export interface Addition {
  /** Its name. */
  readonly term: string;
  /** The nodes that compute it. */
  readonly nodes: readonly Uint8Array[];
  readonly parts: readonly Uint8Array[];
}

/** @throws SAE_UNSUPPORTED for one that ONNX has no nodes for. */
export async function plainOf(dictionary: Dictionary): Promise<PlainWeights> {
  if (isTranscoder(dictionary)) {
    throw unwritable('onnx', 'a transcoder', 'Take a dictionary that reconstructs its rows.');
  }
  const { options, weights } = await plainJumpReLU('onnx', dictionary);
  const read = async (name: string) => (await weights[name]?.read()) as Float32Array; // none is missing
  const { inputDim, encodingDim: features } = options;
  const [W_enc, b_enc, threshold] = [read('W_enc'), read('b_enc'), read('threshold')];
  const [W_dec, b_dec] = [read('W_dec'), read('b_dec')];
  return {
    ...{ inputDim, features },
    ...{ W_enc: await W_enc, b_enc: await b_enc, threshold: await threshold },
    ...{ W_dec: await W_dec, b_dec: await b_dec },
  };
}

/** Returns the shape of a tensor's codes. */
export const codesShape = ({ shape }: OnnxTensor, { features }: PlainWeights) =>
  shape && [...shape.slice(0, -1), features];

/**
 * Returns the nodes of a dictionary after a tensor; its codes are an output of the model.
 *
 * @param addition what is added to the codes before they are decoded
 * @param errorTerm whether the tensor changes only by the decoded addition
 */
export function dictionaryNodes(
  { tensor, from, to, fresh }: Ends,
  weights: PlainWeights,
  addition: Addition | undefined,
  errorTerm: boolean,
): Between {
  const own = (part: string) => fresh(`${tensor.name}/${part}`);
  const parts: Uint8Array[] = [...(addition?.parts ?? [])];
  const nodes: Uint8Array[] = [...(addition?.nodes ?? [])];
  const constant = (name: string, shape: readonly number[], values: Float32Array) => {
    const free = own(name);
    parts.push(weight(free, shape, values));
    return free;
  };
  const step = (op: string, inputs: readonly string[], output: string) => {
    nodes.push(node(op, inputs, output));
    return output;
  };
  const { inputDim, features, W_enc, b_enc, threshold, W_dec, b_dec } = weights;

  const codes = own('codes');
  parts.push(outputOf(codes, codesShape(tensor, weights)));
  const products = step(
    'MatMul',
    [from, constant('W_enc', [inputDim, features], W_enc)],
    own('products'),
  );
  const sums = step('Add', [products, constant('b_enc', [features], b_enc)], own('sums'));
  if (threshold.every((value) => value === 0)) {
    step('Relu', [sums], codes);
  } else {
    const open = step('Greater', [sums, constant('threshold', [features], threshold)], own('open'));
    step('Where', [open, sums, constant('zero', [], new Float32Array(1))], codes);
  }

  if (errorTerm && !addition) {
    step('Identity', [from], to);
    return { nodes, parts };
  }
  const decoder = constant('W_dec', [features, inputDim], W_dec);
  if (errorTerm && addition) {
    step('Add', [from, step('MatMul', [addition.term, decoder], own('change'))], to);
    return { nodes, parts };
  }
  const decoded = addition ? step('Add', [codes, addition.term], own('steered')) : codes;
  const centred = step('MatMul', [decoded, decoder], own('centred'));
  step('Add', [centred, constant('b_dec', [inputDim], b_dec)], to);
  return { nodes, parts };
}
