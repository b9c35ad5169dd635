import type { StepRow, Survey } from '../../protocol';
import { element } from '../elements';
import { type Chart, chartsOf, type Told } from './chart';
import { History } from './history';
import { ChartPlace } from './place';

/** Seconds from one drawing to the next, so that training has the time. */
const EVERY = 0.6;

/** The curves of a training, as it goes on. */
export class Charts {
  private told: Told[] = [];
  private readonly holder = element('charts', HTMLElement);
  private readonly places = new Map<string, ChartPlace>();
  private timer: number | undefined;
  private drawn = 0;

  constructor() {
    new ResizeObserver(() => this.drawSoon()).observe(this.holder);
    document.addEventListener('visibilitychange', () => this.drawSoon());
  }

  /** Forgets everything: other dictionaries. @param names of two; one needs none */
  begin(names: readonly string[]): void {
    this.told = names.map((name) => ({ name, history: new History() }));
    this.places.clear();
    this.holder.replaceChildren();
  }

  addSteps(rows: readonly StepRow[]): void {
    this.told.forEach(({ history }, dictionary) => {
      history.addSteps(rows.filter((row) => row.dictionary === dictionary));
    });
    this.drawSoon();
  }

  addSurvey(survey: Survey): void {
    this.told[survey.dictionary]?.history.addSurvey(survey);
    this.drawSoon();
  }

  /** Draws soon, and not more often than is good for training. */
  drawSoon(): void {
    const wait = Math.max(0, 1000 * EVERY - (performance.now() - this.drawn));
    this.timer ??= window.setTimeout(() => this.draw(), wait);
  }

  private draw(): void {
    this.timer = undefined;
    this.drawn = performance.now();
    if (document.hidden || this.told.every(({ history }) => history.isEmpty)) return;
    for (const chart of chartsOf(this.told)) {
      (this.places.get(chart.title) ?? this.newPlace(chart)).show(chart);
    }
  }

  private newPlace(chart: Chart): ChartPlace {
    const place = new ChartPlace(chart);
    this.places.set(chart.title, place);
    this.holder.append(place.element);
    return place;
  }
}
