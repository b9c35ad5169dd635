import { made } from '../elements';
import type { Chart, Curve } from './chart';
import type { Point } from './history';
import { curveName, type LinePlot, linePlot } from './linePlot';

/** How far an arrow key moves, as a share of the chart's width. */
const STRIDE = 1 / 40;

/**
 * One chart's place in the page. Its values are those of the last step, or of the step that somebody
 * points at, by mouse, finger or keyboard.
 */
export class ChartPlace {
  readonly element = made('figure', { class: 'chart' });
  private readonly numbers = made('p', { class: 'figures' });
  private readonly picture = made('div', { class: 'plot', tabindex: '0', role: 'group' });
  private readonly rule = made('div', { class: 'rule' });
  private chart: Chart | undefined;
  private plot: LinePlot | undefined;
  /** The step that somebody points at. */
  private at: number | undefined;

  constructor({ title, about }: Chart) {
    this.picture.setAttribute('aria-label', `${title}: arrow keys read its values`);
    this.rule.hidden = true;
    this.element.append(made('figcaption', {}, title), this.numbers, this.picture);
    this.element.append(made('p', { class: 'about' }, about));
    const { picture } = this;
    for (const kind of ['pointermove', 'pointerdown'] as const) {
      picture.addEventListener(kind, ({ clientX }) => {
        this.pointAt(this.plot?.stepAt(clientX - picture.getBoundingClientRect().left));
      });
    }
    picture.addEventListener('pointerleave', () => this.pointAt(undefined));
    picture.addEventListener('blur', () => this.pointAt(undefined));
    picture.addEventListener('keydown', (event) => this.key(event));
  }

  show(chart: Chart): void {
    this.chart = chart;
    const { picture } = this;
    const width = picture.clientWidth;
    if (width > 0) {
      const label = `${chart.title}, by step; now ${textsOf(chart).join(', ')}`;
      this.plot = linePlot(chart, width, label);
      picture.replaceChildren(this.plot.svg, this.rule);
    }
    this.read();
  }

  private key(event: KeyboardEvent): void {
    const { chart } = this;
    const steps = chart?.curves.flatMap(({ points }) => points.map(({ step }) => step)) ?? [];
    const [first, last] = [Math.min(...steps), Math.max(...steps)];
    const stride = Math.max(1, STRIDE * (last - first));
    const at = this.at ?? last;
    const places: Readonly<Record<string, number>> = {
      ArrowLeft: Math.max(first, at - stride),
      ArrowRight: Math.min(last, at + stride),
      Home: first,
      End: last,
    };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    this.pointAt(place);
  }

  private pointAt(step: number | undefined): void {
    this.at = step;
    // Only what somebody asks for by a key is read out.
    if (step !== undefined) this.numbers.setAttribute('aria-live', 'polite');
    else this.numbers.removeAttribute('aria-live');
    this.read();
  }

  /** Writes the values, and marks the step that they are of. */
  private read(): void {
    const { chart, plot, at, rule } = this;
    if (chart === undefined) return;
    const nearest = at === undefined ? undefined : nearestStep(chart, at);
    const texts = textsOf(chart, nearest);
    const spans = texts.map((text, i) => made('span', { class: curveName(i) }, text));
    if (nearest !== undefined) {
      spans.unshift(made('span', { class: 'step' }, `Step ${Math.round(nearest)}:`));
    }
    this.numbers.replaceChildren(...spans);
    rule.hidden = nearest === undefined || plot === undefined;
    if (nearest !== undefined && plot) rule.style.left = `${plot.xOf(nearest)}px`;
  }
}

/** The values of a chart's curves with their names: the last ones, or those of a step. */
function textsOf({ curves, format }: Chart, step?: number): string[] {
  return curves.map(({ name, points }) => {
    const point = step === undefined ? points.at(-1) : nearestPoint(points, step);
    return `${name} ${point ? format(point.value) : '–'}`.trim();
  });
}

/** The step nearest to a place that some curve has a point at. */
function nearestStep({ curves }: Chart, at: number): number | undefined {
  const points = curves.map(({ points }: Curve) => nearestPoint(points, at));
  return nearestPoint(
    points.filter((point) => point !== undefined),
    at,
  )?.step;
}

function nearestPoint(points: readonly Point[], step: number): Point | undefined {
  let found: Point | undefined;
  for (const point of points) {
    if (found === undefined || Math.abs(point.step - step) < Math.abs(found.step - step)) {
      found = point;
    }
  }
  return found;
}
