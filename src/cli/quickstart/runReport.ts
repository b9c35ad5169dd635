import { version_core } from '@tensorflow/tfjs-core';
import { version } from '../../../package.json';
import type { RowDataset } from '../../activations/rows';
import { explainedVariance } from '../../analysis/explainedVariance';
import { type SparsityReport, sparsityReport } from '../../analysis/sparsityReport';
import type { StepTaken } from '../../engine/trainStep';
import { denseWords, tooDense } from '../../viz/tooDense';
import { commandLine } from '../invocation';
import { count, digits, duration, percent, some } from '../wording';
import type { SavedRun } from './runFolder';
import type { Settings } from './settings';

/** What came of a run: the contents of report.json. */
export interface RunReport {
  /** How sparse and how alive the codes of the held-out images are. */
  sparsity: SparsityReport;
  /** The share of the held-out images' variance that the reconstruction keeps. */
  explainedVariance: number;
  /** How many images the two above are about; training has seen none of them. */
  heldOutImages: number;
  /** Why the dictionary is too dense to read, in words; null where it is not. */
  tooDense: string | null;
  settings: Settings;
  /** The architecture's own options. */
  options: object;
  steps: number;
  /** Seconds of training. */
  seconds: number;
  msPerStep: number;
  /** What has taken the last of the steps; undefined where none was left to take. */
  step: StepTaken | undefined;
  /** The most memory that this process has held, in MB of 10⁶ bytes. */
  peakMemoryMB: number;
  versions: Readonly<Record<string, string>>;
}

/** Measures a trained run on images that training has not seen. */
export async function runReport(
  { model, settings, step, seconds }: SavedRun,
  heldOut: RowDataset,
  heldOutImages: number,
): Promise<RunReport> {
  const sparsity = await sparsityReport(model, heldOut);
  const { inputDim } = model;
  return {
    sparsity,
    tooDense: tooDense({ l0: sparsity.l0Mean, features: sparsity.nFeatures, inputDim }) ?? null,
    explainedVariance: await explainedVariance(model, heldOut),
    heldOutImages,
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

/** The report as a small table, in words for somebody who sees such numbers for the first time. */
export function reportTable(report: RunReport, out: string): string {
  const { sparsity, steps, seconds, msPerStep } = report;
  const { l0Mean, l0Median, alive, dead, nFeatures, aliveFrac, topk, topkShare } = sparsity;
  const rows: [string, string, string][] = [
    [
      'Active features per image (L0)',
      `mean ${digits(l0Mean)}, median ${digits(l0Median)}`,
      `of ${count(nFeatures)}; fewer is sparser`,
    ],
    [
      'Alive features',
      `${count(alive)} (${percent(aliveFrac)})`,
      `fire on at least one of these images; ${count(dead)} are dead`,
    ],
    [
      `Share of the top ${topk} features`,
      percent(topkShare),
      'of all activation; less is more evenly spread',
    ],
    [
      'Explained variance',
      digits(report.explainedVariance),
      '1 is a perfect copy, 0 no better than the mean image',
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
  const title = `What the dictionary does with ${count(report.heldOutImages)} images that it was not trained on`;
  return [title, '', ...lines.map((line) => `  ${line}`), ...denseAdvice(report, out)].join('\n');
}

/** Says that the dictionary is too dense to read, and with which command one comes to a better one. */
function denseAdvice({ tooDense: why, settings }: RunReport, out: string): string[] {
  if (why === null) return [];
  const [says, advice] = denseWords(why);
  // Such steps of λ take L0 down by two or three times each (docs/recipe.md).
  const { architecture, epochs, encodingDim, l0 } = settings;
  const lambda = String(Number((10 * Math.max(settings.lambda, 1e-3)).toPrecision(2)));
  const sparser = l0 === null ? ['--lambda', lambda] : ['--l0', String(Math.ceil(l0 / 4))];
  const recipe = ['--recipe', settings.recipe];
  const again = commandLine('quickstart', [
    ...recipe,
    ...['--architecture', architecture, '--encoding-dim', String(encodingDim)],
    ...['--epochs', String(Math.max(epochs, 12)), ...sparser, '--out', out],
    '--overwrite',
  ]);
  const quick = commandLine('quickstart', [...recipe, '--quick', '--out', out, '--overwrite']);
  return [
    '',
    says,
    `${advice} For example:`,
    '',
    `  ${again}`,
    '',
    'Or look at a smaller dictionary first, within half a minute:',
    '',
    `  ${quick}`,
  ];
}

function takenBy({ step, settings }: RunReport): string {
  if (step?.step === 'tensor') return ` on ${settings.backend}`;
  return step ? ` in WebAssembly on ${some(step.threads ?? 1, 'thread')}` : '';
}
