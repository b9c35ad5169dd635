import type { StoredTensor } from '../bytes/storedTensor';
import { type DictionaryWeight, matrixWeight, vectorWeight } from './dictionary';
import { checkTensorShape, sizesIn, type Tensors, takeTensors } from './tensors';

/** The sizes of a dictionary, as its configuration says them. */
export interface Sizes {
  readonly inputDim: number;
  readonly encodingDim: number;
  /** That of the rows by default. */
  readonly outputDim?: number;
}

/** How a weight lies in a file. */
interface Lie {
  /** Its shape there. */
  shape(input: number, features: number, output: number): readonly number[];
  weight(tensor: StoredTensor): DictionaryWeight;
}

const LIES = {
  /** An encoder as the layer has it, `[inputDim, features]`. */
  encoder: {
    shape: (input, features) => [input, features],
    weight: (tensor) => matrixWeight(tensor, 1),
  },
  /** An encoder as PyTorch's `Linear` has it, `[features, inputDim]`. */
  'encoder-rows': {
    shape: (input, features) => [features, input],
    weight: (tensor) => matrixWeight(tensor, 1, true),
  },
  /** A decoder as the layer has it, `[features, outputDim]`. */
  decoder: {
    shape: (_, features, output) => [features, output],
    weight: (tensor) => matrixWeight(tensor, 0),
  },
  /** A decoder as PyTorch's `Linear` has it, `[outputDim, features]`. */
  'decoder-columns': {
    shape: (_, features, output) => [output, features],
    weight: (tensor) => matrixWeight(tensor, 0, true),
  },
  /** A number for each feature. */
  vector: { shape: (_, features) => [features], weight: (tensor) => vectorWeight(tensor) },
  /** A row of outputs. */
  bias: { shape: (_, __, output) => [output], weight: (tensor) => vectorWeight(tensor, false) },
  /** A skip connection as PyTorch has it, `[outputDim, inputDim]`. */
  'skip-columns': {
    shape: (input, _, output) => [output, input],
    weight: (tensor) => matrixWeight(tensor, undefined, true),
  },
  /** A skip connection as the layer has it, `[inputDim, outputDim]`. */
  skip: {
    shape: (input, _, output) => [input, output],
    weight: (tensor) => matrixWeight(tensor, undefined),
  },
} as const satisfies Readonly<Record<string, Lie>>;

/** How a weight lies in a file, and the names that it may have there. */
export type WeightInFile = readonly [keyof typeof LIES, ...string[]];

/**
 * The weights of a dictionary whose tensors are a file's one by one, none missing and none left.
 *
 * @param wanted by the layer's names; one that ends in `?` may be missing
 * @param ignored names of tensors that may be there and are of no use
 * @throws SAE_FILE where one is missing, or there is another; SAE_SHAPE where one has another shape.
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
    if (tensor === undefined) continue; // takeTensors has seen that it may be missing
    const name = theirs.find((each) => tensors.get(each) === tensor) ?? our;
    checkTensorShape(name, tensor, LIES[lie].shape(inputDim, encodingDim, outputDim));
    weights[our] = LIES[lie].weight(tensor);
  }
  return weights;
}

/**
 * The sizes and weights of a dictionary of two of PyTorch's linear layers: `encoder [features, inputDim]` says
 * the sizes.
 *
 * @param names those in the file
 * @param ignored names of tensors that may be there and are of no use
 * @param decoder how the decoder lies: as one of those layers does, by default
 * @throws what {@link weightsIn} throws.
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
