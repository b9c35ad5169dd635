import { TAGS } from '../pageData';
import type { DashboardData } from './dashboardData';
import { make } from './dom';
import { shortText } from './strangersText';

/**
 * MONO and of which class, POLY, too few rows to tell, or dead; null for what is none of them.
 *
 * @param named whether the class of MONO stands beside it
 */
export function tagOf(data: DashboardData, index: number, named = true): HTMLElement | null {
  if (data.value('density', index) === 0) return make('span', { class: 'tag dead' }, 'dead');
  const tag = data.value('tag', index);
  if (tag === TAGS.mono) {
    const mono = make('span', { class: 'tag mono' }, 'MONO');
    if (!named) return mono;
    const name = shortText(data.className(data.value('monoLabel', index)), 16);
    return make('span', {}, mono, ' ', name);
  }
  if (tag === TAGS.poly) return make('span', { class: 'tag poly' }, 'POLY');
  if (tag === TAGS.few) return make('span', { class: 'tag few' }, `few ${data.counted}`);
  return null;
}
