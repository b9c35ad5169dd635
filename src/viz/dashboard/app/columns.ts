import type { DashboardData } from './dashboardData';
import { make } from './dom';
import { digits, hundredths, percent, tenthPercent } from './numbers';
import { shortText } from './strangersText';
import { tagOf } from './tag';
import type { Sort } from './view';
import { visibleToken } from './visibleToken';

/** One column of the table behind that of the features' numbers. */
export interface TableColumn {
  readonly sort: Sort | null;
  readonly heading: string;
  /** What it means, for who rests on the heading. */
  readonly meaning: string;
  readonly numeric: boolean;
  cell(index: number): Node | string | null;
}

const SCORE =
  'How much the feature is worth reading, from 0 to 1: neither too rare nor too dense, of one class or of high contrast, and with a sharp decoder row';

/** The columns that this report fills. */
export function tableColumns(data: DashboardData): TableColumn[] {
  const number = (
    sort: Sort & keyof DashboardData['columns'],
    meaning: string,
    format: (value: number) => string,
  ): TableColumn => ({
    sort,
    heading: sort,
    meaning,
    numeric: true,
    cell: (index) => format(data.value(sort, index)),
  });
  const columns = [
    number('score', SCORE, hundredths),
    number('density', `Share of the ${data.rowsWord} on which the feature fires`, percent),
    number('mean', `Mean activation over all ${data.rowsWord}`, digits),
    number('max', 'Largest activation', digits),
  ];
  if (data.labelled) {
    const purity = `Share of the largest class among the ${data.counted} on which the feature fires`;
    columns.push(number('purity', purity, tenthPercent));
  }
  if (data.hasEffects) columns.push(effect(data));
  columns.push(
    number(
      'kurtosis',
      'Excess kurtosis of the decoder row: high where few weights carry it',
      digits,
    ),
  );
  if (data.labelled) {
    columns.push(
      {
        sort: 'tag',
        heading: 'tag',
        meaning:
          `MONO where most ${data.counted} on which it fires, and the five strongest, are of one class; ` +
          `POLY where they are not; few ${data.counted}: on fewer than 10, so that nobody can tell`,
        numeric: false,
        cell: (index) => tagOf(data, index, false),
      },
      {
        sort: 'class',
        heading: 'class',
        meaning: `The largest class among all ${data.counted} on which the feature fires, strongly or not`,
        numeric: false,
        cell: (index) => {
          const mono = data.value('monoLabel', index);
          const label = Number.isFinite(mono) ? mono : data.value('label', index);
          return Number.isFinite(label) ? shortText(data.className(label), 28) : null;
        },
      },
    );
  }
  if (data.words !== undefined) columns.push(tokens(data));
  return columns;
}

const effect = (data: DashboardData): TableColumn => ({
  sort: 'effect',
  heading: 'largest effect',
  meaning:
    'The class of the model that the feature changes most, and by how much; sorted by its size',
  numeric: true,
  cell: (index) => {
    const on = data.value('effectOn', index);
    if (!Number.isFinite(on)) return null;
    const name = shortText(data.effectName(on), 20);
    return make('span', {}, name, ' ', digits(data.value('effect', index)));
  },
});

const tokens = (data: DashboardData): TableColumn => ({
  sort: null,
  heading: 'strongest tokens',
  meaning: 'The tokens that activate the feature most',
  numeric: false,
  cell: (index) => {
    const all = document.createElement('span');
    for (const token of data.topTokens(index).slice(0, 3)) {
      const shown = shortText(visibleToken(token), 16);
      shown.classList.add('chip');
      all.append(shown, ' ');
    }
    return all;
  },
});
