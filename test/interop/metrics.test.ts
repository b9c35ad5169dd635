/**
 * Our metrics of random rows and weights beside those of the judges and the peers, by their own
 * functions: numpy, scipy, scikit-learn; SAELens, dictionary_learning, SAEBench, sae-probes.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  evaluated,
  expectConstant,
  expectJudged,
  expectMatched,
  expectPeers,
  expectProbes,
  type MetricCase,
} from '../parity/metricCase';
import { inPeers, SEED, withPeers } from './peers';

const folder = mkdtempSync(join(tmpdir(), 'metrics-'));
afterAll(() => rmSync(folder, { recursive: true }));

withPeers(
  `metrics of random rows are what judges and peers compute now (INTEROP_SEED=${SEED})`,
  async () => {
    inPeers('metrics/make_metric_fixtures.py', 'make', '--out', folder, '--seed', String(SEED));
    const made = JSON.parse(readFileSync(join(folder, 'metrics.json'), 'utf8')) as MetricCase;
    const ours = await evaluated(made, 100);
    expectJudged(made, ours, 1e-5);
    expectPeers(made, ours, 1e-5);
    await expectMatched(made);
    await expectProbes(made);
    await expectConstant(made, 'mean', 1e-6);
    await expectConstant(made, 'shifted', 1e-6);
  },
  300_000,
);
