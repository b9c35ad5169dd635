// The codes of each row in one piece, as the host reads them: features that rise, then their codes.
import {
  capacity,
  chunks,
  decoder,
  ENTRY,
  examples,
  listCount,
  listStart,
  places,
  prefixes,
  rowCodes,
  rowFeatures,
  rowValues,
  stride,
} from './layout';
import { room, used } from './pairs';
import { countOf } from './select';
import { next } from './threads';

/**
 * Writes the codes of row after row, as long as there are some. Chunk by chunk, and within each prefix by
 * prefix, features rise.
 */
export function writeCodes(kind: usize, rows: i32): void {
  const step = <u32>(stride * places);
  for (let b = next(kind); b < rows; b = next(kind)) {
    let most: u32 = 0;
    for (let level = 0; level < prefixes; level++) most += countOf(level * capacity + b);
    const start = room(<usize>most * 8);
    let feature = start;
    let value = start + <usize>most * 4;
    store<u32>(rowFeatures + <usize>b * 4, <u32>feature);
    store<u32>(rowValues + <usize>b * 4, <u32>value);
    for (let c = 0; c < chunks; c++) {
      for (let level = 0; level < prefixes; level++) {
        const list = <usize>(c * examples + level * capacity + b) * 4;
        let entry = <usize>load<u32>(listStart + list);
        const end = entry + <usize>load<u32>(listCount + list) * ENTRY;
        for (; entry < end; entry += ENTRY) {
          const code = f32.load(entry, 4);
          store<u32>(feature, (load<u32>(entry) - <u32>decoder) / step);
          f32.store(value, code);
          // A gate may be open where the magnitude is not above 0: the next code goes over it. Not so over
          // NaN, which must be seen.
          const isCode = usize(!(code <= 0)) * 4;
          feature += isCode;
          value += isCode;
        }
      }
    }
    store<u32>(rowCodes + <usize>b * 4, <u32>((feature - start) / 4));
    used(<usize>most * 8);
  }
}
