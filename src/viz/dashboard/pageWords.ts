import type { FeatureReport } from '../../analysis/featureReport/report';
import type { PageWords } from './pageData';

/** Tokens kept of each feature, and characters of each token: enough to search and to show. */
const TOKENS = 5;
const CHARACTERS = 80;

/** The tokens that activate each feature most; undefined where the rows are no tokens. */
export function pageWords({ data, features, rows }: FeatureReport): PageWords | undefined {
  if (data.kind !== 'token') return undefined;
  const places = new Map<string, number>();
  const place = (word: string) => {
    const known = places.get(word) ?? places.size;
    places.set(word, known);
    return known;
  };
  const byFeature = features.map(({ top }) => {
    const own = new Set<number>();
    for (const { row } of top) {
      const window = rows[row]?.window;
      const token = window?.tokens[window.focus];
      if (token !== undefined) own.add(place(token.slice(0, CHARACTERS)));
      if (own.size === TOKENS) break;
    }
    return [...own];
  });
  return { words: [...places.keys()], byFeature };
}
