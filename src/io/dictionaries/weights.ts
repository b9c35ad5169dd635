import type { StoredTensor } from '../bytes/storedTensor';
import { type DictionaryWeight, matrixWeight, vectorWeight } from './dictionary';
import { checkTensorShape, sizesIn, type Tensors, takeTensors } from './tensors';

/** The sizes of a dictionary, from its configuration. */
export interface Sizes {
  readonly inputDim: number;
  readonly encodingDim: number;
  /** The rows' width by default. */
  readonly outputDim?: number;
}

/** The layout of a weight in a file. */
interface Lie {
  /** Returns its shape there. */
  shape(input: number, features: number, output: number): readonly number[];
  weight(tensor: StoredTensor): DictionaryWeight;
}

const LIES = {
  /** An encoder in the layer's layout, `[inputDim, features]`. */
  encoder: {
    shape: (input, features) => [input, features],
    weight: (tensor) => matrixWeight(tensor, 1),
  },
  /** An encoder in the layout of PyTorch's `Linear`, `[features, inputDim]`. */
  'encoder-rows': {
    shape: (input, features) => [features, input],
    weight: (tensor) => matrixWeight(tensor, 1, true),
  },
  /** A decoder in the layer's layout, `[features, outputDim]`. */
  decoder: {
    shape: (_, features, output) => [features, output],
    weight: (tensor) => matrixWeight(tensor, 0),
  },
  /** A decoder in the layout of PyTorch's `Linear`, `[outputDim, features]`. */
  'decoder-columns': {
    shape: (_, features, output) => [output, features],
    weight: (tensor) => matrixWeight(tensor, 0, true),
  },
  /** A number for each feature. */
  vector: { shape: (_, features) => [features], weight: (tensor) => vectorWeight(tensor) },
  /** A row of outputs. */
  bias: { shape: (_, __, output) => [output], weight: (tensor) => vectorWeight(tensor, false) },
  /** A skip connection in PyTorch's layout, `[outputDim, inputDim]`. */
  'skip-columns': {
    shape: (input, _, output) => [output, input],
    weight: (tensor) => matrixWeight(tensor, undefined, true),
  },
  /** A skip connection in the layer's layout, `[inputDim, outputDim]`. */
  skip: {
    shape: (input, _, output) => [input, output],
    weight: (tensor) => matrixWeight(tensor, undefined),
  },
} as const satisfies Readonly<Record<string, Lie>>;

/** The layout of a weight in a file, and its possible names there. */
export type WeightInFile = readonly [keyof typeof LIES, ...string[]];

/**
 * Returns the weights of a dictionary, each of which is one tensor of the file, checking that none
 * is missing and none left over.
 *
 * @param wanted the layouts by the layer's names; one that ends in `?` may be missing
 * @param ignored names of tensors that may exist and are not used
 * @throws SAE_FILE if one is missing, or there is another one; SAE_SHAPE if one has another shape.
 */
export function weightsIn(
  tensors: Tensors,
  { inputDim, encodingDim, outputDim = inputDim }: Sizes,
  wanted: Readonly<Record<string, WeightInFile>>,
  ignored: readonly string[] = [],
): Record<string, DictionaryWeight> {
  const names = Object.entries(wanted).map(([ours, [, ...theirs]]) => [ours, theirs] as const);
  const taken = takeTensors(tensors, Object.fromEntries(names), ignored);
  const weights: Record<string, DictionaryWeight> = {};
  for (const [ours, [lie, ...theirs]] of Object.entries(wanted)) {
    const our = ours.replace(/\?$/, '');
    const tensor = taken[our];
    if (tensor === undefined) continue; // takeTensors has checked that it may be missing
    const name = theirs.find((each) => tensors.get(each) === tensor) ?? our;
    checkTensorShape(name, tensor, LIES[lie].shape(inputDim, encodingDim, outputDim));
    weights[our] = LIES[lie].weight(tensor);
  }
  return weights;
}

/**
 * Returns the sizes and weights of a dictionary of two PyTorch linear layers:
 * `encoder [features, inputDim]` determines the sizes.
 *
 * @param names the names in the file
 * @param ignored names of tensors that may exist and are not used
 * @param decoder the layout of the decoder: that of a linear layer by default
 * @throws the same as {@link weightsIn}.
 */
export function linearLayersIn(
  tensors: Tensors,
  names: Readonly<Record<'encoder' | 'encoderBias' | 'decoder' | 'decoderBias', string>>,
  ignored?: readonly string[],
  decoder: 'decoder' | 'decoder-columns' = 'decoder-columns',
) {
  const [encodingDim = 1, inputDim = 1] = sizesIn(tensors, [names.encoder]) ?? [];
  const wanted = {
    W_enc: ['encoder-rows', names.encoder],
    b_enc: ['vector', names.encoderBias],
    W_dec: [decoder, names.decoder],
    b_dec: ['bias', names.decoderBias],
  } as const;
  const sizes = { inputDim, encodingDim };
  return { ...sizes, weights: weightsIn(tensors, sizes, wanted, ignored) };
}
