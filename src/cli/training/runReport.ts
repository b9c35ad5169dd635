import { version_core } from '@tensorflow/tfjs-core';
import { version } from '../../../package.json';
import type { RowDataset } from '../../activations/rows';
import { explainedVariance } from '../../analysis/explainedVariance';
import { type SparsityReport, sparsityReport } from '../../analysis/sparsityReport';
import type { StepTaken } from '../../engine/trainStep';
import { denseWords, tooDense } from '../../viz/tooDense';
import { count, digits, duration, percent, some } from '../wording';
import type { SavedRun } from './runFolder';
import type { RunSettings } from './settings';

/** The results of a run: the contents of report.json, except for the number of rows measured. */
export interface RunReport<S extends RunSettings = RunSettings> {
  /** How sparse the codes of the held-out rows are, and how many features are alive. */
  sparsity: SparsityReport;
  /** The share of the held-out rows' variance that the reconstruction keeps. */
  explainedVariance: number;
  /** Why the dictionary is too dense to interpret, in words; null if it is not. */
  tooDense: string | null;
  settings: S;
  /** The architecture's own options. */
  options: object;
  steps: number;
  /** Seconds of training. */
  seconds: number;
  msPerStep: number;
  /** What took the last step; undefined if no step was left to take. */
  step: StepTaken | undefined;
  /** The peak memory of this process, in MB of 10⁶ bytes. */
  peakMemoryMB: number;
  versions: Readonly<Record<string, string>>;
}

/** Measures a trained run on rows that training has not seen. */
export async function runReport<S extends RunSettings>(
  { model, settings, step, seconds }: SavedRun<S>,
  heldOut: RowDataset,
): Promise<RunReport<S>> {
  const sparsity = await sparsityReport(model, heldOut);
  const { inputDim } = model;
  return {
    sparsity,
    tooDense: tooDense({ l0: sparsity.l0Mean, features: sparsity.nFeatures, inputDim }) ?? null,
    explainedVariance: await explainedVariance(model, heldOut),
    settings,
    options: model.sae.options,
    steps: step,
    seconds,
    msPerStep: (1000 * seconds) / step,
    step: model.stepTaken,
    peakMemoryMB: Math.round((process.resourceUsage().maxRSS * 1024) / 1e6),
    versions: { 'gated-sae-tfjs': version, tfjs: version_core, node: process.version },
  };
}

/** How a report is presented. */
export interface Telling {
  /** The line above the table. */
  readonly title: string;
  /** The word for a row. */
  readonly row: 'image' | 'row';
  /** The command line that trains such a run again, given arguments that make it sparser. */
  readonly again: (more: readonly string[]) => string;
  /** Further lines if the dictionary is too dense. */
  readonly insteadOfDense?: readonly string[];
}

/**
 * Formats the report as a small table, in words for people who see such numbers for the first time.
 */
export function reportTable(report: RunReport, telling: Telling): string {
  const { sparsity, steps, seconds, msPerStep } = report;
  const { row, title } = telling;
  const { l0Mean, l0Median, alive, dead, nFeatures, aliveFrac, topk, topkShare } = sparsity;
  const rows: [string, string, string][] = [
    [
      `Active features per ${row} (L0)`,
      `mean ${digits(l0Mean)}, median ${digits(l0Median)}`,
      `of ${count(nFeatures)}; fewer is sparser`,
    ],
    [
      'Alive features',
      `${count(alive)} (${percent(aliveFrac)})`,
      `fire on at least one of these ${row}s; ${count(dead)} are dead`,
    ],
    [
      `Share of the top ${topk} features`,
      percent(topkShare),
      'of all activation; less is more evenly spread',
    ],
    [
      'Explained variance',
      digits(report.explainedVariance),
      `1 is a perfect copy, 0 no better than the mean ${row}`,
    ],
    [
      'Training',
      duration(seconds),
      `${count(steps)} steps of ${digits(msPerStep, 3)} ms${takenBy(report)}`,
    ],
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   '),
  );
  const advice = denseAdvice(report, telling);
  return [title, '', ...lines.map((line) => `  ${line}`), ...advice].join('\n');
}

/** Says that the dictionary is too dense to interpret, and which command gives a better one. */
function denseAdvice({ tooDense: why, settings }: RunReport, telling: Telling): string[] {
  if (why === null) return [];
  const [says, advice] = denseWords(why);
  // Such steps of λ reduce L0 by a factor of two or three each (docs/recipe.md).
  const { epochs, l0 } = settings;
  const lambda = String(Number((10 * Math.max(settings.lambda, 1e-3)).toPrecision(2)));
  const sparser = l0 === null ? ['--lambda', lambda] : ['--l0', String(Math.ceil(l0 / 4))];
  const again = telling.again(['--epochs', String(Math.max(epochs, 12)), ...sparser]);
  const { insteadOfDense = [] } = telling;
  return ['', says, `${advice} For example:`, '', `  ${again}`, ...insteadOfDense];
}

function takenBy({ step, settings }: RunReport): string {
  if (step?.step === 'tensor') return ` on ${settings.backend}`;
  return step ? ` in WebAssembly on ${some(step.threads ?? 1, 'thread')}` : '';
}
