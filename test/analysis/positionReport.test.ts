import * as tf from '@tensorflow/tfjs';
import {
  captureActivations,
  evaluateSplice,
  type FeatureReport,
  type FeatureReportArgs,
  featureReport,
  ReluSAE,
  type RowDataset,
  type RowOrigin,
} from '../../src';
import { rowHash } from '../../src/analysis/featureReport/rowHash';
import { closeTo, reportRows } from './reportCases';

const IMAGES = 23;
const SIDE = 5;
const MAP: [number, number] = [4, 3];
const PLACES = MAP[0] * MAP[1];
const FILTERS = 4;
const FEATURES = 11;
const labels = Array.from({ length: IMAGES }, (_, image) => image % 3);
/** No two alike: which of them comes first would be a matter of rounding. */
const pixels = reportRows(30, SIDE * SIDE)
  .filter((_, i) => i % 7 !== 6)
  .slice(0, IMAGES)
  .flat();

let model: tf.LayersModel;
let sae: ReluSAE;
let images: tf.Tensor4D;
beforeAll(() => {
  model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        filters: FILTERS,
        kernelSize: [2, 3],
        inputShape: [SIDE, SIDE, 1],
        name: 'conv',
        kernelInitializer: tf.initializers.randomNormal({ seed: 3 }),
      }),
      tf.layers.globalAveragePooling2d({}),
    ],
  });
  sae = new ReluSAE({ inputDim: FILTERS, encodingDim: FEATURES, seed: 2, name: 'hidden' });
  images = tf.tensor4d(pixels, [IMAGES, SIDE, SIDE, 1]);
});
afterAll(() => {
  for (const one of [model, sae, images]) one.dispose();
});

/** Codes of all positions of all images: `[images][positions][features]`. */
async function allCodes(): Promise<number[][][]> {
  const conv = tf.model({ inputs: model.inputs, outputs: model.getLayer('conv').output });
  const hidden = tf.tidy(() => (conv.predict(images) as tf.Tensor).reshape([-1, FILTERS]));
  const codes = sae.encode(hidden);
  // Off is 0, which a GPU may write as -0.
  const dense = ((await codes.array()) as number[][]).map((row) => row.map((code) => code + 0));
  tf.dispose([hidden, codes]);
  return Array.from({ length: IMAGES }, (_, i) => dense.slice(i * PLACES, (i + 1) * PLACES));
}

type Row = { image: number; position: number };
const report = (rows: RowDataset | tf.Tensor, args: FeatureReportArgs = {}) =>
  featureReport(sae, rows, { images, imageShape: [SIDE, SIDE], mapShape: MAP, ...args });

/** What the report must say of examples, from all codes at once, of the rows that there are. */
function plainExamples(codes: number[][][], rows: Row[], feature: number, isThere: boolean[]) {
  const of = ({ image, position }: Row) => codes[image]?.[position]?.[feature] as number;
  const firing = rows.map((row, number) => ({ ...row, number })).filter((row) => of(row) > 0);
  const example = (row: Row & { number: number }) => ({
    row: row.number,
    activation: of(row),
    label: labels[row.image],
    image: row.image,
    position: row.position,
    activations: codes[row.image]?.map((code, place) => (isThere[place] ? code[feature] : null)),
  });
  /** The best row of each image. */
  const perImage = (all: typeof firing, score: (row: (typeof firing)[number]) => number) => {
    const best = new Map<number, (typeof firing)[number]>();
    for (const row of all) {
      const known = best.get(row.image);
      if (known === undefined || score(row) >= score(known)) best.set(row.image, row);
    }
    return [...best.values()].sort((a, b) => score(b) - score(a) || b.number - a.number);
  };
  const octaves = [...new Set(firing.map((row) => Math.floor(Math.log2(of(row)))))];
  return {
    images: new Set(firing.map(({ image }) => image)).size,
    density: firing.length / rows.length,
    classes: [0, 1, 2]
      .map((label) => ({
        label,
        share:
          new Set(firing.map(({ image }) => image).filter((image) => labels[image] === label))
            .size / new Set(firing.map(({ image }) => image)).size,
      }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share || a.label - b.label),
    top: perImage(firing, of).slice(0, 5).map(example),
    intervals: octaves
      .sort((a, b) => b - a)
      .slice(0, 6)
      .map((octave) => {
        const own = firing.filter((row) => Math.floor(Math.log2(of(row))) === octave);
        const drawn = perImage(own, ({ number }) => -rowHash(number, feature)).slice(0, 2);
        drawn.sort((a, b) => of(b) - of(a) || b.number - a.number);
        return { count: own.length, examples: drawn.map(example) };
      }),
  };
}

const everywhere = Array.from({ length: IMAGES }, (_, image) =>
  Array.from({ length: PLACES }, (_, position) => ({ image, position })),
).flat();

/** Codes of other batches may have other last digits. */
const near = (received: unknown, expected: unknown) =>
  closeTo(received, expected, (_, value) => !Number.isInteger(value));

async function expectPlain(made: FeatureReport, isThere: boolean[]) {
  const codes = await allCodes();
  const rows = everywhere.filter(({ position }) => isThere[position]);
  expect(made.data.rows).toBe(rows.length);
  expect(made.data.images).toBe(IMAGES);
  let alive = 0;
  for (const entry of made.features) {
    const plain = plainExamples(codes, rows, entry.feature, isThere);
    if (plain.images > 0) alive += 1;
    expect(entry.images).toBe(plain.images);
    expect(entry.density).toBeCloseTo(plain.density, 12);
    expect(entry.classes).toEqual(plain.classes);
    expect(entry.purity).toBe(plain.classes[0]?.share ?? null);
    expect(entry.top).toEqual(near(entry.top, plain.top));
    const drawn = entry.intervals.map(({ count, examples }) => ({ count, examples }));
    expect(drawn).toEqual(near(drawn, plain.intervals));
  }
  expect(alive).toBeGreaterThan(5);
}

const args = { labels, topExamples: 5, intervalExamples: 2 };
const all = Array.from({ length: PLACES }, () => true);

test.each([1, 4, 32])(
  'positions, %d images at a time: what a plain computation comes to',
  async (batchSize) => {
    const rows = captureActivations(model, 'conv', images, { batchSize });
    await expectPlain(await report(rows, args), all);
  },
);

test.each([1, 7, 50])('in batches of %d rows that end within images', async (rowsPerBatch) => {
  const rows = captureActivations(model, 'conv', images, { rowsPerBatch });
  await expectPlain(await report(rows, args), all);
});

test('positions that a mask leaves out are null, and no others', async () => {
  const isThere = all.map((_, position) => position % 4 !== 1);
  const rows = captureActivations(model, 'conv', images, {
    mask: () => tf.tidy(() => tf.tile(tf.tensor2d([isThere.map(Number)]), [IMAGES, 1])),
  });
  const made = await report(rows, args);
  await expectPlain(made, isThere);
  expect(
    made.features.flatMap(({ top }) => top).some(({ activations = [] }) => activations[1] === null),
  ).toBe(true);
});

test('rows without an origin are all positions of all images', async () => {
  const hidden = captureActivations(model, 'conv', images, { batchSize: IMAGES });
  const { value } = await hidden.iterator().next();
  const { xs } = value as { xs: tf.Tensor2D };
  const told = await report(hidden, args);
  expect(await report(xs, args)).toEqual(told);
  const part = xs.slice(0, 30);
  await expect(report(part)).rejects.toThrow(
    'SAE_DATA featureReport: expected 12 rows for each image, as mapShape has it and the rows tell no origin; received 30 rows.',
  );
  tf.dispose([xs, part]);
});

test('the images that are shown, as bytes, from a tensor and from a dataset of batches', async () => {
  const rows = captureActivations(model, 'conv', images);
  const few = { ...args, topExamples: 1, intervalExamples: 0 };
  const made = await report(rows, few);
  const shown = new Set(made.features.flatMap(({ top }) => top.map(({ image }) => image)));
  expect(Object.keys(made.images ?? {}).map(Number)).toEqual(
    [...shown].sort((a, b) => Number(a) - Number(b)),
  );
  expect(shown.size).toBeLessThan(IMAGES);
  const size = SIDE * SIDE;
  for (const [image, text] of Object.entries(made.images ?? {})) {
    const own = pixels.slice(Number(image) * size, (Number(image) + 1) * size);
    const bytes = own.map((value) => Math.min(255, Math.floor(value * 256)));
    expect(Buffer.from(text, 'base64')).toEqual(Buffer.from(bytes));
  }
  const before = tf.memory().numTensors;
  const batches: RowDataset = {
    iterator: () => {
      let at = 0;
      const next = async () => {
        if (at >= IMAGES) return { value: null, done: true };
        const xs = images.slice(at, Math.min(7, IMAGES - at));
        at += 7;
        return { value: { xs, ys: tf.zeros([xs.shape[0], 2]) }, done: false };
      };
      return { next };
    },
  };
  expect(
    await report(captureActivations(model, 'conv', batches), { ...few, images: batches }),
  ).toEqual(made);
  expect(tf.memory().numTensors).toBe(before);
});

test('without a mapShape a row is of a whole image', async () => {
  const rows = captureActivations(model, 'conv', images, { positions: 'mean' });
  const made = await report(rows, { ...args, mapShape: undefined });
  expect(made.data).toMatchObject({
    kind: 'position',
    mapShape: [1, 1],
    rows: IMAGES,
    images: IMAGES,
  });
  for (const { top, density, images: many } of made.features) {
    expect(many).toBe(Math.round(density * IMAGES));
    for (const { row, image, position, activation, activations } of top) {
      expect([image, position, activations]).toEqual([row, 0, [activation]]);
    }
  }
});

/** Rows of documents that tell where they come from: every token but the first of each. */
function tokenRows(documents: string[][], x: number[][]): RowDataset {
  const places = documents.flatMap((document, d) => document.map((_, p) => [d, p] as const));
  const kept = places.filter(([, position]) => position > 0);
  const origin: RowOrigin = {
    examples: Int32Array.from(kept, ([document]) => document),
    positions: Int32Array.from(kept, ([, position]) => position),
  };
  const rows = x.slice(0, kept.length);
  return {
    iterator: () => {
      let done = false;
      const next = async () => {
        if (done) return { value: null, done: true };
        done = true;
        return { value: { xs: tf.tensor2d(rows), origin }, done: false };
      };
      return { next };
    },
  };
}

test('tokens with an origin stand in their documents, those left out without an activation', async () => {
  const documents = [['a', 'b', 'c', 'd'], ['e'], [], ['f', 'g', 'h']];
  const x = reportRows(5, FILTERS);
  const made = await featureReport(sae, tokenRows(documents, x), {
    tokens: documents,
    contextTokens: 2,
  });
  expect(made.data).toMatchObject({ kind: 'token', rows: 5 });
  const codes = tf.tidy(() => sae.encode(tf.tensor2d(x)).arraySync()) as number[][];
  const windows = [
    { document: 0, position: 1, tokens: ['a', 'b', 'c', 'd'], focus: 1 },
    { document: 0, position: 2, tokens: ['a', 'b', 'c', 'd'], focus: 2 },
    { document: 0, position: 3, tokens: ['b', 'c', 'd'], focus: 2 },
    { document: 3, position: 1, tokens: ['f', 'g', 'h'], focus: 1 },
    { document: 3, position: 2, tokens: ['f', 'g', 'h'], focus: 2 },
  ];
  const rowsShown = [
    [null, 0, 1, 2],
    [null, 0, 1, 2],
    [0, 1, 2],
    [null, 3, 4],
    [null, 3, 4],
  ];
  expect(Object.keys(made.rows).length).toBeGreaterThan(3);
  for (const [row, content] of Object.entries(made.rows)) {
    expect(content).toEqual({ window: windows[Number(row)] });
  }
  for (const { feature, top } of made.features) {
    for (const { row, activations } of top) {
      const expected = rowsShown[row]?.map((other) =>
        other === null ? null : codes[other]?.[feature],
      );
      activations?.forEach((value, i) => {
        if (value === null) expect(expected?.[i]).toBeNull();
        else expect(value).toBeCloseTo(expected?.[i] as number, 5);
      });
    }
  }
});

test('what features do to classes is in the report', async () => {
  const values = Float32Array.from({ length: FEATURES * 2 }, (_, i) => (i % 5) - 2);
  const rows = captureActivations(model, 'conv', images);
  const made = await report(rows, { effects: { classNames: ['cat', 'dog'], values } });
  expect(made.data.effectNames).toEqual(['cat', 'dog']);
  made.features.forEach(({ effects }, feature) => {
    expect(effects).toEqual([values[2 * feature], values[2 * feature + 1]]);
  });
});

test('so are the effects that evaluateSplice measures, as it gives them', async () => {
  const args = { outputs: 'logits', effects: 'ablation' } as const;
  const { byAblation } = await evaluateSplice(model, 'conv', sae, images, args);
  const effects = byAblation as NonNullable<typeof byAblation>;
  const rows = captureActivations(model, 'conv', images);
  const made = await report(rows, { effects });
  expect(made.data.effectNames).toEqual(['0', '1', '2', '3']);
  expect(made.features.map((entry) => entry.effects)).toEqual(
    Array.from({ length: FEATURES }, (_, feature) =>
      Array.from(effects.values.subarray(FILTERS * feature, FILTERS * (feature + 1))),
    ),
  );
  // What fires adds something to some class, and nothing else does.
  for (const { density, effects: own } of made.features) {
    expect(own?.some((value) => value !== 0)).toBe(density > 0);
  }
});

/** Rows with an origin. */
const told = (examples: number[], positions: number[], count = examples.length): RowDataset => ({
  iterator: () => {
    let done = false;
    const next = async () => {
      if (done) return { value: null, done: true };
      done = true;
      const origin = { examples: Int32Array.from(examples), positions: Int32Array.from(positions) };
      return { value: { xs: tf.ones([count, FILTERS]), origin }, done: false };
    };
    return { next };
  },
});

test.each<[string, () => RowDataset | tf.Tensor, () => FeatureReportArgs, string]>([
  [
    'no imageShape',
    () => told([0], [0]),
    () => ({ imageShape: undefined }),
    'SAE_OPTION featureReport.imageShape: expected the shape of one of the images; received undefined.',
  ],
  [
    'another imageShape',
    () => told([0], [0]),
    () => ({ imageShape: [4, 4] }),
    'SAE_DATA featureReport.images: expected images of 16 values, as imageShape has it; received [23,5,5,1].',
  ],
  [
    'a mapShape without images',
    () => told([0], [0]),
    () => ({ images: undefined, imageShape: undefined }),
    'SAE_OPTION featureReport.mapShape: expected none, as there are no images; received [4,3].',
  ],
  [
    'no mapShape',
    () => told([0], [0]),
    () => ({ mapShape: [4] as never }),
    'SAE_OPTION featureReport.mapShape: expected [height, width] of at most 65536 places; received [4].',
  ],
  [
    'a mapShape beyond all pictures',
    () => told([0], [0]),
    () => ({ mapShape: [1e9, 1e9] }),
    'SAE_OPTION featureReport.mapShape: ',
  ],
  [
    'a position beyond the map',
    () => told([0, 0], [0, 12]),
    () => ({}),
    'SAE_DATA featureReport: expected the origin to have example and position of 23 images of 4 × 3 positions; received [0,12] for row 1.',
  ],
  [
    'an image that is not there',
    () => told([0, 23], [0, 0]),
    () => ({}),
    'received [23,0] for row 1.',
  ],
  ['a negative one', () => told([-1], [0]), () => ({}), 'received [-1,0] for row 0.'],
  [
    'positions that go back',
    () => told([0, 0], [3, 3]),
    () => ({}),
    'rows in the order of examples, and of positions in each; received [0,3] for row 1.',
  ],
  ['images that go back', () => told([2, 1], [0, 1]), () => ({}), 'received [1,1] for row 1.'],
  [
    'an origin of another length',
    () => told([0], [0], 3),
    () => ({}),
    'expected the origin to have 3 examples, one for each row; received 1.',
  ],
  [
    'a label for each row',
    () => told([0], [0]),
    () => ({ labels: everywhere.map(() => 0) }),
    'SAE_DATA featureReport: expected as many labels as images; received 276 for 23 images.',
  ],
  [
    'images and tokens',
    () => told([0], [0]),
    () => ({ tokens: [['a']] }),
    'SAE_OPTION featureReport.tokens: ',
  ],
  [
    'images that are none',
    () => told([0], [0]),
    () => ({ images: [[1]] as never }),
    'SAE_OPTION featureReport.images: expected a tensor [images, ...], or a dataset of batches of images',
  ],
  [
    'too few images',
    () => told([0, 22], [0, 0]),
    () => ({ images: captureLike(2) }),
    'SAE_DATA featureReport.images: expected at least 23 images, as rows are of image 22; received 2.',
  ],
  [
    'effects of other features',
    () => told([0], [0]),
    () => ({ effects: { classNames: ['a'], values: [1, 2] } }),
    'SAE_OPTION featureReport.effects.values: expected 11 × 1 numbers, one for each feature and class; received 2.',
  ],
  [
    'effects of NaN',
    () => told([0], [0]),
    () => ({ effects: { classNames: ['a'], values: Array(11).fill(Number.NaN) } }),
    'SAE_OPTION featureReport.effects.values: expected finite numbers; received NaN.',
  ],
])('%s is refused', async (_, rows, wrong, message) => {
  const before = tf.memory().numTensors;
  await expect(report(rows(), wrong())).rejects.toThrow(message);
  expect(tf.memory().numTensors).toBe(before);
});

/** A dataset of so many images. */
function captureLike(count: number): RowDataset {
  return {
    iterator: () => {
      let done = false;
      const next = async () => {
        if (done) return { value: null, done: true };
        done = true;
        return { value: images.slice(0, count), done: false };
      };
      return { next };
    },
  };
}
