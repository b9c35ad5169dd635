// Where everything lies. Each instance computes the same addresses from the same sizes.
//
// Rows are padded with zeros to 16 columns, features to 8, examples to 4: zeros change no sum.

/** Features whose dot products are computed together. */
export const TILE: i32 = 8;
/** Numbers that a list of examples may be read past its end: it is read by eights. */
export const LIST_ROOM: i32 = 8;
/** Features whose gradients are summed together, for their norm and for b_dec. */
export const GRADIENT_GROUP: i32 = 64;
/**
 * Examples whose errors are summed together. A group has several such pieces: so the sums do not
 * depend on how the examples are shared among threads.
 */
export const PIECE: i32 = 16;
/**
 * Bytes of a pair as the encoder lists it, by feature: example, code, two values, and a word that is
 * the architecture's, or its entry's address where codes are chosen.
 */
export const PAIR: usize = 20;
/** Bytes of a pair as the decoder reads it, by example: decoder row, two values, where by feature. */
export const ENTRY: usize = 16;
/** Bytes of what a thread notes of a feature whose gradients it computes: four addresses. */
export const TASK: usize = 16;
/** Bytes of a thread's counts of codes: by eleven bits at a time. */
export const HISTOGRAM: u64 = 8192;
/** Bytes of an example in a block of 16 columns: the reconstruction's gradient, then xc. */
export const BLOCK: usize = 128;

export let threads: i32 = 1;
export let stride: usize = 0; // bytes of a row
export let features: i32 = 0;
export let capacity: i32 = 0; // examples, a multiple of 4
export let chunk: i32 = 0; // features in a piece of the encoder's work, a multiple of TILE
export let chunks: i32 = 0;
export let featureGroups: i32 = 0; // of GRADIENT_GROUP features
export let group: i32 = 0; // examples that are decoded together, a multiple of PIECE
export let channels: usize = 1; // reconstructions of an example
export let centred: bool = true; // whether b_dec is taken from the rows before they are encoded
export let vectors: i32 = 0; // weights [features] of the encoder
export let levels: i32 = 1; // errors of an example: of each prefix, then of the revival
export let prefixes: i32 = 1; // reconstructions, each by more features than the one before
export let examples: i32 = 0; // of all levels: level · capacity + row
export let momentum: bool = false;
export let penaltyByNorm: bool = false; // decoder rows' norms weigh what features add to the penalty
export let punishesDead: bool = false; // dead features have a penalty of their own
export let derivesNorms: bool = false; // the architecture has derivatives by decoder rows' norms
export let secondTrains: bool = false; // the decoder has a gradient of the second reconstruction
export let places: usize = 1; // of a weight's row: two while it trains
export let skipBlocks: i32 = 0; // blocks of 16 columns of the skip connection; 0 without one
export let skipBytes: usize = 0; // of such a block

export let control: usize = 0;
export let fault: usize = 0;
export let params: usize = 0;
export let results: usize = 0;
export let stamps: usize = 0;
export let x: usize = 0;
export let target: usize = 0;
export let xPairs: usize = 0;
export let errors: usize = 0;
export let blocks: usize = 0;
export let encoder: usize = 0;
export let decoder: usize = 0;
export let vector: usize = 0;
export let bias: usize = 0;
export let skip: usize = 0; // by block and place: input by input, 16 columns of each
export let skipPlaceOf: usize = 0; // by block, as placeOf
export let skipV: usize = 0;
export let skipM: usize = 0;
export let encoderV: usize = 0;
export let decoderV: usize = 0;
export let vectorV: usize = 0;
export let biasV: usize = 0;
export let encoderM: usize = 0;
export let decoderM: usize = 0;
export let vectorM: usize = 0;
export let biasM: usize = 0;
export let vectorBefore: usize = 0;
export let biasBefore: usize = 0;
export let biasMovedAt: usize = 0; // the step that last changed b_dec
export let vectorGradient: usize = 0;
export let biasGradient: usize = 0;
// By feature: which of two places holds its rows (bit 0), and the step that moved them there (the
// others). One word, so that whoever reads while a step is under way sees both as they belong together.
export let placeOf: usize = 0;
export let updatedAt: usize = 0; // by feature: the step up to which its moments have decayed
export let prefixEnds: usize = 0; // by prefix: features in it
export let prefixWeights: usize = 0; // by prefix, f64: its weight in the loss, by that of the last
export let vectorsLeast: usize = 0; // by vector, f32: what its entries are at least
export let rowCodes: usize = 0; // by row: its codes above 0, where they are counted
export let rowFeatures: usize = 0; // by row: where the features of its codes lie, where these are written
export let rowValues: usize = 0; // by row: where the codes lie then
export let asleep: usize = 0; // by feature: 1 where it is dead
export let histograms: usize = 0; // by thread: counts of codes by their leading bits
export let choice: usize = 0; // by thread: what it has found of the chosen codes
export let pairCount: usize = 0; // by feature
export let auxCount: usize = 0; // by feature: pairs of its revival, which follow the others
export let pairStart: usize = 0; // by feature
export let deadCount: usize = 0; // by feature: pairs of its penalty while it is dead, which come before the others
export let deadSums: usize = 0; // by feature: what that penalty sums, before the norm weighs it
export let normGradients: usize = 0; // by feature: the architecture's own derivative by its decoder row's norm
export let norms: usize = 0; // by feature: its decoder row's, where that weighs its penalty
export let secondBlocks: usize = 0; // by example and 16 columns: the second reconstruction's gradient
export let penalty: usize = 0; // by feature: the sum of what the sparsity term sums
export let firing: usize = 0; // by feature: rows whose code is above 0
export let xRows: usize = 0; // xc by example, where it is screened
export let screenColumns: usize = 0; // bytes of a row in whole numbers
export let screenedFeatures: usize = 0; // by feature: its row of the encoder in whole numbers
export let screenNumbers: usize = 0; // by feature, f32: four numbers that go with them
export let isStale: usize = 0; // by feature: 1 where its row has changed since
export let screenedRows: usize = 0; // by example: it in whole numbers
export let screenRowNumbers: usize = 0; // four arrays by example, f32
export let screenCounts: usize = 0; // by thread, f64: pairs that were screened, and those that were not certain
export let spreadSums: usize = 0; // by column, f64: sums of the targets, less the first one
export let spreadSquares: usize = 0; // by block of 16 columns, f64: the sum of their squares
export let listCount: usize = 0; // by chunk and example
export let listStart: usize = 0; // by chunk and example
export let pieceSums: usize = 0; // by piece of examples: two f64 sums of squared errors
export let pieceColumns: usize = 0; // by piece of examples: columns of the reconstruction's gradient
export let pieceResiduals: usize = 0; // by piece of examples: columns of what is left to revivals
export let normSums: usize = 0; // by group of features, f64
export let skipSquares: usize = 0; // by block of the skip connection, f64: its gradient's squared norm
export let centreSums: usize = 0; // by group of features: columns of xc's gradient
export let scratch: usize = 0; // by thread: tile, packed rows, cursors; later tasks
export let scratchBytes: usize = 0;
export let segment: usize = 0; // bytes of a segment of the pool
export let pool: usize = 0; // where lists of pairs lie; grows

let top: u64 = 0;

function take(bytes: u64): usize {
  const at = top;
  top = (top + bytes + 127) & ~127;
  return <usize>at;
}

const ceil = (n: i32, to: i32): i32 => ((n + to - 1) / to) * to;

/** Bytes of a vector [features]. */
// @inline
export function vectorBytes(): usize {
  return <usize>ceil(features, TILE) * 4;
}

/**
 * Lays everything out.
 *
 * @returns the end of it, where the pool begins; more than 2³² is more than there can be.
 */
export function configure(
  rowWidth: i32,
  featureCount: i32,
  rows: i32,
  threadCount: i32,
  training: bool,
  withMomentum: bool,
  chunkFeatures: i32,
  groupExamples: i32,
  channelCount: i32,
  vectorCount: i32,
  prefixCount: i32,
  revives: bool,
  isCentred: bool,
  weighsByNorm: bool,
  trainsBySecond: bool,
  skipRows: i32,
  skipColumns: i32,
  hasDeadPenalty: bool,
  hasNormGradients: bool,
): f64 {
  stride = <usize>ceil(rowWidth, 16) * 4;
  features = featureCount;
  capacity = ceil(rows, 4);
  threads = threadCount;
  momentum = training && withMomentum;
  penaltyByNorm = weighsByNorm;
  punishesDead = training && hasDeadPenalty;
  derivesNorms = training && hasNormGradients;
  secondTrains = training && trainsBySecond;
  chunk = ceil(chunkFeatures, TILE);
  group = ceil(groupExamples, PIECE);
  channels = <usize>channelCount;
  vectors = vectorCount;
  centred = isCentred;
  prefixes = prefixCount;
  levels = prefixes + (training && revives ? 1 : 0);
  examples = levels * capacity;
  places = training ? 2 : 1;
  chunks = (features + chunk - 1) / chunk;
  featureGroups = (features + GRADIENT_GROUP - 1) / GRADIENT_GROUP;
  skipBlocks = ceil(skipColumns, 16) / 16;
  skipBytes = <usize>ceil(skipRows, 2) * 64;

  const padded = ceil(features, TILE);
  const row = <u64>stride;
  const matrix = <u64>padded * row;
  const batch = <u64>capacity * row;
  const ofLevels = <u64>levels;
  const perFeature = <u64>padded * 4;
  const pieces = <u64>((capacity + PIECE - 1) / PIECE);
  const trained: u64 = training ? 1 : 0;
  const moved: u64 = momentum ? 1 : 0;

  top = (<u64>__heap_base + 127) & ~127;
  control = take(1024);
  fault = take(128);
  params = take(256);
  results = take(256);
  stamps = take(<u64>threads * 64);
  prefixEnds = take(<u64>prefixes * 4);
  prefixWeights = take(<u64>prefixes * 8);
  vectorsLeast = take(<u64>vectors * 4);
  asleep = take(perFeature);
  bias = take(row);
  vector = take(<u64>vectors * perFeature);
  encoder = take(matrix * <u64>places);
  decoder = take(matrix * <u64>places);
  placeOf = take(perFeature);
  isStale = take(perFeature);
  screenNumbers = take(<u64>padded * 16);
  screenColumns = ASC_FEATURE_RELAXED_SIMD ? (stride / 4 + 31) & ~31 : stride / 2;
  screenedFeatures = take(<u64>padded * <u64>screenColumns);
  biasMovedAt = take(4);
  biasBefore = take(row * trained);
  biasGradient = take(row * trained);
  biasV = take(row * trained);
  vectorBefore = take(<u64>vectors * perFeature * trained);
  vectorGradient = take(<u64>vectors * perFeature * trained);
  vectorV = take(<u64>vectors * perFeature * trained);
  encoderV = take(matrix * trained);
  decoderV = take(matrix * trained);
  updatedAt = take(perFeature * trained);
  biasM = take(row * moved);
  vectorM = take(<u64>vectors * perFeature * moved);
  encoderM = take(matrix * moved);
  decoderM = take(matrix * moved);
  const skipMatrix = <u64>skipBlocks * <u64>skipBytes;
  skip = take(skipMatrix * <u64>places);
  skipPlaceOf = take(<u64>skipBlocks * 4);
  skipV = take(skipMatrix * trained);
  skipM = take(skipMatrix * moved);
  // From here on it depends on the batch, and holds nothing between two calls.
  x = take(batch);
  target = take(batch);
  xPairs = take(batch);
  xRows = take(batch);
  screenedRows = take(<u64>capacity * <u64>screenColumns);
  screenRowNumbers = take(<u64>capacity * 16);
  screenCounts = take(<u64>threads * 64);
  errors = take(batch * ofLevels * <u64>channels);
  blocks = take(batch * ofLevels * 2 * trained);
  histograms = take(<u64>threads * HISTOGRAM);
  choice = take(<u64>threads * 64);
  rowCodes = take(<u64>capacity * 4);
  rowFeatures = take(<u64>capacity * 4);
  rowValues = take(<u64>capacity * 4);
  pairCount = take(perFeature);
  auxCount = take(perFeature);
  pairStart = take(perFeature);
  penalty = take(perFeature);
  norms = take(weighsByNorm ? perFeature : 0);
  deadCount = take(punishesDead ? perFeature : 0);
  deadSums = take(punishesDead ? perFeature : 0);
  normGradients = take(derivesNorms ? perFeature : 0);
  secondBlocks = take(secondTrains ? batch : 0);
  firing = take(perFeature);
  spreadSums = take(row * 2);
  spreadSquares = take(row / 8);
  listCount = take(<u64>chunks * <u64>examples * 4);
  listStart = take(<u64>chunks * <u64>examples * 4);
  pieceSums = take(pieces * ofLevels * 16);
  pieceColumns = take(pieces * row * trained);
  pieceResiduals = take(pieces * row * <u64>(levels - prefixes));
  normSums = take(<u64>featureGroups * 8 * trained);
  skipSquares = take(<u64>skipBlocks * 8 * trained);
  centreSums = take(<u64>featureGroups * row * trained);
  const ofScratch = (<u64>capacity * <u64>TILE + <u64>examples + LIST_ROOM) * 4 + <u64>TILE * row;
  const ofTasks = <u64>GRADIENT_GROUP * <u64>TASK;
  scratchBytes = <usize>((max<u64>(ofScratch, ofTasks) + 255) & ~127);
  scratch = take(<u64>threads * <u64>scratchBytes);
  // A dead feature has further pairs for each example.
  const ofFeature = 1 + <u64>(levels - prefixes) + (punishesDead ? 1 : 0);
  const ofRow = max<u64>(<u64>chunk * ENTRY, <u64>padded * 8);
  const largest = max<u64>(<u64>capacity * ofFeature * PAIR, ofRow);
  segment = <usize>((max<u64>(largest, 1 << 18) + 65535) & ~65535);
  top = (top + 65535) & ~65535;
  pool = <usize>top;
  return <f64>top;
}

/** Bytes of one segment of the pool, of which each thread needs one at least. */
export function segmentBytes(): usize {
  return segment;
}
