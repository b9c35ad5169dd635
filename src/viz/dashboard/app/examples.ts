import type { Example, Interval, TokenWindow } from '../../../analysis/featureReport/report';
import type { PageEntry } from '../pageData';
import { afterPaint } from './afterPaint';
import { bar } from './bars';
import type { DashboardData } from './dashboardData';
import { make } from './dom';
import { firesAt, heatLayers } from './heat';
import { count, digits, short } from './numbers';
import { foldedText, shortText } from './strangersText';
import { canvas, drawImage } from './tiles';
import { visibleToken } from './visibleToken';

/** The rows that activate a feature most. */
export const topExamples = (data: DashboardData, entry: PageEntry) =>
  exampleList(data, entry, entry.top, '');

/** The same, in small. */
export const fewExamples = (data: DashboardData, entry: PageEntry) =>
  exampleList(data, entry, entry.top, 'few');

/** Rows from each octave of activation. */
export function intervalExamples(data: DashboardData, entry: PageEntry): HTMLElement {
  const parts = entry.intervals
    .filter(({ count }) => count > 0)
    .map((interval) =>
      make(
        'section',
        { class: 'interval' },
        make('h3', { class: 'interval-heading' }, range(interval), rowCount(data, interval)),
        exampleList(data, entry, interval.examples, 'few'),
      ),
    );
  const wide = data.head.data.kind === 'token' ? 'wide' : '';
  return make('div', { class: `intervals ${wide}` }, ...parts);
}

const range = ({ low, high }: Interval) => `${short(low)} to ${short(high)}`;
const rowCount = (data: DashboardData, { count: rows }: Interval) =>
  make('span', { class: 'interval-rows' }, data.countedRows(rows));

function exampleList(
  data: DashboardData,
  entry: PageEntry,
  examples: readonly Example[],
  size: '' | 'few',
): HTMLElement {
  if (examples.length === 0) return make('p', { class: 'empty' }, 'The report has no example.');
  const { kind } = data.head.data;
  const parts = {
    image: imageExample,
    position: imageExample,
    token: tokenExample,
    vector: vectorExample,
  }[kind];
  const items = examples.map((example) =>
    make('li', { class: 'example' }, ...parts(data, entry, example, size)),
  );
  const look = kind === 'position' ? 'image' : kind;
  return make('ol', { class: `examples ${look} ${size}` }, ...items);
}

const activationOf = ({ activation }: Example) =>
  make('span', { class: 'activation' }, digits(activation));

function imageExample(
  data: DashboardData,
  entry: PageEntry,
  example: Example,
  size: '' | 'few',
): HTMLElement[] {
  const { row, label, image = row } = example;
  const name = example.image === undefined ? `Row ${row}` : `Image ${image}`;
  const picture = canvas(`${name}${firesAt(data, example)}`, 'example-image');
  picture.title = name;
  const drawPicture = () => drawImage(picture, data, image);
  // The others lie below what is seen at first.
  if (size === '') drawPicture();
  else afterPaint(drawPicture);
  const caption = make('span', { class: 'caption' });
  if (label !== undefined) {
    const shown = shortText(data.className(label), 24);
    if (shown.title === '') shown.title = data.className(label); // the box may be narrower still
    caption.append(make('span', { class: 'class-name' }, shown), ' ');
  }
  caption.append(activationOf(example));
  return [framed(data, [picture, ...heatLayers(data, entry, example)]), caption];
}

/** Layers of one picture, which have its sides, within a square. */
function framed({ head }: DashboardData, layers: readonly HTMLElement[]): HTMLElement {
  const [height, width] = head.data.imageShape ?? [1, 1];
  const frame = make('div', { class: 'picture' }, ...layers);
  frame.style.aspectRatio = `${width} / ${height}`;
  frame.style.width = `${100 * Math.min(1, width / height)}%`;
  return frame;
}

function tokenExample(data: DashboardData, entry: PageEntry, example: Example): HTMLElement[] {
  const { row, label } = example;
  const window = data.tokens(row);
  const text =
    window === undefined
      ? make('span', { class: 'quiet' }, `row ${row}`)
      : tokenLine(window, example, entry.max);
  const parts = [activationOf(example), text];
  if (label !== undefined) parts.push(foldedText(data.className(label), 24));
  return parts;
}

function vectorExample(data: DashboardData, entry: PageEntry, example: Example): HTMLElement[] {
  const { row, activation, label } = example;
  const parts: HTMLElement[] = [
    make('span', {}, `row ${count(row)}`),
    bar(entry.max > 0 ? activation / entry.max : 0),
    activationOf(example),
  ];
  if (label !== undefined) {
    parts.push(make('span', { class: 'row-class' }, foldedText(data.className(label), 32)));
  }
  return parts;
}

/** More characters of one token than this unfold when asked for. */
const LONGEST = 60;

/** A token among its neighbours, each the darker the more it activates the feature. */
function tokenLine(
  { tokens, focus, document: number, position }: TokenWindow,
  { activations, activation }: Example,
  max: number,
): HTMLElement {
  const words = tokens.map((token, i) => {
    const value = activations?.[i] ?? (i === focus ? activation : 0);
    const word = make(
      i === focus ? 'mark' : 'span',
      { class: 'token', title: value > 0 ? digits(value) : undefined },
      foldedText(visibleToken(token), LONGEST),
    );
    if (value > 0 && max > 0) {
      word.classList.add('lit');
      word.style.setProperty('--heat', Math.min(1, value / max).toFixed(2));
    }
    return word;
  });
  return make(
    'span',
    { class: 'token-line', title: `document ${number}, token ${position}` },
    ...words,
  );
}
