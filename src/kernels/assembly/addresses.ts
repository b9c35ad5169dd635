// Addresses, for the host.
import * as layout from './layout';

/** The address of what src/kernels/addresses.ts lists under the same number. */
export function addressOf(what: i32): usize {
  switch (what) {
    case 0:
      return layout.fault;
    case 1:
      return layout.params;
    case 2:
      return layout.results;
    case 3:
      return layout.stamps;
    case 4:
      return layout.x;
    case 5:
      return layout.target;
    case 6:
      return layout.errors;
    case 7:
      return layout.placeOf;
    case 8:
      return layout.updatedAt;
    case 9:
      return layout.listCount;
    case 10:
      return layout.listStart;
    case 11:
      return layout.pool;
    case 12:
      return layout.encoder;
    case 13:
      return layout.decoder;
    case 14:
      return layout.vector;
    case 15:
      return layout.bias;
    case 16:
      return layout.encoderV;
    case 17:
      return layout.decoderV;
    case 18:
      return layout.vectorV;
    case 19:
      return layout.biasV;
    case 20:
      return layout.encoderM;
    case 21:
      return layout.decoderM;
    case 22:
      return layout.vectorM;
    case 23:
      return layout.biasM;
    case 24:
      return layout.vectorBefore;
    case 25:
      return layout.biasBefore;
    case 26:
      return layout.biasMovedAt;
    case 27:
      return layout.firing;
    case 28:
      return layout.spreadSums;
    case 29:
      return layout.spreadSquares;
    case 30:
      return layout.prefixEnds;
    case 31:
      return layout.prefixWeights;
    case 32:
      return layout.asleep;
    case 33:
      return layout.vectorsLeast;
    case 34:
      return layout.skip;
    case 35:
      return layout.skipPlaceOf;
    case 36:
      return layout.skipV;
    case 37:
      return layout.skipM;
    default:
      return 0;
  }
}
