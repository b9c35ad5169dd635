import type { Measured, OnImages } from './measured';
import type { PeerOutcome } from './peers';
import { L0S } from './settings';
import { STRUCTURES } from './synthetic';

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const rule = (columns: number) => line(Array.from({ length: columns }, () => '---'));
export const mean = (values: readonly number[]) =>
  values.reduce((a, b) => a + b, 0) / values.length;
/** From the least to the largest, where they differ in what is shown. */
const range = (values: readonly number[], digits: number) => {
  const [least, most] = [Math.min(...values).toFixed(digits), Math.max(...values).toFixed(digits)];
  return least === most ? least : `${least} to ${most}`;
};

/** By how much an L0 may be missed where there are no trainings on both sides of it. */
const NEAR = 0.05;

/**
 * A peer's explained variance at an L0, on the line between the trainings next to it; the better of its
 * rates. Undefined where its trainings do not reach so far.
 */
export function peerAt(outcomes: readonly PeerOutcome[], l0: number): number | undefined {
  const rates = [...new Set(outcomes.map(({ lr }) => lr))];
  const found = rates.flatMap((rate) => {
    const sorted = outcomes.filter(({ lr }) => lr === rate).sort((a, b) => a.l0 - b.l0);
    const above = sorted.findIndex((outcome) => outcome.l0 >= l0);
    const [left, right] = above < 0 ? [sorted.at(-1)] : [sorted[above - 1], sorted[above]];
    if (left === undefined || right === undefined) {
      const only = left ?? right;
      const isNear = only !== undefined && Math.abs(only.l0 / l0 - 1) <= NEAR;
      return isNear ? [only.explainedVariance] : [];
    }
    const share = (Math.log(l0) - Math.log(left.l0)) / (Math.log(right.l0) - Math.log(left.l0));
    return [left.explainedVariance + share * (right.explainedVariance - left.explainedVariance)];
  });
  return found.length > 0 ? Math.max(...found) : undefined;
}

/** Of the outcomes of an architecture at an L0 all that the table says. */
function cell(made: readonly OnImages[]): string {
  const of = (name: 'l0' | 'explainedVariance' | 'dead') => made.map((one) => one[name]);
  return `**${mean(of('explainedVariance')).toFixed(4)}** (${range(of('explainedVariance'), 3)}) at ${mean(of('l0')).toFixed(1)}, ${range(of('dead'), 0)} dead`;
}

/** Explained variance on images, by architecture and L0. */
export function frontTable({ images, shared, peers, baselines }: Measured): string {
  const names = [...new Set(images.map(({ architecture }) => architecture))];
  const rows = names.map((name) => [
    `\`${name}\``,
    ...L0S.map((l0) =>
      cell(images.filter(({ architecture, target }) => architecture === name && target === l0)),
    ),
    range(
      shared.filter(({ architecture }) => architecture === name).map(({ share }) => share),
      2,
    ),
  ]);
  const peerNames = [...new Set(peers.map(({ peer, architecture }) => `${peer}, ${architecture}`))];
  const ofPeers = peerNames.map((name) => [
    name,
    ...L0S.map((l0) => {
      const own = peers.filter(({ peer, architecture }) => `${peer}, ${architecture}` === name);
      return peerAt(own, l0)?.toFixed(4) ?? '';
    }),
    '',
  ]);
  const fixed = Object.entries(baselines ?? {}).map(([name, explained]) => [
    name === 'pca' ? 'principal components' : 'pixels',
    ...explained.map((value) => value.toFixed(4)),
    '',
  ]);
  return [
    line(['', ...L0S.map((l0) => `L0 ${l0}`), 'shared by two seeds']),
    rule(L0S.length + 2),
    ...[...rows, ...ofPeers, ...fixed].map(line),
  ].join('\n');
}

/** What was found of known features, by structure and architecture. */
export function syntheticTable({ synthetic }: Measured): string {
  const names = [...new Set(synthetic.map(({ architecture }) => architecture))];
  const rows = names.map((name) => [
    `\`${name}\``,
    ...STRUCTURES.flatMap((structure) => {
      const made = synthetic.filter(
        (one) => one.architecture === name && one.structure === structure,
      );
      const cells = [
        `${mean(made.map(({ mcc }) => mcc)).toFixed(3)} (${range(
          made.map(({ mcc }) => mcc),
          2,
        )})`,
      ];
      if (structure === 'hierarchical') {
        cells.push(mean(made.map(({ absorption }) => absorption)).toFixed(3));
      }
      return cells;
    }),
  ]);
  const titles = ['', 'flat: MCC', 'hierarchical: MCC', 'absorbed', 'correlated: MCC'];
  return [line(titles), rule(titles.length), ...rows.map(line)].join('\n');
}
