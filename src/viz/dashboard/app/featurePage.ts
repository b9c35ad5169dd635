import type { PageEntry } from '../pageData';
import { bar, barRow, barTable } from './bars';
import type { DashboardData } from './dashboardData';
import { direction } from './direction';
import { type Child, make } from './dom';
import { effects } from './effects';
import { intervalExamples, topExamples } from './examples';
import { type Fact, factList } from './facts';
import { heatControls } from './heat';
import { histogram } from './histogram';
import { count, digits, hundredths, percent, tenthPercent } from './numbers';
import { againstField, noteField } from './ownPanels';
import { coactive, neighbours } from './related';
import { starButton } from './starButton';
import { foldedText } from './strangersText';
import { tagOf } from './tag';

/** Where the feature stands among those that are selected, and how to go on. */
export interface Surroundings {
  readonly previous: number | undefined;
  readonly next: number | undefined;
  /** `12 of 214`. */
  readonly place: string;
  /** Address of the overview. */
  readonly overview: string;
  /** Address of another feature's page. */
  address(index: number): string;
  /** Address of a page that holds this feature against another one. */
  against(feature: number): string;
  /** Goes there. */
  compare(feature: number): void;
}

const DEAD = 'This feature is dead on this data: it fires on no row, so there is no example of it.';

/** All that the report has on one feature. */
export function featurePage(data: DashboardData, index: number, around: Surroundings): HTMLElement {
  const entry = data.entry(index);
  const dead = !(entry.density > 0);
  const address = (feature: number) => {
    const other = data.indexOf(feature);
    return other === undefined ? undefined : around.address(other);
  };
  const own = panel(
    data.head.data.kind === 'image' ? 'Decoder direction' : 'Largest decoder weights',
    direction(data, index, entry),
  );
  const firing = dead
    ? [panel('Examples', make('p', { class: 'empty' }, DEAD))]
    : [
        panel('How strongly it fires', histogram(data, entry)),
        entry.classes === undefined ? null : panel('Classes it fires on', classShares(data, entry)),
      ];
  const number = firing.filter((part) => part !== null).length;
  return make(
    'article',
    { class: 'feature', 'aria-labelledby': 'feature-heading' },
    steps(data, around),
    make(
      'header',
      { class: 'feature-header' },
      make('h1', { id: 'feature-heading', tabindex: -1 }, `Feature ${entry.feature}`),
      ...onNeuronpedia(data, entry.feature),
      tagOf(data, index),
      starButton(data.marks, entry.feature, true),
    ),
    panels('', panel(null, facts(data, index, entry))),
    panels(
      'own',
      panel('Your note', noteField(data.marks, entry.feature)),
      panel('Against another feature', againstField(data, around.compare)),
    ),
    panels(number === 2 ? 'three' : 'two', own, ...firing),
    ...(entry.effects === undefined
      ? []
      : [panels('', panel('Effect on the model’s classes', effects(data, entry)))]),
    ...(dead ? [] : exampleParts(data, entry)),
    panels(
      'two',
      panel('Nearest by decoder', neighbours(data, entry, address, around.against)),
      panel('Most often active together', coactive(data, entry, address, around.against)),
    ),
  );
}

const exampleParts = (data: DashboardData, entry: PageEntry) => [
  panels('', panel('Top examples', heatControls(data), topExamples(data, entry))),
  entry.intervals.length === 0
    ? null
    : panels('', panel('Examples by activation', intervalExamples(data, entry))),
];

const panels = (columns: string, ...parts: readonly Child[]) =>
  make('div', { class: `panels ${columns}` }, ...parts);

function panel(heading: string | null, ...children: readonly Child[]): HTMLElement {
  return heading === null
    ? make('section', { class: 'panel', 'aria-label': 'In numbers' }, ...children)
    : make(
        'section',
        { class: 'panel' },
        make('h2', { class: 'panel-heading' }, heading),
        ...children,
      );
}

function steps(data: DashboardData, around: Surroundings): HTMLElement {
  const step = (index: number | undefined, rel: string, text: string) =>
    index === undefined
      ? make('span', { class: 'step off', 'aria-hidden': 'true' }, text)
      : make(
          'a',
          {
            class: 'step',
            rel,
            href: around.address(index),
            title: `Feature ${data.value('feature', index)}`,
          },
          text,
        );
  return make(
    'nav',
    { class: 'steps', 'aria-label': 'Features' },
    make('a', { class: 'back', href: around.overview }, '← All features'),
    make('span', { class: 'place' }, around.place),
    step(around.previous, 'prev', '‹ Previous'),
    step(around.next, 'next', 'Next ›'),
  );
}

/** Less than this is rounding, and no further class. */
const NOTHING = 5e-4;

/** A link to the feature's page there, where the dictionary has pages. */
function onNeuronpedia({ head }: DashboardData, feature: number): HTMLElement[] {
  const { neuronpediaId } = head.model;
  if (neuronpediaId === undefined) return [];
  const href = `https://www.neuronpedia.org/${neuronpediaId}/${feature}`;
  const link = { class: 'elsewhere', href, target: '_blank', rel: 'noopener noreferrer' };
  return [make('a', link, 'Neuronpedia ↗')];
}

/** The classes of the rows on which a feature fires, as bars. */
export function classShares(data: DashboardData, { classes = [] }: PageEntry): HTMLElement {
  const rest = 1 - classes.reduce((sum, { share }) => sum + share, 0);
  const rows = classes.map(({ label, share }) =>
    barRow(foldedText(data.className(label), 28), bar(share), tenthPercent(share)),
  );
  if (rest > NOTHING) rows.push(barRow('others', bar(rest, 'rest'), tenthPercent(rest)));
  return barTable(`Share of the ${data.counted} on which it fires, by class`, rows);
}

/** The feature's numbers, each with its meaning. */
function facts(data: DashboardData, index: number, entry: PageEntry): HTMLElement {
  const { rows } = data.head.data;
  const fires = Math.round(entry.density * rows);
  const what = data.rowsWord;
  const list: Fact[] = [
    ['score', hundredths(data.value('score', index)), 'how much it is worth reading, of 1'],
    ['density', percent(entry.density), `fires on ${count(fires)} of ${count(rows)} ${what}`],
    ['mean when active', digits(entry.meanActive), `over the ${what} on which it fires`],
    ['mean', digits(entry.mean), `over all ${what}`],
    ['maximum', digits(entry.max), 'largest activation'],
  ];
  const { images } = entry;
  if (images !== undefined) {
    const all = data.head.data.images ?? images;
    list.splice(2, 0, ['images', count(images), `of ${count(all)}: those it fires on anywhere`]);
  }
  if (entry.purity !== undefined) {
    const value = entry.purity === null ? '–' : tenthPercent(entry.purity);
    list.push(['purity', value, `share of its largest class among those ${data.counted}`]);
  }
  list.push([
    'decoder kurtosis',
    digits(entry.kurtosis),
    'high where few weights make the direction',
  ]);
  return factList(list);
}
