import { PIECES } from './packed';

/**
 * Loads the parts of the PNG renderer when they are first needed: pages that need none do not load
 * their 2 MB.
 */
export async function loadPieces(): Promise<string[]> {
  await Promise.all([
    import('./packed/1.generated'),
    import('./packed/2.generated'),
    import('./packed/3.generated'),
    import('./packed/4.generated'),
    import('./packed/5.generated'),
  ]);
  const left = globalThis as unknown as Record<(typeof PIECES)[number], string>;
  return PIECES.map((name) => left[name]);
}
