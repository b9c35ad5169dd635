/** Metrics by numpy, scipy, scikit-learn and the peers: see python-interop/metrics. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluateSAE } from '../../src';
import { logisticRegression } from '../../src/analysis/evaluation/probing/logisticRegression';
import { read, tensor } from './fixture';
import {
  dictionary,
  evaluated,
  expectConstant,
  expectJudged,
  expectMatched,
  expectNumbers,
  expectPeers,
  expectProbes,
  type MetricCase,
} from './metricCase';

const FIXTURE = read<MetricCase>('metrics/metrics');
test.each([512, 37])(
  'every group is what numpy and scipy compute, %d rows at a time',
  async (n) => {
    expectJudged(FIXTURE, await evaluated(FIXTURE, n));
  },
);

test('rows that are alike or zero, by class of position', async () => {
  const sae = dictionary(FIXTURE);
  const x = tensor(FIXTURE.mixed_rows);
  const result = await evaluateSAE(sae, x, { positions: FIXTURE.positions, batchSize: 50 });
  const { mixed, positions } = FIXTURE.expected;
  expectNumbers(result.reconstruction, mixed.reconstruction);
  expect(result.positions?.map(({ position }) => position)).toEqual([
    ...new Set(FIXTURE.positions),
  ]);
  for (const { position, ...metrics } of result.positions ?? []) {
    expectNumbers(metrics, positions[position], 1e-6, position);
  }
  expect(positions['padding']?.reconstruction.explainedVariance).toBe(null);
  x.dispose();
  sae.dispose();
});

test('the same as the peers, where they are right', async () => {
  expectPeers(FIXTURE, await evaluated(FIXTURE), 2e-6);
});

test('what SAEBench and dictionary_learning have otherwise', async () => {
  const { reconstruction } = await evaluated(FIXTURE);
  const { dictionary_learning, sae_bench } = FIXTURE.peers;
  expect(sae_bench['explained_variance']).toBeGreaterThan(0.8);
  expect(dictionary_learning['frac_variance_explained']).toBeGreaterThan(0.56);
  expect(reconstruction?.explainedVariance).toBeCloseTo(0.4975, 4);
});

test.each(['mean', 'shifted'] as const)('reconstructions that are all one row: %s', async (of) => {
  await expectConstant(FIXTURE, of);
  // Far above 0 for the mean row.
  if (of === 'mean') expect(FIXTURE.constant.mean.sae_bench).toBeGreaterThan(0.6);
});

test('features are matched as scipy matches them', () => expectMatched(FIXTURE));

test('probes see the features that sae-probes chooses, and tell as many rows', () =>
  expectProbes(FIXTURE));

test.each(FIXTURE.regressions.map((one) => [one.k, one.c, one] as const))(
  'a logistic regression of %d columns at C = %d is that of scikit-learn',
  (_, c, { k, values, isPositive, weights, intercept }) => {
    const examples = {
      values: Float64Array.from(values),
      k,
      isPositive: Uint8Array.from(isPositive),
    };
    const fit = logisticRegression(examples, c);
    expectNumbers([...fit.weights], weights);
    expectNumbers(fit.intercept, intercept);
  },
);

test("the guide's table of explained variances is the fixture's", () => {
  const guide = readFileSync(join(__dirname, '..', '..', 'docs', 'metrics.md'), 'utf8');
  const { expected, peers, constant } = FIXTURE;
  const rows = [
    [
      expected.reconstruction.explainedVariance,
      peers.dictionary_learning['frac_variance_explained'],
      peers.sae_bench['explained_variance'],
    ],
    ...[constant.mean, constant.shifted].map(({ expected, dictionary_learning, sae_bench }) => [
      ...[expected.explainedVariance, dictionary_learning, sae_bench],
    ]),
  ];
  for (const numbers of rows) {
    const text = numbers.map((value) => (value ?? 0).toFixed(3).replace('-0.000', '0.000'));
    expect(guide).toContain(` | ${text.join(' | ')} |\n`);
  }
});
