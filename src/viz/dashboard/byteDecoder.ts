import type { FeatureEntry } from '../../analysis/featureReport/report';
import { decoderRow } from '../decoderRow';
import { DECODER_STEPS } from './pageData';

/**
 * A decoder row in half the bytes: its scale as little-endian float32, then a signed byte a weight.
 *
 * What is lost is less than one of the 256 colours where the largest weight is below 0.3.
 *
 * @returns `4 + inputDim` bytes; undefined where the entry's own text is no row
 */
export function byteDecoder({ decoder }: FeatureEntry, inputDim: number): Uint8Array | undefined {
  const weights = decoder === undefined ? undefined : decoderRow(decoder);
  if (decoder === undefined || weights?.length !== inputDim) return undefined;
  const view = new DataView(new ArrayBuffer(4 + inputDim));
  view.setFloat32(0, decoder.scale, true);
  weights.forEach((weight, i) => {
    view.setInt8(
      4 + i,
      decoder.scale > 0 ? Math.round((weight / decoder.scale) * DECODER_STEPS) : 0,
    );
  });
  return new Uint8Array(view.buffer);
}
