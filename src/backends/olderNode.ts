import util from 'node:util';

/**
 * Gives Node's `util` back the two functions that tfjs-node calls, which Node 23 took away. Before
 * tfjs-node is loaded.
 */
export function restoreOldUtil(): void {
  const old = util as { isArray?: unknown; isNullOrUndefined?: unknown };
  old.isArray ??= Array.isArray;
  old.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
}
