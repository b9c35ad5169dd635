import type { EncoderWeights } from '../../analysis/featureReport/report';
import { wrongOption } from '../../errors';
import { GROUP, type PageEncoder, pieceId } from './pageData';
import { type Piece, piece } from './pieces';

/** What a page carries of an encoder: a line in its head, and the numbers. */
export interface EncoderPart {
  readonly head: PageEncoder;
  readonly pieces: readonly Piece[];
}

/** The vectors that each form reads. */
const VECTORS: Readonly<Record<EncoderWeights['form'], readonly string[]>> = {
  gated: ['b_gate', 'r_mag', 'b_mag'],
  relu: ['b_enc'],
  topk: ['b_enc'],
  threshold: ['b_enc', 'threshold'],
};
const NORMALIZATIONS: readonly unknown[] = ['none', 'mean-norm', 'layer-norm', 'constant'];

/**
 * An encoder as a page carries it: the centre and the vectors, then the matrix by features, as little-endian
 * float32.
 *
 * @throws SAE_OPTION for one of another dictionary than the report's, or with arrays of other sizes.
 */
export function encoderPart(
  weights: EncoderWeights,
  model: { readonly inputDim: number; readonly features: number },
): EncoderPart {
  checkEncoder(weights, model);
  const { form, inputDim, features, matrix, centre, vectors, normalize, scale, k } = weights;
  const pieces: Piece[] = [];
  if (centre !== undefined) pieces.push(piece(pieceId('centre'), littleEndian(centre)));
  VECTORS[form].forEach((name, i) => {
    pieces.push(piece(pieceId('vectors', i), littleEndian(vectors[name] as Float32Array)));
  });
  for (let first = 0; first < features; first += GROUP.encoders) {
    const part = Math.min(GROUP.encoders, features - first);
    const columns = new Float32Array(part * inputDim);
    for (let feature = 0; feature < part; feature++) {
      for (let i = 0; i < inputDim; i++) {
        columns[feature * inputDim + i] = matrix[i * features + first + feature] as number;
      }
    }
    pieces.push(piece(pieceId('encoders', first / GROUP.encoders), littleEndian(columns)));
  }
  const head: PageEncoder = {
    form,
    inputDim,
    features,
    normalize,
    ...(scale !== undefined && { scale }),
    ...(k !== undefined && { k }),
    isCentred: centre !== undefined,
    vectors: VECTORS[form],
    bytes: pieces.reduce((sum, { base64 }) => sum + base64.length, 0),
  };
  return { head, pieces };
}

/** @throws SAE_OPTION where it is not what `encoderWeights` makes of the report's dictionary. */
function checkEncoder(
  { form, inputDim, features, matrix, centre, vectors, normalize, scale, k }: EncoderWeights,
  model: { readonly inputDim: number; readonly features: number },
): void {
  const refuse = (expected: string, received: unknown) =>
    wrongOption(
      'featureDashboard.dictionary',
      expected,
      received,
      'Give what encoderWeights makes of the model that the report is about.',
    );
  if (!Object.hasOwn(VECTORS, String(form))) throw refuse('the weights of an encoder', form);
  if (inputDim !== model.inputDim || features !== model.features) {
    const sizes = `an encoder [${model.inputDim}, ${model.features}]`;
    throw refuse(sizes, [inputDim, features]);
  }
  const check = (name: string, array: unknown, ...lengths: number[]) => {
    if (array instanceof Float32Array && lengths.includes(array.length)) return;
    const received = array instanceof Float32Array ? array.length : array;
    throw refuse(`${name} as a Float32Array of ${lengths.join(' or ')} numbers`, received);
  };
  check('matrix', matrix, inputDim * features);
  if (centre !== undefined) check('centre', centre, inputDim);
  for (const name of VECTORS[form]) {
    const lengths = name === 'threshold' ? [features, 1] : [features];
    check(name, vectors?.[name], ...lengths);
  }
  if (!NORMALIZATIONS.includes(normalize)) throw refuse('a known normalize', normalize);
  if (normalize === 'mean-norm' && !Number.isFinite(scale)) throw refuse('a scale', scale);
  if (form === 'topk' && !(Number.isSafeInteger(k) && Number(k) > 0)) throw refuse('a k', k);
}

function littleEndian(numbers: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  for (let i = 0; i < numbers.length; i++) view.setFloat32(4 * i, numbers[i] as number, true);
  return new Uint8Array(view.buffer);
}
