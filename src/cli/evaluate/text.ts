import type {
  Evaluation,
  PositionMetrics,
  Reconstruction,
  Sparsity,
  TruthRecovery,
} from '../../analysis/evaluation/evaluation';
import type { SparseProbing } from '../../analysis/evaluation/probing/result';
import { printable, shortened } from '../printable';
import { count, digits, percent, some } from '../wording';

/** A line: what is measured, and its value. */
type Line = readonly [of: string, value: string];

/** Formats an evaluation for people. */
export function evaluationText(file: string, evaluation: Evaluation): string {
  const { className, inputDim, outputDim, features, rows } = evaluation;
  const { sparsity, reconstruction, weights, probing, truth, positions = [] } = evaluation;
  const widths = inputDim === outputDim ? `${inputDim}` : `${inputDim} → ${outputDim}`;
  const sections: [string, readonly Line[]][] = [
    ...section('sparsity', sparsity && sparsityLines(sparsity, features)),
    ...section('reconstruction', reconstruction && reconstructionLines(reconstruction)),
    ...section(
      'weights',
      weights && [
        ['cosine of encoder and decoder, mean', number(weights.encoderDecoderCosine)],
        ['largest decoder cosine, mean', number(weights.maxDecoderCosine)],
      ],
    ),
    ...section('sparse probing', probing && probingLines(probing)),
    ...section('true features', truth && truthLines(truth)),
    ...positions.flatMap((one) => section(`at ${shortened(one.position)}`, positionLines(one))),
  ];
  const all = sections.flatMap(([, lines]) => lines);
  const widest = Math.max(0, ...all.map(([of]) => of.length));
  const longest = Math.max(0, ...all.map(([, value]) => value.length));
  const shown = sections.flatMap(([name, lines]) => [
    '',
    name,
    ...lines.map(([of, value]) => `  ${of.padEnd(widest)}   ${value.padStart(longest)}`),
  ]);
  const what = `${shortened(className)} of ${some(features, 'feature')}, rows of ${widths}`;
  return [`${printable(file)}: ${what}, over ${some(rows, 'row')}`, ...shown, ''].join('\n');
}

const section = (name: string, lines: readonly Line[] | undefined): [string, readonly Line[]][] =>
  lines ? [[name, lines]] : [];

const number = (value: number | null) => (value === null ? '–' : digits(value, 5));

const sparsityLines = (sparsity: Sparsity, features: number): Line[] => [
  ['L0, mean', number(sparsity.l0Mean)],
  ['L0, median', number(sparsity.l0Median)],
  ['L1, mean', number(sparsity.l1Mean)],
  ['dead features', `${count(sparsity.dead)} of ${count(features)}`],
  ['features on more than 10 % of the rows', percent(sparsity.denseFrac)],
];

const reconstructionLines = (reconstruction: Reconstruction): Line[] => [
  ['explained variance', number(reconstruction.explainedVariance)],
  ['fraction of variance unexplained', number(reconstruction.fvu)],
  ['mean squared error of a row', number(reconstruction.mse)],
  ['normalised mean squared error', number(reconstruction.nmse)],
  ['cosine of row and reconstruction', number(reconstruction.cosine)],
  ['relative reconstruction bias', number(reconstruction.relativeReconstructionBias)],
  ['ratio of norms', number(reconstruction.normRatio)],
];

function probingLines({ mean, classes, skipped }: SparseProbing): Line[] {
  return [
    ['classes', `${count(classes.length)}`],
    ...(skipped.length > 0
      ? [['classes of too few rows', `${count(skipped.length)}`] as const]
      : []),
    ...mean.flatMap(({ k, accuracy, auc }): Line[] => [
      [`accuracy by ${some(k, 'feature')}`, number(accuracy)],
      [`area under the curve by ${some(k, 'feature')}`, number(auc)],
    ]),
  ];
}

const truthLines = ({ matching, mcc, uniqueness, detection }: TruthRecovery): Line[] => [
  ['mean correlation coefficient, MCC', number(mcc)],
  ['matched one to one', matching === 'hungarian' ? 'at best' : 'greedily'],
  ['uniqueness', number(uniqueness)],
  ...(detection
    ? ([
        ['precision', number(detection.precision)],
        ['recall', number(detection.recall)],
        ['F1', number(detection.f1)],
        ['accuracy', number(detection.accuracy)],
      ] satisfies Line[])
    : []),
];

/**
 * Formats the metrics of one class of positions in a few lines, since there may be many classes.
 */
const positionLines = ({ rows, sparsity, reconstruction }: PositionMetrics): Line[] => [
  ['rows', count(rows)],
  ...(sparsity ? [['L0, mean', number(sparsity.l0Mean)] as const] : []),
  ...(reconstruction
    ? ([
        ['explained variance', number(reconstruction.explainedVariance)],
        ['mean squared error of a row', number(reconstruction.mse)],
        ['ratio of norms', number(reconstruction.normRatio)],
      ] satisfies Line[])
    : []),
];
