import { type Outcome, type Trial, USUAL } from './trial';

const ROUNDED = { maximumSignificantDigits: 3, useGrouping: false };
const digits = (value: number) => value.toLocaleString('en', ROUNDED);

const COLUMNS: readonly [string, (outcome: Outcome) => string][] = [
  ['L0', ({ l0 }) => digits(l0)],
  ['explained variance', ({ explainedVariance }) => explainedVariance.toFixed(3)],
  ['dead', ({ dead }) => String(dead)],
  ['size of reconstruction', ({ shrinkage }) => shrinkage.toFixed(3)],
  ['last `grad_norm`', ({ logs }) => digits(logs['grad_norm'] ?? Number.NaN)],
  ['ended', ({ ended, steps }) => (ended ? `${ended}, step ${steps + 1}` : '')],
];

/** Trials and their outcomes as a table in Markdown, under its name; columns in which all is empty are left out. */
export function table(
  name: string,
  measured: readonly { trial: Partial<Trial>; outcome: Outcome }[],
): string {
  const columns = COLUMNS.filter(([, text]) => measured.some(({ outcome }) => text(outcome)));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    `### ${name}\n`,
    line(['changed', ...columns.map(([title]) => title)]),
    line(Array.from({ length: columns.length + 1 }, () => '---')),
    ...measured.map(({ trial, outcome }) =>
      line([changes(trial), ...columns.map(([, text]) => text(outcome))]),
    ),
  ].join('\n');
}

/** How a trial differs from the usual one. */
function changes(trial: Partial<Trial>): string {
  const different = Object.entries(trial).filter(
    ([name, value]) => USUAL[name as keyof Trial] !== value,
  );
  return different.map(([name, value]) => `\`${name}\` ${value}`).join(', ') || 'usual';
}
