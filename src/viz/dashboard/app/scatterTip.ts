import type { DashboardData } from './dashboardData';
import { make } from './dom';
import { digits, percent } from './numbers';
import { shortText } from './strangersText';
import { tagOf } from './tag';
import { decoration, drawDecoder } from './tiles';
import { visibleToken } from './visibleToken';
import { whenRead } from './whenRead';

/** What stands beside a point while the pointer is on it. */
export interface Tip {
  readonly element: HTMLElement;
  /** The feature that it is about. */
  readonly shown: number | undefined;
  /** At a point of a stage of that width, in pixels. */
  show(index: number, x: number, y: number, width: number): void;
  hide(): void;
}

/** A tip without content; the table says the same to those who do not point. */
export function createTip(data: DashboardData): Tip {
  const element = make('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
  const ring = make('div', { class: 'ring', 'aria-hidden': 'true', hidden: true });
  let shown: number | undefined;
  return {
    element: make('div', { class: 'tips' }, ring, element),
    get shown() {
      return shown;
    },
    show(index, x, y, width) {
      if (index === shown) return;
      shown = index;
      element.replaceChildren(...content(data, index));
      for (const part of [element, ring]) {
        part.hidden = false;
        part.style.left = `${x}px`;
        part.style.top = `${y}px`;
      }
      element.classList.toggle('leftward', x > width / 2);
    },
    hide() {
      shown = undefined;
      element.hidden = true;
      ring.hidden = true;
    },
  };
}

function content(data: DashboardData, index: number): HTMLElement[] {
  const words = make(
    'div',
    {},
    make('strong', {}, `Feature ${data.value('feature', index)}`),
    ' ',
    tagOf(data, index),
    make('div', {}, `fires on ${percent(data.value('density', index))}`),
    make('div', {}, `mean ${digits(data.value('meanActive', index))} when it fires`),
  );
  const label = data.value('label', index);
  if (Number.isFinite(label)) {
    words.append(make('div', {}, 'most often ', shortText(data.className(label), 24)));
  }
  const [token] = data.topTokens(index);
  if (token !== undefined) words.append(make('div', {}, shortText(visibleToken(token), 24)));
  if (data.head.data.kind !== 'image') return [words];
  const tile = decoration('small');
  whenRead(() => drawDecoder(tile, data, index));
  return [tile, words];
}
