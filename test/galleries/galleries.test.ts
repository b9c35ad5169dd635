import * as tf from '@tensorflow/tfjs';
import {
  type Codes,
  drawDecoderGallery,
  type FeatureGalleryArgs,
  type FeatureReport,
  featureReport,
  plotDecoderGallery,
  plotFeatureGallery,
  type Rows,
  type SAEModel,
  type SparseCodes,
} from '../../src';
import { codeBatches } from '../../src/galleries/codeBatches';
import { pythonTagging } from '../../src/galleries/featureGallery';
import { sliceCodes } from '../../src/kernels/sparseCodes';
import { taggedGallery } from '../../src/viz/featureGallery';
import { inBatches, reportModel, reportRows } from '../analysis/reportCases';
import { SUBJECTS } from '../conformance/architecture';
import { refusal } from '../refusal';

const WIDTH = 12;
const FEATURES = 30;
const ROWS = 61;
const x = reportRows(ROWS, WIDTH);
const labels = x.map((_, row) => (row % 5) % 3);
const classNames = ['a', '<b>', 'c & d'];
const imageShape = [3, 4] as const;

/** What a gallery is drawn from in a test: a model, its codes, and the report on the same rows. */
interface Stage {
  model: SAEModel;
  codes: SparseCodes;
  dense: tf.Tensor2D;
  report: FeatureReport;
}

async function onStage(
  subject: (typeof SUBJECTS)[number][1],
  act: (stage: Stage) => Promise<void>,
): Promise<void> {
  const model = reportModel(subject, WIDTH, FEATURES);
  const rows = tf.tensor2d(x);
  const codes = await model.encodeSparse(rows);
  const dense = tf.tidy(() => {
    const values = new Float32Array(ROWS * FEATURES);
    for (let row = 0; row < ROWS; row++) {
      for (let i = codes.rowOffsets[row] as number; i < (codes.rowOffsets[row + 1] ?? 0); i++) {
        values[row * FEATURES + (codes.indices[i] as number)] = codes.values[i] as number;
      }
    }
    return tf.tensor2d(values, [ROWS, FEATURES]);
  });
  const report = await featureReport(model, rows, { labels, classNames, imageShape });
  try {
    await act({ model, codes, dense, report });
  } finally {
    tf.dispose([rows, dense]);
    model.dispose();
  }
}

async function* stream<T>(...batches: T[]) {
  yield* batches;
}

/** The gallery of a report, tagged as in Python. */
const fromReport = (report: FeatureReport, args: FeatureGalleryArgs & { topImages: number }) =>
  taggedGallery(report, args, pythonTagging(args.topImages));

const slices = (codes: SparseCodes, sizes: number[]) => {
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return sliceCodes(codes, at - size, at);
  });
};

/** The same codes in every form in which they may come. */
const FORMS: [string, (stage: Stage) => Codes][] = [
  ['sparse', ({ codes }) => codes],
  ['dense', ({ dense }) => dense],
  ['a stream of sparse ones', ({ codes }) => stream(...slices(codes, [1, 40, 20]))],
  [
    'a stream of dense and sparse ones',
    ({ codes, dense }) =>
      stream<tf.Tensor | SparseCodes>(
        tf.slice(dense, [0, 0], [7, FEATURES]),
        sliceCodes(codes, 7, 10),
        tf.slice(dense, [10, 0]),
      ),
  ],
  ['a dataset', ({ dense }) => inBatches(dense.arraySync() as number[][], [9, 30])],
];

describe.each(SUBJECTS)('%s', (_, subject) => {
  test.each(FORMS)('codes: %s', (_, form) =>
    onStage(subject, async (stage) => {
      const { model, report } = stage;
      const decoders = await plotDecoderGallery(model, form(stage), {
        ...{ topN: 4, columns: 3 },
        imageShape,
      });
      expect(decoders.toSVG()).toBe(drawDecoderGallery(report, { topN: 4, columns: 3 }).toSVG());
      expect(decoders.toSVG()).toContain('F#');

      const args = { topFeatures: 6, topImages: 3, limit: 0.4 };
      const expected = fromReport(report, args).toSVG();
      for (const rows of [tf.tensor2d(x), inBatches(x, [11, 2, 5]), inBatches(x, [61])]) {
        const given = { ...args, imageShape };
        const figure = await plotFeatureGallery(
          model,
          form(stage),
          rows,
          labels,
          classNames,
          given,
        );
        expect(figure.toSVG()).toBe(expected);
        if (rows instanceof tf.Tensor) rows.dispose();
      }
    }),
  );
});

const [, subject] = SUBJECTS[0] as (typeof SUBJECTS)[number];

test('features that are asked for, in this order', () =>
  onStage(subject, async ({ model, codes, report }) => {
    const featureIdx = [17, 3, 29, 3];
    const rows = inBatches(x, [16]);
    const given = { featureIdx, imageShape, topImages: 2, topFeatures: 3 };
    const figure = await plotFeatureGallery(model, codes, rows, labels, classNames, given);
    const expected = fromReport(report, { featureIdx: [17, 3, 29], topImages: 2 });
    expect(figure.toSVG()).toBe(expected.toSVG());
  }));

test('more features and images than there are', () =>
  onStage(subject, async ({ model, codes, report }) => {
    const decoders = await plotDecoderGallery(model, codes, { topN: 99, imageShape });
    expect(decoders.toSVG()).toBe(drawDecoderGallery(report, { topN: 99 }).toSVG());
    const given = { topFeatures: 99, topImages: 20, imageShape };
    const rows = inBatches(x, [16]);
    const figure = await plotFeatureGallery(model, codes, rows, labels, classNames, given);
    const expected = fromReport(report, { topFeatures: 99, topImages: 20 });
    expect(figure.toSVG()).toBe(expected.toSVG());
  }));

test('codes that somebody has made, not the model: where nothing fires nothing is shown', () =>
  onStage(subject, async ({ model }) => {
    const none: SparseCodes = {
      indices: Uint32Array.of(4),
      values: Float32Array.of(0.5),
      rowOffsets: Uint32Array.from({ length: ROWS + 1 }, (_, row) => (row > 8 ? 1 : 0)),
    };
    const rows = inBatches(x, [16]);
    const figure = await plotFeatureGallery(model, none, rows, labels, classNames, { imageShape });
    const svg = figure.toSVG();
    expect(svg).toContain('F#4');
    expect(svg.match(/F#/g)).toHaveLength(1);
    expect(svg).toContain('(0.50)');
    expect(svg).not.toContain('(0.00)');
  }));

test.each<[string, (stage: Stage) => unknown, string]>([
  ['undefined', () => undefined, 'SAE_DATA'],
  ['a number', () => 7, 'SAE_DATA'],
  ['no row', () => tf.zeros([0, FEATURES]), 'SAE_DATA'],
  ['no batch', () => stream(), 'SAE_DATA'],
  ['another width', () => tf.zeros([ROWS, 5]), 'SAE_SHAPE'],
  ['rank 1', () => tf.zeros([FEATURES]), 'SAE_SHAPE'],
  ['below 0', () => tf.fill([ROWS, FEATURES], -1), 'SAE_DATA'],
  ['NaN', () => tf.fill([ROWS, FEATURES], Number.NaN), 'SAE_DATA'],
  ['NaN later', () => stream(tf.ones([3, FEATURES]), tf.fill([3, FEATURES], Infinity)), 'SAE_DATA'],
  ['unsorted', ({ codes }) => ({ ...codes, indices: codes.indices.map(() => 1) }), 'SAE_DATA'],
  ['beyond', ({ codes }) => ({ ...codes, indices: codes.indices.map(() => 99) }), 'SAE_DATA'],
  ['zeros', ({ codes }) => ({ ...codes, values: codes.values.map(() => 0) }), 'SAE_DATA'],
  ['a stream of something else', () => stream({ xs: 1 }), 'SAE_DATA'],
])('refused codes: %s', (_, codes, code) =>
  onStage(subject, async (stage) => {
    const start = new RegExp(`^${code} plotDecoderGallery: expected `);
    const given = codes(stage) as Codes;
    const decoders = () => plotDecoderGallery(stage.model, given, { imageShape });
    expect(await refusal(decoders)).toMatch(start);
    const again = given instanceof tf.Tensor ? given : (codes(stage) as Codes);
    const rows = inBatches(x, [8]);
    const images = () =>
      plotFeatureGallery(stage.model, again, rows, labels, classNames, { imageShape });
    expect(await refusal(images)).toMatch(`${code} plotFeatureGallery: expected `);
    if (given instanceof tf.Tensor) given.dispose();
  }),
);

test.each<[string, unknown[], unknown, string]>([
  ['fewer rows', [inBatches(x.slice(1), [7]), labels, classNames], {}, 'as many codes as rows'],
  ['more rows', [inBatches([...x, ...x], [7]), labels, classNames], {}, 'received 61 for at least'],
  [
    'NaN in rows',
    [inBatches([[Number.NaN, ...x.flat()].slice(0, 12)], [1]), labels, classNames],
    {},
    'SAE_NOT_FINITE',
  ],
  ['few labels', [inBatches(x, [7]), [1, 2], classNames], {}, 'as many labels as rows'],
  ['many labels', [inBatches(x, [7]), [...labels, 1], classNames], {}, 'received 62 for 61 rows'],
  ['unnamed classes', [inBatches(x, [7]), labels, ['a']], {}, 'integers from 0 to 0; received 1'],
  [
    'no labels',
    [inBatches(x, [7]), undefined, classNames],
    {},
    'plotFeatureGallery.labels: expected',
  ],
  [
    'features beyond',
    [inBatches(x, [7]), labels, classNames],
    { featureIdx: [0, 30] },
    'features from 0 to 29; received 30',
  ],
  [
    'no features',
    [inBatches(x, [7]), labels, classNames],
    { featureIdx: [] },
    'plotFeatureGallery.featureIdx: expected a list of one or more features; received []',
  ],
  [
    'another shape',
    [inBatches(x, [7]), labels, classNames],
    { imageShape: [28, 28] },
    'the shape of 12 values; received [28,28]',
  ],
  [
    'no images',
    [inBatches(x, [7]), labels, classNames],
    { topImages: 0 },
    'from 1 to 1000; received 0',
  ],
  ['a wrong name', [inBatches(x, [7]), labels, classNames], { topN: 3 }, 'received "topN"'],
])('refused: %s', (_, [rows, given, names], args, part) =>
  onStage(subject, async ({ model, codes }) => {
    const all = { imageShape, ...(args as object) };
    const act = () =>
      plotFeatureGallery(model, codes, rows as Rows, given as number[], names as string[], all);
    expect(await refusal(act)).toContain(part);
  }),
);

test('dense codes leave no tensor where the backend fails midway', () =>
  onStage(subject, async ({ dense }) => {
    const read = jest.spyOn(tf.Tensor.prototype, 'data').mockRejectedValue(new Error('lost'));
    const before = tf.memory().numTensors;
    try {
      const first = codeBatches('here', dense, FEATURES).next();
      await expect(first).rejects.toThrow('lost');
      expect(tf.memory().numTensors).toBe(before);
    } finally {
      read.mockRestore();
    }
  }));
