// Which of the listed codes stay, where a row's or a batch's largest are chosen: exactly as many, and of
// equal ones those of the lower features, then of the earlier rows.
//
// Codes above 0 are ordered as their bits are. The least that stays is found by these, eleven at a time.
import { Selection, selection } from './architecture';
import {
  auxCount,
  capacity,
  choice,
  chunks,
  ENTRY,
  examples,
  fault,
  featureGroups,
  features,
  firing,
  GRADIENT_GROUP,
  HISTOGRAM,
  histograms,
  listCount,
  listStart,
  PAIR,
  pairCount,
  pairStart,
  prefixes,
  threads,
} from './layout';
import { Param, param, Result, report } from './numbers';
import { barrier, next } from './threads';

const BUCKETS: u32 = 2048;
/** Bits below those that a pass looks at: 11, 11 and 9 of 31, a code's sign being 0. */
const SHIFT_1: u32 = 20;
const SHIFT_2: u32 = 9;

// @inline
function histogramOf(thread: i32): usize {
  return histograms + <usize>thread * <usize>HISTOGRAM;
}

/** Counts the codes of an example by their bits from \`shift\` on, of those that begin as \`prefix\` does. */
function count(histogram: usize, example: i32, shift: u32, above: u32, prefix: u32): void {
  for (let c = 0; c < chunks; c++) {
    const list = <usize>(c * examples + example) * 4;
    let entry = <usize>load<u32>(listStart + list);
    const end = entry + <usize>load<u32>(listCount + list) * ENTRY;
    for (; entry < end; entry += ENTRY) {
      const bits = load<u32>(entry, 4);
      if (above < 32 && bits >> above != prefix) continue;
      const bucket = histogram + <usize>((bits >> shift) & (BUCKETS - 1)) * 4;
      store<u32>(bucket, load<u32>(bucket) + 1);
    }
  }
}

let wanted: u32 = 0; // how many of the codes in the bucket are still to be chosen

/** The bucket in which the last of the wanted codes is, from the largest on. */
function bucketOf(histogram: usize, count: i32): u32 {
  let bucket: u32 = BUCKETS - 1;
  for (; bucket > 0; bucket--) {
    let codes: u32 = 0;
    for (let t: usize = 0; t < <usize>count; t++) {
      codes += load<u32>(histogram + t * <usize>HISTOGRAM + <usize>bucket * 4);
    }
    if (codes >= wanted) break;
    wanted -= codes;
  }
  return bucket;
}

/** The codes that an example's lists have. */
export function countOf(example: i32): u32 {
  let codes: u32 = 0;
  for (let c = 0; c < chunks; c++) {
    codes += load<u32>(listCount + <usize>(c * examples + example) * 4);
  }
  return codes;
}

/**
 * Leaves in an example's lists what is at least \`least\`, of codes that are equal to it so many only, and
 * those that stay know their pairs; pairs without an entry know so by a 0.
 */
function keep(example: i32, least: u32, ties: u32): void {
  for (let c = 0; c < chunks; c++) {
    const list = <usize>(c * examples + example) * 4;
    const start = <usize>load<u32>(listStart + list);
    const end = start + <usize>load<u32>(listCount + list) * ENTRY;
    let to = start;
    for (let entry = start; entry < end; entry += ENTRY) {
      const pair = <usize>load<u32>(entry, 12);
      const bits = load<u32>(entry, 4);
      let stays = bits > least;
      if (bits == least && ties > 0) {
        // One that has been chosen against knows so by a code of 0.
        stays = load<u32>(pair, 4) == bits;
        if (stays) ties--;
      }
      if (stays) {
        if (to != entry) {
          v128.store(to, v128.load(entry));
          store<u32>(pair, <u32>to, 16);
        }
        to += ENTRY;
      } else {
        store<u32>(pair, 0, 16);
      }
    }
    store<u32>(listCount + list, <u32>((to - start) / ENTRY));
  }
}

/** Leaves an example the \`k\` largest of its codes. */
function selectOf(example: i32, k: u32, histogram: usize): void {
  if (countOf(example) <= k) return;
  wanted = k;
  memory.fill(histogram, 0, <usize>HISTOGRAM);
  count(histogram, example, SHIFT_1, 32, 0);
  const first = bucketOf(histogram, 1);
  memory.fill(histogram, 0, <usize>HISTOGRAM);
  count(histogram, example, SHIFT_2, SHIFT_1, first);
  const second = (first << 11) | bucketOf(histogram, 1);
  memory.fill(histogram, 0, <usize>HISTOGRAM);
  count(histogram, example, 0, SHIFT_2, second);
  const least = (second << SHIFT_2) | (bucketOf(histogram, 1) & 511);
  keep(example, least, wanted);
}

/** Has the codes of the batch counted by their bits; every thread the same. */
function countBatch(thread: i32, rows: i32, shift: u32, above: u32, prefix: u32): u32 {
  const own = histogramOf(thread);
  memory.fill(own, 0, <usize>HISTOGRAM);
  const from = (rows * thread) / threads;
  const to = (rows * (thread + 1)) / threads;
  for (let level = 0; level < prefixes; level++) {
    for (let b = from; b < to; b++) count(own, level * capacity + b, shift, above, prefix);
  }
  barrier();
  const bucket = bucketOf(histograms, threads);
  barrier();
  return bucket;
}

/** Leaves the batch its largest codes. Every thread comes to the same least one. */
function selectOfBatch(thread: i32, rows: i32, k: u32): void {
  let codes: u32 = 0;
  for (let level = 0; level < prefixes; level++) {
    for (let b = 0; b < rows; b++) codes += countOf(level * capacity + b);
  }
  if (codes < k) missAny();
  if (codes <= k) return;
  wanted = k;
  const first = countBatch(thread, rows, SHIFT_1, 32, 0);
  const second = (first << 11) | countBatch(thread, rows, SHIFT_2, SHIFT_1, first);
  const least = (second << SHIFT_2) | (countBatch(thread, rows, 0, SHIFT_2, second) & 511);
  if (thread == 0) chooseTies(least, wanted);
  barrier();
  const from = (rows * thread) / threads;
  const to = (rows * (thread + 1)) / threads;
  for (let level = 0; level < prefixes; level++) {
    for (let b = from; b < to; b++) keep(level * capacity + b, least, u32.MAX_VALUE);
  }
}

/** Chooses among the codes that are equal to the least: those that are too many get a code of 0. */
function chooseTies(least: u32, ties: u32): void {
  for (let f = 0; f < features; f++) {
    let pair = <usize>load<u32>(pairStart + <usize>f * 4);
    const end = pair + <usize>load<u32>(pairCount + <usize>f * 4) * PAIR;
    for (; pair < end; pair += PAIR) {
      if (load<u32>(pair, 4) != least) continue;
      if (ties > 0) ties--;
      else store<u32>(pair, 0, 4);
    }
  }
}

/** Takes pairs whose entries are gone out of one feature's list; returns how many are left. */
function closeUp(pair: usize, end: usize, to: usize): u32 {
  const start = to;
  for (; pair < end; pair += PAIR) {
    const entry = <usize>load<u32>(pair, 16);
    if (entry == 0) continue;
    if (to != pair) {
      memory.copy(to, pair, PAIR);
      store<u32>(entry, <u32>to, 12);
    }
    to += PAIR;
  }
  return <u32>((to - start) / PAIR);
}

/** The least code of a list, or what is given where that is less. */
function leastOf(pair: usize, end: usize, least: f32): f32 {
  for (; pair < end; pair += PAIR) least = min<f32>(least, f32.load(pair, 4));
  return least;
}

/** Notes that the batch has fewer codes above its floor than have to be chosen: some lie below it. */
function missAny(): void {
  if (param(Param.Floor) > 0) store<i32>(fault, 3);
}

/** Selects, where the architecture does, and among dead features; with all threads. */
export function select(thread: i32, kinds: usize, rows: i32, training: bool, revives: bool): void {
  // A batch that is not trained on is none: then the floor is all.
  const ofBatch = selection == Selection.OfBatch && training;
  const selects = selection == Selection.OfRow || ofBatch;
  if (!selects && !revives) return;
  const k = <u32>param(Param.Own);
  const auxK = <u32>param(Param.AuxK);
  const histogram = histogramOf(thread);
  if (ofBatch) selectOfBatch(thread, rows, <u32>(param(Param.Own) * rows));
  for (let b = next(kinds); b < rows; b = next(kinds)) {
    if (selection == Selection.OfRow) {
      // Whoever chooses by row has one prefix only.
      if (countOf(b) < k) missAny();
      selectOf(b, k, histogram);
    }
    if (revives) selectOf(prefixes * capacity + b, auxK, histogram);
  }
  barrier();
  let least = f32.MAX_VALUE;
  for (let g = next(kinds + 1); g < featureGroups; g = next(kinds + 1)) {
    const to = min((g + 1) * GRADIENT_GROUP, features);
    for (let f = g * GRADIENT_GROUP; f < to; f++) {
      const at = <usize>f * 4;
      const pair = <usize>load<u32>(pairStart + at);
      const aux = pair + <usize>load<u32>(pairCount + at) * PAIR;
      const end = aux + <usize>load<u32>(auxCount + at) * PAIR;
      let to = aux;
      if (selects) {
        const codes = closeUp(pair, aux, pair);
        store<u32>(pairCount + at, codes);
        store<u32>(firing + at, codes);
        to = pair + <usize>codes * PAIR;
        least = leastOf(pair, to, least);
      }
      if (aux != end) store<u32>(auxCount + at, closeUp(aux, end, to));
    }
  }
  f32.store(choice + <usize>thread * 64, least);
  barrier();
  if (thread == 0) {
    for (let t = 1; t < threads; t++) least = min<f32>(least, f32.load(choice + <usize>t * 64));
    report(Result.Least, least == f32.MAX_VALUE ? 0 : least);
  }
}
