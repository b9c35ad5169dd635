import { nodeModule } from '../../nodeModule';

type Crc32 = (bytes: Uint8Array, seed?: number) => number;

/** The polynomial of the remainder, with the lowest power in the highest bit. */
const POLYNOMIAL = 0xedb88320;

let tables: Int32Array | undefined;
let chosen: Crc32 | undefined;

/**
 * Computes the checksum of ZIP archives, with Node's implementation in Node.
 *
 * @param seed the checksum of the preceding bytes
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  chosen ??= nodeModule<{ crc32?: Crc32 }>('node:zlib')?.crc32 ?? crc32InTables;
  return chosen(bytes, seed);
}

/**
 * Returns the checksum of two consecutive pieces, from the checksums of both.
 *
 * A piece before n others contributes x^(8n) times as much, modulo the polynomial: so pieces may
 * arrive in any order, and are read only once.
 *
 * @param length the number of bytes behind `second`
 */
export function joinedCrc32(first: number, second: number, length: number): number {
  let shift = ONE;
  let power = X_TO_8;
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) shift = product(shift, power);
    power = product(power, power);
  }
  return (product(shift, first) ^ second) >>> 0;
}

/** Polynomials in the checksum's form: the lowest power in the highest bit. */
const ONE = 0x80000000;
const X_TO_8 = 0x00800000;

/** Returns the product of two polynomials, modulo that of the checksum. */
function product(a: number, b: number): number {
  let sum = 0;
  let shifted = b;
  for (let power = 31; power >= 0; power--) {
    if ((a >>> power) & 1) sum ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
  }
  return sum >>> 0;
}

/**
 * Implements {@link crc32} in TypeScript, 16 bytes at a time: a table for each number of following
 * bytes holds each byte's contribution.
 */
export function crc32InTables(bytes: Uint8Array, seed = 0): number {
  tables ??= makeTables();
  const t = tables;
  let crc = ~seed;
  let i = 0;
  for (const end = bytes.length - 15; i < end; i += 16) {
    crc =
      (t[3840 + ((bytes[i] as number) ^ (crc & 255))] as number) ^
      (t[3584 + ((bytes[i + 1] as number) ^ ((crc >>> 8) & 255))] as number) ^
      (t[3328 + ((bytes[i + 2] as number) ^ ((crc >>> 16) & 255))] as number) ^
      (t[3072 + ((bytes[i + 3] as number) ^ (crc >>> 24))] as number) ^
      (t[2816 + (bytes[i + 4] as number)] as number) ^
      (t[2560 + (bytes[i + 5] as number)] as number) ^
      (t[2304 + (bytes[i + 6] as number)] as number) ^
      (t[2048 + (bytes[i + 7] as number)] as number) ^
      (t[1792 + (bytes[i + 8] as number)] as number) ^
      (t[1536 + (bytes[i + 9] as number)] as number) ^
      (t[1280 + (bytes[i + 10] as number)] as number) ^
      (t[1024 + (bytes[i + 11] as number)] as number) ^
      (t[768 + (bytes[i + 12] as number)] as number) ^
      (t[512 + (bytes[i + 13] as number)] as number) ^
      (t[256 + (bytes[i + 14] as number)] as number) ^
      (t[bytes[i + 15] as number] as number);
  }
  for (; i < bytes.length; i++) {
    crc = (t[(crc ^ (bytes[i] as number)) & 255] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

function makeTables(): Int32Array {
  const made = new Int32Array(16 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    made[byte] = crc;
  }
  for (let i = 256; i < made.length; i++) {
    const before = made[i - 256] as number;
    made[i] = (made[before & 255] as number) ^ (before >>> 8);
  }
  return made;
}
