// Decoding, and its transpose, for architectures with one reconstruction and with two.
//
// Errors begin as b_dec − target, and decoding adds to them: they end as reconstruction − target.
import { ENTRY, stride } from './layout';
import { fma, sum } from './simd';

export function decodeOne(entries: usize, count: u32, error: usize): void {
  const end = entries + <usize>count * ENTRY;
  for (let o: usize = 0; o < stride; o += 64, error += 64) {
    let a = v128.load(error);
    let b = v128.load(error, 16);
    let c = v128.load(error, 32);
    let d = v128.load(error, 48);
    for (let k = entries; k < end; k += ENTRY) {
      const w = o + <usize>load<u32>(k);
      const f = v128.load32_splat(k, 4);
      a = fma(f, v128.load(w), a);
      b = fma(f, v128.load(w, 16), b);
      c = fma(f, v128.load(w, 32), c);
      d = fma(f, v128.load(w, 48), d);
    }
    v128.store(error, a);
    v128.store(error, b, 16);
    v128.store(error, c, 32);
    v128.store(error, d, 48);
  }
}

/** Columns of the two reconstructions lie in turn, four by four. */
export function decodeTwo(entries: usize, count: u32, error: usize): void {
  const end = entries + <usize>count * ENTRY;
  for (let o: usize = 0; o < stride; o += 64, error += 128) {
    let a = v128.load(error);
    let a2 = v128.load(error, 16);
    let b = v128.load(error, 32);
    let b2 = v128.load(error, 48);
    let c = v128.load(error, 64);
    let c2 = v128.load(error, 80);
    let d = v128.load(error, 96);
    let d2 = v128.load(error, 112);
    for (let k = entries; k < end; k += ENTRY) {
      const w = o + <usize>load<u32>(k);
      const f = v128.load32_splat(k, 4);
      const g = v128.load32_splat(k, 8);
      let q = v128.load(w);
      a = fma(f, q, a);
      a2 = fma(g, q, a2);
      q = v128.load(w, 16);
      b = fma(f, q, b);
      b2 = fma(g, q, b2);
      q = v128.load(w, 32);
      c = fma(f, q, c);
      c2 = fma(g, q, c2);
      q = v128.load(w, 48);
      d = fma(f, q, d);
      d2 = fma(g, q, d2);
    }
    v128.store(error, a);
    v128.store(error, a2, 16);
    v128.store(error, b, 32);
    v128.store(error, b2, 48);
    v128.store(error, c, 64);
    v128.store(error, c2, 80);
    v128.store(error, d, 96);
    v128.store(error, d2, 112);
  }
}

/**
 * The rows of four entries; where there are fewer, the last one again: so that a dot product is
 * always summed in the same order, whatever the lists are cut into.
 */
let row0: usize = 0;
let row1: usize = 0;
let row2: usize = 0;
let row3: usize = 0;

function fourRows(entries: usize, count: u32): void {
  row0 = <usize>load<u32>(entries);
  row1 = count > 1 ? <usize>load<u32>(entries, 16) : row0;
  row2 = count > 2 ? <usize>load<u32>(entries, 32) : row1;
  row3 = count > 3 ? <usize>load<u32>(entries, 48) : row2;
}

// @inline
function putOne(entry: usize, dot: f32): void {
  f32.store(<usize>load<u32>(entry, 12), dot, 8);
}

export function projectOne(entries: usize, count: u32, error: usize): void {
  const end = error + stride;
  for (let i: u32 = 0; i < count; i += 4, entries += 4 * ENTRY) {
    fourRows(entries, count - i);
    let w0 = row0;
    let w1 = row1;
    let w2 = row2;
    let w3 = row3;
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    for (let e = error; e < end; e += 32) {
      const u = v128.load(e);
      const v = v128.load(e, 16);
      a0 = fma(u, v128.load(w0), a0);
      b0 = fma(v, v128.load(w0, 16), b0);
      a1 = fma(u, v128.load(w1), a1);
      b1 = fma(v, v128.load(w1, 16), b1);
      a2 = fma(u, v128.load(w2), a2);
      b2 = fma(v, v128.load(w2, 16), b2);
      a3 = fma(u, v128.load(w3), a3);
      b3 = fma(v, v128.load(w3, 16), b3);
      w0 += 32;
      w1 += 32;
      w2 += 32;
      w3 += 32;
    }
    putOne(entries, sum(f32x4.add(a0, b0)));
    if (i + 1 < count) putOne(entries + ENTRY, sum(f32x4.add(a1, b1)));
    if (i + 2 < count) putOne(entries + 2 * ENTRY, sum(f32x4.add(a2, b2)));
    if (i + 3 < count) putOne(entries + 3 * ENTRY, sum(f32x4.add(a3, b3)));
  }
}

// @inline
function putTwo(entry: usize, dot: f32, dot2: f32): void {
  const pair = <usize>load<u32>(entry, 12);
  f32.store(pair, dot, 8);
  f32.store(pair, dot2, 12);
}

export function projectTwo(entries: usize, count: u32, error: usize): void {
  const end = error + 2 * stride;
  for (let i: u32 = 0; i < count; i += 4, entries += 4 * ENTRY) {
    fourRows(entries, count - i);
    let w0 = row0;
    let w1 = row1;
    let w2 = row2;
    let w3 = row3;
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    for (let e = error; e < end; e += 32) {
      const u = v128.load(e);
      const v = v128.load(e, 16);
      let q = v128.load(w0);
      a0 = fma(u, q, a0);
      b0 = fma(v, q, b0);
      q = v128.load(w1);
      a1 = fma(u, q, a1);
      b1 = fma(v, q, b1);
      q = v128.load(w2);
      a2 = fma(u, q, a2);
      b2 = fma(v, q, b2);
      q = v128.load(w3);
      a3 = fma(u, q, a3);
      b3 = fma(v, q, b3);
      w0 += 16;
      w1 += 16;
      w2 += 16;
      w3 += 16;
    }
    putTwo(entries, sum(a0), sum(b0));
    if (i + 1 < count) putTwo(entries + ENTRY, sum(a1), sum(b1));
    if (i + 2 < count) putTwo(entries + 2 * ENTRY, sum(a2), sum(b2));
    if (i + 3 < count) putTwo(entries + 3 * ENTRY, sum(a3), sum(b3));
  }
}
