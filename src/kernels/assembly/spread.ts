// How the targets are spread: sums and squares of each column, from the first row on.
import { spreadSquares, spreadSums, stride, target, x } from './layout';
import { Param, param } from './numbers';
import { fma, sum } from './simd';
import { next } from './threads';

/** Rows that are summed in f32, before their sum goes to one in f64. */
const ROWS: i32 = 64;

// @inline
function addTo(sums: usize, values: v128): void {
  const low = f64x2.promote_low_f32x4(values);
  const high = f64x2.promote_low_f32x4(i32x4.shuffle(values, values, 2, 3, 2, 3));
  v128.store(sums, f64x2.add(v128.load(sums), low));
  v128.store(sums, f64x2.add(v128.load(sums, 16), high), 16);
}

/** Sums sixteen columns, and then others, as long as there are some. */
export function spread(kind: usize, rows: i32): void {
  const wanted = param(Param.HasTarget) != 0 ? target : x;
  const blocks = <i32>(stride / 64);
  for (let block = next(kind); block < blocks; block = next(kind)) {
    const o = <usize>block * 64;
    const sums = spreadSums + 2 * o;
    memory.fill(sums, 0, 128);
    const first = wanted + o;
    const fa = v128.load(first);
    const fb = v128.load(first, 16);
    const fc = v128.load(first, 32);
    const fd = v128.load(first, 48);
    let squares: f64 = 0;
    for (let from = 0; from < rows; from += ROWS) {
      const end = first + <usize>min(from + ROWS, rows) * stride;
      let a = f32x4.splat(0);
      let b = a;
      let c = a;
      let d = a;
      let q = a;
      let r = a;
      for (let row = first + <usize>from * stride; row < end; row += stride) {
        const va = f32x4.sub(v128.load(row), fa);
        const vb = f32x4.sub(v128.load(row, 16), fb);
        const vc = f32x4.sub(v128.load(row, 32), fc);
        const vd = f32x4.sub(v128.load(row, 48), fd);
        a = f32x4.add(a, va);
        b = f32x4.add(b, vb);
        c = f32x4.add(c, vc);
        d = f32x4.add(d, vd);
        q = fma(va, va, q);
        r = fma(vb, vb, r);
        q = fma(vc, vc, q);
        r = fma(vd, vd, r);
      }
      addTo(sums, a);
      addTo(sums + 32, b);
      addTo(sums + 64, c);
      addTo(sums + 96, d);
      squares += <f64>sum(f32x4.add(q, r));
    }
    f64.store(spreadSquares + <usize>block * 8, squares);
  }
}
