import { distance } from '../../../optionNames';

/** The most names that are suggested. */
const MOST = 3;

/** Says what to do about an unknown name: suggests similar ones. */
export function adviceOnNames(name: string, known: readonly string[]): string {
  const theirs = name.toLowerCase();
  const far = (one: string): number => {
    const ours = one.toLowerCase();
    // Names that contain it, or are contained in it, are similar, whatever their lengths.
    return ours.includes(theirs) || theirs.includes(ours) ? 0.5 : distance(theirs, ours);
  };
  const near = known
    .map((one) => ({ one, far: far(one) }))
    .filter(({ far }) => far <= Math.max(2, name.length / 2))
    .sort((a, b) => a.far - b.far || a.one.length - b.one.length)
    .slice(0, MOST)
    .map(({ one }) => `"${one}"`);
  if (near.length === 0) return 'Look through what listSAEs() has.';
  const last = near.pop();
  return `Did you mean ${near.length > 0 ? `${near.join(', ')} or ` : ''}${last}?`;
}
