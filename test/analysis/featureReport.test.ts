import * as tf from '@tensorflow/tfjs';
import { type FeatureReport, type FeatureReportArgs, featureReport } from '../../src';
import { differs } from '../backends/differences';
import { SUBJECTS } from '../conformance/architecture';
import { type PlainInput, plainReport } from './plainReport';
import { closeTo, documents, inBatches, reportModel, reportRows } from './reportCases';

const INPUT_DIM = 12;
const FEATURES = 30;
const ROWS = 101;
const x = reportRows(ROWS, INPUT_DIM);
const labels = x.map((_, row) => row % 13);

/** What two ways of computing come to with other last digits. */
const COMPUTED = ['mean', 'meanActive', 'density', 'kurtosis', 'cosine'];

const isComputed = (key: string) => COMPUTED.includes(key);

/** A report without its examples: which of two equal rows comes first can be a matter of rounding. */
const numbers = ({ features, ...rest }: FeatureReport) => ({
  ...rest,
  features: features.map(({ top, intervals, ...numbersOf }) => numbersOf),
});
const isFraction = (_: string, value: number) => !Number.isInteger(value);

const CASES: [string, Omit<PlainInput, 'model' | 'x'>][] = [
  ['vectors', {}],
  ['vectors with labels', { labels }],
  ['images', { imageShape: [3, 4], labels, classNames: labels.map((_, i) => `class ${i}`) }],
  ['images of another range', { imageShape: [12, 1], imageRange: [0.25, 0.75] }],
  ['tokens', { tokens: documents(ROWS) }],
  ['tokens with little context', { tokens: documents(ROWS), contextTokens: 2, labels }],
  ['tokens without context', { tokens: documents(ROWS), contextTokens: 0 }],
  ['few of everything', { topExamples: 3, intervalExamples: 1, neighbours: 2, imageShape: [4, 3] }],
  ['more than there is', { topExamples: 500, intervalExamples: 90, neighbours: 40 }],
  ['none of it', { topExamples: 0, intervalExamples: 0, neighbours: 0, tokens: documents(ROWS) }],
];

describe.each(SUBJECTS)('%s', (_, subject) => {
  test.each(CASES)('%s: what a plain computation comes to', async (_, given) => {
    const model = reportModel(subject, INPUT_DIM, FEATURES);
    const data = tf.tensor2d(x);
    const report = await featureReport(model, data, given);
    const expected = await plainReport({ model, x, ...given });
    expect(report).toStrictEqual(closeTo(report, expected, isComputed));
    expect(report.l0.max).toBeGreaterThan(2);
    const shown = Math.max(...report.features.map(({ top }) => top.length));
    expect(shown).toBeGreaterThanOrEqual(Math.min(given.topExamples ?? 20, 30));
    data.dispose();
    model.dispose();
  });

  test.each(CASES)('%s: the same in batches of every size', async (_, given) => {
    const model = reportModel(subject, INPUT_DIM, FEATURES);
    const data = tf.tensor2d(x);
    const whole = await featureReport(model, data, given);
    const same = (report: FeatureReport) => {
      if (!differs('batches')) expect(report).toStrictEqual(whole);
      else
        expect(numbers(report)).toStrictEqual(closeTo(numbers(report), numbers(whole), isFraction));
    };
    for (const batchSize of differs('fewerBatches') ? [7, 100] : [1, 7, 100]) {
      same(await featureReport(model, data, { ...given, batchSize }));
    }
    same(await featureReport(model, inBatches(x, [5, 1, 40]), given));
    data.dispose();
    model.dispose();
  });
});

const subject = SUBJECTS[0]?.[1] as (typeof SUBJECTS)[number][1];

/** The report of the first architecture's model over some rows. */
async function reported(given: FeatureReportArgs, rows = x): Promise<FeatureReport> {
  const model = reportModel(subject, INPUT_DIM, FEATURES);
  const report = await featureReport(model, inBatches(rows, [16]), given);
  model.dispose();
  return report;
}

test('a report is plain JSON', async () => {
  for (const [, given] of CASES) {
    const report = await reported(given);
    expect(JSON.parse(JSON.stringify(report))).toStrictEqual(report);
  }
});

test('progress is told after each batch', async () => {
  const told: number[] = [];
  await reported({ onProgress: (rows) => told.push(rows) });
  expect(told).toEqual([16, 32, 48, 64, 80, 96, 101]);
});

test('one row', async () => {
  const { features, data } = await reported({ labels: [2], imageShape: [3, 4] }, x.slice(0, 1));
  expect(data).toMatchObject({ rows: 1, classNames: ['0', '1', '2'] });
  const alive = features.filter(({ density }) => density === 1);
  expect(alive.length).toBeGreaterThan(1);
  for (const { top, max, classes, purity } of alive) {
    expect(top).toEqual([{ row: 0, activation: max, label: 2 }]);
    expect(classes).toEqual([{ label: 2, share: 1 }]);
    expect(purity).toBe(1);
  }
});

test('one class', async () => {
  const { features } = await reported({ labels: x.map(() => 0), classNames: ['only'] });
  for (const { purity, density } of features) expect(purity).toBe(density > 0 ? 1 : null);
});

test('features that never fire', async () => {
  const model = reportModel(subject, INPUT_DIM, FEATURES);
  tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.zerosLike(weight))));
  const given = { labels: x.map(() => 0), imageShape: [3, 4] as const };
  const report = await featureReport(model, inBatches(x, [16]), given);
  expect(report).toMatchObject({ l0: { mean: 0, max: 0 }, histogramEdges: [], rows: {} });
  expect(report.features[4]).toMatchObject({
    density: 0,
    mean: 0,
    meanActive: 0,
    max: 0,
    histogram: { first: 0, counts: [] },
    top: [],
    intervals: [],
    classes: [],
    purity: null,
    kurtosis: 0,
    coactive: [],
    decoder: { scale: 0 },
  });
  expect(JSON.parse(JSON.stringify(report))).toStrictEqual(report);
  model.dispose();
});

test('strings pass untouched', async () => {
  const hostile = [
    '<img src=x onerror=alert(1)>',
    '</script><script>alert(1)</script>',
    '\u202Eright to left\u200F',
    '👩‍🚀\uD83D',
    'x'.repeat(10_000),
    '__proto__',
    '',
    '\0\u2028"\\',
  ];
  const tokens = [x.map((_, row) => hostile[row % hostile.length] as string)];
  const given = { tokens, labels: x.map((_, row) => row % 8), classNames: hostile };
  const report = JSON.parse(JSON.stringify(await reported(given))) as FeatureReport;
  expect(report.data.classNames).toEqual(hostile);
  for (const { window } of Object.values(report.rows)) {
    const { position = 0, focus = 0, tokens: shown = [] } = window ?? {};
    expect(shown).toEqual(tokens[0]?.slice(position - focus, position - focus + shown.length));
    expect(shown[focus]).toBe(hostile[position % hostile.length]);
  }
});
