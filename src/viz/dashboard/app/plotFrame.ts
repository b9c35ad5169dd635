import * as Plot from '@observablehq/plot';

/**
 * A plot as one picture with one description.
 *
 * Its own style sheet goes, for the page allows none but its own, which has those rules.
 */
export function plotFrame(options: Plot.PlotOptions & { ariaLabel: string }): SVGSVGElement {
  const plot = Plot.plot(options) as unknown as SVGSVGElement;
  for (const style of plot.querySelectorAll('style')) style.remove();
  for (const part of plot.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  plot.setAttribute('role', 'img');
  plot.classList.add('plot');
  return plot;
}

/** A logarithmic axis's range around values above 0. */
export function logDomain(values: Iterable<number>): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const value of values) {
    if (!(value > 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low / 1.25, high * 1.25];
}

/** Powers of ten in a range; with their halves and fifths where there are few. */
export function logTicks([low, high]: readonly [number, number]): number[] {
  const decades = Math.log10(high / low);
  const digits = decades < 1.5 ? [1, 2, 3, 5] : decades < 2.5 ? [1, 3] : [1];
  const first = Math.floor(Math.log10(low));
  return Array.from({ length: Math.ceil(decades) + 2 }, (_, i) => first + i)
    .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
    .filter((tick) => tick >= low && tick <= high);
}
