import type { Example, TokenWindow } from '../../../analysis/featureReport/report';
import { make } from './dom';
import { digits } from './numbers';
import { foldedText } from './strangersText';
import { visibleToken } from './visibleToken';

/** More characters of one token than this unfold when asked for. */
const LONGEST = 60;

/** A token among its neighbours, each the darker the more it activates the feature. */
export function tokenLine(
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
