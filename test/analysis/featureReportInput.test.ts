import * as tf from '@tensorflow/tfjs';
import { featureReport, type RowDataset, type Rows, SAEError } from '../../src';
import { SUBJECTS, type Subject } from '../conformance/architecture';
import { inBatches, reportModel, reportRows } from './reportCases';

const WIDTH = 6;
const x = reportRows(9, WIDTH);
const nan = x.map((row, i) => (i === 7 ? row.map(() => Number.NaN) : row));
const tokens = [['a', 'b'], ['c'], ['d', 'e', 'f', 'g', 'h', 'i']];

/** The message of the error that a report must end with. */
async function refusal(data: Rows, args: unknown, spoil?: string): Promise<string> {
  const { gated: subject } = Object.fromEntries(SUBJECTS) as Record<string, Subject>;
  const model = reportModel(subject as Subject, WIDTH, 8);
  for (const weight of model.sae.weights) {
    if (spoil === undefined || !weight.originalName.endsWith(spoil)) continue;
    tf.tidy(() => {
      weight.write(tf.fill(weight.shape as number[], Number.NaN));
    });
  }
  try {
    await featureReport(model, data, args as never);
  } catch (error) {
    if (!(error instanceof SAEError)) throw error;
    return error.message;
  } finally {
    model.dispose();
    if (data instanceof tf.Tensor) data.dispose();
  }
  throw new Error('nothing was thrown');
}

test.each([
  [{ lables: [] }, 'SAE_OPTION featureReport: ', 'Did you mean "labels"?'],
  [{ topExamples: -1 }, 'SAE_OPTION featureReport.topExamples: ', 'from 0 to 1000; received -1.'],
  [{ topExamples: 1e9 }, 'SAE_OPTION featureReport.topExamples: ', 'received 1000000000.'],
  [{ neighbours: 1.5 }, 'SAE_OPTION featureReport.neighbours: ', 'received 1.5.'],
  [{ batchSize: 0 }, 'SAE_OPTION featureReport.batchSize: ', 'a positive integer; received 0.'],
  [{ onProgress: 1 }, 'SAE_OPTION featureReport.onProgress: ', 'a function; received 1.'],
  [
    { imageShape: [2, 2] },
    'SAE_OPTION featureReport.imageShape: ',
    'the shape of 6 values; received [2,2].',
  ],
  [
    { imageShape: [6] },
    'SAE_OPTION featureReport.imageShape: ',
    '[height, width, 3]; received [6]',
  ],
  [{ imageShape: [1, 2, 4] }, 'SAE_OPTION featureReport.imageShape: ', 'received [1,2,4].'],
  [{ imageShape: [2, 3.0001] }, 'SAE_OPTION featureReport.imageShape: ', 'received [2,3.0001].'],
  [{ imageRange: [1, 1] }, 'SAE_OPTION featureReport.imageRange: ', 'that rise; received [1,1].'],
  [{ imageRange: [0, Infinity] }, 'SAE_OPTION featureReport.imageRange: ', 'two finite numbers'],
  [
    { imageShape: [2, 3], tokens },
    'SAE_OPTION featureReport.tokens: ',
    'none, as there is an imageShape: rows are images or tokens; received [["a","b"]',
  ],
  [{ tokens: ['a'] }, 'SAE_OPTION featureReport.tokens: ', 'a list of documents'],
  [{ tokens: [['a', 1]] }, 'SAE_OPTION featureReport.tokens: ', 'each a list of strings'],
  [
    { tokens: tokens.slice(0, 2) },
    'SAE_DATA featureReport: ',
    'as many tokens as rows; received 3 for',
  ],
  [{ tokens: [...tokens, ['z']] }, 'SAE_DATA featureReport: ', 'received 10 for 9 rows.'],
  [{ labels: [1, 2, 3] }, 'SAE_DATA featureReport: ', 'as many labels as rows; received 3 for'],
  [{ labels: new Uint8Array(10) }, 'SAE_DATA featureReport: ', 'received 10 for 9 rows.'],
  [{ labels: 'abcdefghi' }, 'SAE_OPTION featureReport.labels: ', 'a list of integers; received "'],
  [{ labels: x.map(() => 0.5) }, 'SAE_DATA featureReport.labels: ', 'received 0.5 for row 0.'],
  [{ labels: x.map((_, i) => 3 - i) }, 'SAE_DATA featureReport.labels: ', '-1 for row 4.'],
  [{ labels: x.map(() => '1') }, 'SAE_DATA featureReport.labels: ', 'received "1" for row 0.'],
  [{ labels: x.map(() => 1e6) }, 'SAE_DATA featureReport.labels: ', 'from 0 to 65535; received'],
  [
    { labels: x.map((_, i) => i), classNames: ['a', 'b'] },
    'SAE_DATA featureReport.labels: ',
    'from 0 to 1; received 2 for row 2.',
  ],
  [
    { classNames: ['a'] },
    'SAE_OPTION featureReport.labels: ',
    'one for each row, as there are classNames; received undefined.',
  ],
  [
    { labels: x.map(() => 0), classNames: ['a', 7] },
    'SAE_OPTION featureReport.classNames: ',
    'a list of strings',
  ],
  [
    { imageRange: [0, 2] },
    'SAE_OPTION featureReport.imageRange: ',
    'none, as rows without an imageShape are no images; received [0,2].',
  ],
  [
    { contextTokens: 3 },
    'SAE_OPTION featureReport.contextTokens: ',
    'none, as there are no tokens; received 3.',
  ],
  [null, 'SAE_OPTION featureReport: ', 'an object of options; received null.'],
])('%j', async (args, start, part) => {
  for (const data of [tf.tensor2d(x), inBatches(x, [4])]) {
    const message = await refusal(data, args);
    expect(message.slice(0, start.length)).toBe(start);
    expect(message).toContain(part);
  }
});

const empty: RowDataset = { iterator: () => ({ next: async () => ({ value: null, done: true }) }) };

test.each<[string, () => Rows, string]>([
  ['no rows', () => tf.zeros([0, WIDTH]), 'SAE_DATA featureReport: expected at least one row'],
  ['no batches', () => empty, 'SAE_DATA featureReport: expected at least one row'],
  ['another width', () => tf.zeros([3, 5]), 'SAE_SHAPE featureReport: expected [..., 6]'],
  ['NaN', () => tf.tensor2d(nan), 'SAE_NOT_FINITE featureReport: expected finite values'],
  ['NaN later', () => inBatches(nan, [3]), 'SAE_NOT_FINITE featureReport: expected finite values'],
  ['no tensor', () => [[1, 2]] as never, 'SAE_DATA featureReport: expected a tensor'],
])('data: %s', async (_, data, start) => {
  expect(await refusal(data(), {})).toContain(start);
  expect(await refusal(data(), { imageShape: [2, 3] })).toContain(start);
});

test('data of another rank is not taken for rows that have too few labels', async () => {
  const message = await refusal(tf.zeros([12]), { labels: [0, 1] });
  expect(message).toContain('SAE_SHAPE featureReport: expected [..., 6]; received [12].');
});

test('a model of NaN', async () => {
  expect(await refusal(tf.tensor2d(x), {}, 'W_dec')).toContain(
    'SAE_NOT_FINITE featureReport: expected finite weights; received NaN in W_dec.',
  );
  const other = await refusal(tf.tensor2d(x), {}, 'b_mag');
  expect(other).toContain('SAE_NOT_FINITE featureReport: expected finite codes; received NaN.');
});

test('whoever is told of progress may stop it', async () => {
  const stop = (rows: number) => {
    if (rows > 4) throw new SAEError('SAE_STATE', 'somebody', 'has enough');
  };
  const message = await refusal(inBatches(x, [3]), { onProgress: stop, imageShape: [3, 2] });
  expect(message).toBe('SAE_STATE somebody: has enough');
});
