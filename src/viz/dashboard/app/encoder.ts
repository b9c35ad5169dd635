import { GROUP, type PageEncoder, pieceId } from '../pageData';
import type { Encoder } from './encode';
import { pieceBytes } from './pieces';

/** An encoder whose numbers are read from the file when they are first asked for, and kept. */
export function openEncoder(head: PageEncoder): Encoder {
  const kept = new Map<string, Float32Array>();
  const floats = (id: string) => {
    const values = kept.get(id) ?? littleEndian(pieceBytes(id));
    kept.set(id, values);
    return values;
  };
  return {
    ...head,
    get centre() {
      return head.isCentred ? floats(pieceId('centre')) : undefined;
    },
    vector: (name) => floats(pieceId('vectors', head.vectors.indexOf(name))),
    column(feature) {
      const group = floats(pieceId('encoders', Math.floor(feature / GROUP.encoders)));
      const first = (feature % GROUP.encoders) * head.inputDim;
      return group.subarray(first, first + head.inputDim);
    },
  };
}

function littleEndian(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
