import { element, made } from '../elements';
import { type Chart, chartsOf } from './chart';
import { History } from './history';
import { curveName, linePlot } from './linePlot';

/** Seconds from one drawing to the next, so that training has the time. */
const EVERY = 0.6;

/** One chart's place in the page. */
interface Place {
  numbers: HTMLElement;
  picture: HTMLElement;
}

/** The curves of a training, as it goes on. */
export class Charts {
  readonly history = new History();
  private readonly holder = element('charts', HTMLElement);
  private readonly places = new Map<string, Place>();
  private timer: number | undefined;
  private drawn = 0;

  constructor() {
    new ResizeObserver(() => this.drawSoon()).observe(this.holder);
    document.addEventListener('visibilitychange', () => this.drawSoon());
  }

  /** Forgets everything: another model. */
  clear(): void {
    this.history.clear();
    this.places.clear();
    this.holder.replaceChildren();
  }

  /** Draws soon, and not more often than is good for training. */
  drawSoon(): void {
    const wait = Math.max(0, 1000 * EVERY - (performance.now() - this.drawn));
    this.timer ??= window.setTimeout(() => this.draw(), wait);
  }

  private draw(): void {
    this.timer = undefined;
    this.drawn = performance.now();
    if (this.history.isEmpty || document.hidden) return;
    for (const chart of chartsOf(this.history)) this.drawChart(chart);
  }

  private drawChart(chart: Chart): void {
    const { numbers, picture } = this.places.get(chart.title) ?? this.newPlace(chart.title);
    const texts = chart.curves.map(({ name, points }) => {
      const last = points.at(-1);
      return `${name} ${last ? chart.format(last.value) : '–'}`.trim();
    });
    numbers.replaceChildren(...texts.map((text, i) => made('span', { class: curveName(i) }, text)));
    const width = picture.clientWidth;
    const label = `${chart.title}, by step; now ${texts.join(', ')}`;
    if (width > 0) picture.replaceChildren(linePlot(chart, width, label));
  }

  private newPlace(title: string): Place {
    const place = { numbers: made('p', { class: 'figures' }), picture: made('div') };
    const figure = made('figure', { class: 'chart' });
    figure.append(made('figcaption', {}, title), place.numbers, place.picture);
    this.holder.append(figure);
    this.places.set(title, place);
    return place;
  }
}
