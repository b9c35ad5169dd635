// The one dense product of a step, a tile at a time, and at once the few pairs that it opens.
import { activate, activateDead, Selection, selection } from './architecture';
import { decoderRow, encoderRow } from './features';
import {
  auxCount,
  capacity,
  chunk,
  chunks,
  deadCount,
  ENTRY,
  examples,
  features,
  firing,
  LIST_ROOM,
  levels,
  listCount,
  listStart,
  norms,
  PAIR,
  pairCount,
  pairStart,
  penaltyByNorm,
  punishesDead,
  scratch,
  scratchBytes,
  stride,
  TILE,
  xPairs,
} from './layout';
import { Param, param } from './numbers';
import { outOfMemory, room, used } from './pairs';
import { activateAsleep, isAsleep, revivesAny } from './revival';
import { countScreened, screenTile } from './screen';
import { fma, squaredNorm, sum } from './simd';
import { next } from './threads';

/** Four rows, four columns of each in turn. */
function pack(feature: i32, to: usize): void {
  const r0 = encoderRow(feature);
  const r1 = encoderRow(feature + 1);
  const r2 = encoderRow(feature + 2);
  const r3 = encoderRow(feature + 3);
  for (let o: usize = 0; o < stride; o += 16) {
    v128.store(to, v128.load(r0 + o));
    v128.store(to, v128.load(r1 + o), 16);
    v128.store(to, v128.load(r2 + o), 32);
    v128.store(to, v128.load(r3 + o), 48);
    to += 64;
  }
}

/**
 * The products of all examples with a tile of features: `tile[feature][example]`.
 *
 * Two examples by four features in registers. The inner loop is not unrolled, and has eight sums
 * and no more: with more of either V8 keeps some in memory, which takes half as long again.
 */
export function products(packed: usize, tile: usize, rows: i32): void {
  const column = <usize>capacity * 4;
  for (let b = 0; b < rows; b += 2) {
    const pair = xPairs + <usize>b * stride;
    const end = pair + 2 * stride;
    for (let half: usize = 0; half < 2; half++) {
      let xs = pair;
      let w = packed + half * 4 * stride;
      let a00 = f32x4.splat(0);
      let a01 = a00;
      let a02 = a00;
      let a03 = a00;
      let a10 = a00;
      let a11 = a00;
      let a12 = a00;
      let a13 = a00;
      while (xs < end) {
        const u0 = v128.load(xs);
        const u1 = v128.load(xs, 16);
        let q = v128.load(w);
        a00 = fma(u0, q, a00);
        a10 = fma(u1, q, a10);
        q = v128.load(w, 16);
        a01 = fma(u0, q, a01);
        a11 = fma(u1, q, a11);
        q = v128.load(w, 32);
        a02 = fma(u0, q, a02);
        a12 = fma(u1, q, a12);
        q = v128.load(w, 48);
        a03 = fma(u0, q, a03);
        a13 = fma(u1, q, a13);
        xs += 32;
        w += 64;
      }
      let t = tile + half * 4 * column + <usize>b * 4;
      f32.store(t, sum(a00));
      f32.store(t, sum(a10), 4);
      t += column;
      f32.store(t, sum(a01));
      f32.store(t, sum(a11), 4);
      t += column;
      f32.store(t, sum(a02));
      f32.store(t, sum(a12), 4);
      t += column;
      f32.store(t, sum(a03));
      f32.store(t, sum(a13), 4);
    }
  }
}

/** Lists a chunk's pairs once more, by example: as the decoder wants them. */
function listByExample(
  from: i32,
  to: i32,
  counts: usize,
  starts: usize,
  cursors: usize,
  rows: i32,
): void {
  memory.fill(counts, 0, <usize>examples * 4);
  for (let f = from; f < to; f++) {
    let pair = <usize>load<u32>(pairStart + <usize>f * 4);
    let end = pair + <usize>load<u32>(pairCount + <usize>f * 4) * PAIR;
    let fires: u32 = 0;
    for (; pair < end; pair += PAIR) {
      // A gate may be open and the magnitude not.
      fires += u32(f32.load(pair, 4) > 0);
      const count = counts + (<usize>load<u32>(pair) >> 5);
      store<u32>(count, load<u32>(count) + 1);
    }
    store<u32>(firing + <usize>f * 4, fires);
    end += <usize>load<u32>(auxCount + <usize>f * 4) * PAIR;
    for (; pair < end; pair += PAIR) {
      const count = counts + (<usize>load<u32>(pair) >> 5);
      store<u32>(count, load<u32>(count) + 1);
    }
  }
  for (let level = 0; level < levels; level++) {
    const first = <usize>(level * capacity) * 4;
    for (let b = first; b < first + <usize>rows * 4; b += 4) {
      const bytes = <usize>load<u32>(counts + b) * ENTRY;
      const at = room(bytes);
      used(bytes);
      store<u32>(starts + b, <u32>at);
      store<u32>(cursors + b, <u32>at);
    }
  }
  for (let f = from; f < to; f++) {
    const pair = <usize>load<u32>(pairStart + <usize>f * 4);
    const aux = pair + <usize>load<u32>(pairCount + <usize>f * 4) * PAIR;
    const end = aux + <usize>load<u32>(auxCount + <usize>f * 4) * PAIR;
    const row = <u32>decoderRow(f);
    listPairs(pair, aux, row, cursors, selection != Selection.All);
    listPairs(aux, end, row, cursors, true);
  }
}

/** Lists pairs by their examples; where some may go again, each remembers its entry. */
// @inline
function listPairs(pair: usize, end: usize, row: u32, cursors: usize, selects: bool): void {
  for (; pair < end; pair += PAIR) {
    const cursor = cursors + (<usize>load<u32>(pair) >> 5);
    const entry = <usize>load<u32>(cursor);
    store<u32>(cursor, <u32>(entry + ENTRY));
    store<u32>(entry, row);
    store<u64>(entry, load<u64>(pair, 4), 4);
    store<u32>(entry, <u32>pair, 12);
    if (selects) store<u32>(pair, <u32>entry, 16);
  }
}

/** Whether one of these features is dead: it may have a use for pairs that are not active. */
function isAnyAsleep(from: i32, to: i32): bool {
  for (let f = from; f < to; f++) if (isAsleep(f)) return true;
  return false;
}

/** Encodes chunk after chunk, as long as there are some. */
export function encode(thread: i32, kind: usize, rows: i32, training: bool): void {
  const tile = scratch + <usize>thread * scratchBytes;
  const cursors = tile + <usize>(TILE * capacity) * 4;
  const packed = (cursors + <usize>(examples + LIST_ROOM) * 4 + 63) & ~63;
  const column = <usize>capacity * 4;
  const isAnyDead = training && param(Param.Dead) > 0;
  const revives = training && revivesAny();
  const everyWhich = <i32>param(Param.Screened);
  for (let c = next(kind); c < chunks; c = next(kind)) {
    const screens = everyWhich != 0 && c % everyWhich == 0;
    const from = c * chunk;
    const to = min(from + chunk, features);
    for (let f = from; f < to; f += TILE) {
      const last = min(f + TILE, to);
      if (screens && !(isAnyDead && isAnyAsleep(f, last))) {
        const uncertain = screenTile(f, last, tile, rows, cursors);
        countScreened(thread, (last - f) * rows, uncertain);
      } else {
        pack(f, packed);
        pack(f + 4, packed + 4 * stride);
        products(packed, tile, rows);
      }
      for (let g = f; g < last; g++) {
        const own = tile + <usize>(g - f) * column;
        const asleep = isAnyDead && isAsleep(g);
        const most = asleep ? rows * (1 + i32(revives) + i32(punishesDead)) : rows;
        let pairs = room(<usize>most * PAIR);
        if (punishesDead) {
          const dead = asleep ? activateDead(g, own, rows, pairs) : 0;
          store<u32>(deadCount + <usize>g * 4, dead);
          used(<usize>dead * PAIR);
          pairs += <usize>dead * PAIR;
        }
        const count = activate(g, own, rows, pairs);
        if (penaltyByNorm) {
          const squares: f32 = count > 0 ? squaredNorm(decoderRow(g)) : 0;
          f32.store(norms + <usize>g * 4, sqrt<f32>(squares));
        }
        const aux =
          asleep && revives ? activateAsleep(g, own, rows, pairs + <usize>count * PAIR) : 0;
        used(<usize>(count + aux) * PAIR);
        store<u32>(pairStart + <usize>g * 4, <u32>pairs);
        store<u32>(pairCount + <usize>g * 4, count);
        store<u32>(auxCount + <usize>g * 4, aux);
      }
    }
    if (outOfMemory()) return;
    const lists = <usize>(c * examples) * 4;
    listByExample(from, to, listCount + lists, listStart + lists, cursors, rows);
  }
}
