import type { FeatureReport } from '../../src/analysis/featureReport/report';
import { handReport } from './handReport';

const ROWS = 60;

/**
 * Two features: one that keeps to class 0, of which are half of the rows, and one that fires on 20
 * of them and on 10 others.
 *
 * @param features that the dictionary has; with two it is too dense to read
 */
export function tagReport(
  features = 100,
  classNames: readonly string[] = ['cat', 'dog'],
): FeatureReport {
  const report = handReport({
    codes: Array.from({ length: ROWS }, (_, row) => [
      row % 2 === 0 ? 1 + row / 100 : 0,
      row < 20 || (row < 40 && row % 2 === 0) ? 9 - row / 100 : 0,
    ]),
    decoder: [
      [0.15, -0.15, 0.05, 0],
      [-0.1, 0.1, 0.1, 0.1],
    ],
    images: Array.from({ length: ROWS }, (_, row) => [4 * row, 255 - 4 * row, row, 128]),
    imageShape: [2, 2],
    labels: Array.from({ length: ROWS }, (_, row) => row % 2),
    classNames,
  });
  return { ...report, model: { ...report.model, features } };
}
