import type { PageEntry } from '../pageData';
import type { DashboardData } from './dashboardData';
import { direction } from './direction';
import { type Child, make } from './dom';
import { fewExamples } from './examples';
import { type Fact, factList } from './facts';
import { classShares } from './featurePage';
import { histogram } from './histogram';
import { digits, hundredths, percent, tenthPercent } from './numbers';
import { tagOf } from './tag';

/** Where the pages are that a comparison leads to. */
export interface CompareLinks {
  /** The first feature's own page. */
  readonly back: string;
  /** The same comparison, the other way round. */
  readonly swapped: string;
  /** The other feature's page. */
  readonly other: string;
}

/** Two features beside each other: what is alike of them, and what is not. */
export function comparePage(
  data: DashboardData,
  indices: readonly [number, number],
  links: CompareLinks,
): HTMLElement {
  const entries = indices.map((index) => data.entry(index)) as [PageEntry, PageEntry];
  const [first, second] = entries;
  const title = `Feature ${first.feature} against ${second.feature}`;
  return make(
    'article',
    { class: 'feature compare', 'aria-labelledby': 'feature-heading' },
    make(
      'nav',
      { class: 'steps', 'aria-label': 'Features' },
      make('a', { class: 'back', href: links.back }, `← Feature ${first.feature}`),
      make('a', { class: 'step swap', href: links.swapped }, '⇄ Swap'),
    ),
    make(
      'header',
      { class: 'feature-header' },
      make('h1', { id: 'feature-heading', tabindex: -1 }, title),
    ),
    make(
      'div',
      { class: 'panels' },
      make(
        'section',
        { class: 'panel both', 'aria-label': 'In numbers' },
        numbers(data, indices, entries),
        relation(data, indices, entries),
      ),
    ),
    make(
      'div',
      { class: 'panels two' },
      ...indices.map((index, i) => {
        const entry = entries[i] as PageEntry;
        const href = i === 0 ? links.back : links.other;
        return make(
          'section',
          { class: 'panel side-by-side', 'aria-label': `Feature ${entry.feature}` },
          make(
            'h2',
            { class: 'panel-heading' },
            make('a', { href }, `Feature ${entry.feature}`),
            ' ',
            tagOf(data, index),
          ),
          direction(data, index, entry),
          ...(entry.density > 0
            ? [
                histogram(data, entry),
                entry.classes === undefined ? null : classShares(data, entry),
                make('h3', {}, 'Top examples'),
                fewExamples(data, entry),
              ]
            : [make('p', { class: 'empty' }, 'It is dead on this data.')]),
        );
      }),
    ),
  );
}

/** The measures of both, a line each. */
function numbers(
  data: DashboardData,
  indices: readonly [number, number],
  entries: readonly [PageEntry, PageEntry],
): HTMLElement {
  const line = (name: string, of: (entry: PageEntry, index: number) => Child) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row', class: 'measure-name' }, name),
      ...indices.map((index, i) =>
        make('td', { class: 'measure-value' }, of(entries[i] as PageEntry, index)),
      ),
    );
  const purity = ({ purity: share }: PageEntry) =>
    typeof share === 'number' ? tenthPercent(share) : '–';
  return make(
    'table',
    { class: 'measures', 'aria-label': 'Numbers of both' },
    make(
      'thead',
      {},
      make(
        'tr',
        {},
        make('td', {}),
        ...entries.map(({ feature }) =>
          make('th', { scope: 'col', class: 'measure-value head' }, String(feature)),
        ),
      ),
    ),
    make(
      'tbody',
      {},
      line('score', (_, index) => hundredths(data.value('score', index))),
      line('density', ({ density }) => percent(density)),
      line('mean when active', ({ meanActive }) => digits(meanActive)),
      line('mean', ({ mean }) => digits(mean)),
      line('maximum', ({ max }) => digits(max)),
      data.labelled ? line('purity', purity) : null,
      line('kurtosis', ({ kurtosis }) => digits(kurtosis)),
    ),
  );
}

/** What the two have to do with each other. */
function relation(
  data: DashboardData,
  indices: readonly [number, number],
  [first, second]: readonly [PageEntry, PageEntry],
): HTMLElement {
  const cosine = data.cosine(...indices);
  const together =
    first.coactive.find(({ feature }) => feature === second.feature)?.jaccard ??
    second.coactive.find(({ feature }) => feature === first.feature)?.jaccard;
  const placeOf = ({ image, row }: PageEntry['top'][number]) => image ?? row;
  const own = new Set(first.top.map(placeOf));
  const shared = second.top.filter((example) => own.has(placeOf(example))).length;
  const facts: Fact[] = [
    [
      'cosine',
      cosine === undefined ? '–' : digits(cosine),
      cosine === undefined
        ? 'neither is among the other’s nearest'
        : 'of the two decoder directions',
    ],
    [
      'active together',
      together === undefined ? '–' : digits(together),
      together === undefined
        ? 'neither is among those most often active with the other'
        : `${data.rowsWord} on which both fire, by those on which either does`,
    ],
    [
      'shared examples',
      `${shared}`,
      `of ${first.top.length} and ${second.top.length} top examples`,
    ],
  ];
  return factList(facts, 'facts relation');
}
