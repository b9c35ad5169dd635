import util from 'node:util';

/**
 * Restores the two functions of Node's `util` that tfjs-node calls and Node 23 removed. Call it
 * before loading tfjs-node.
 */
export function restoreOldUtil(): void {
  const old = util as { isArray?: unknown; isNullOrUndefined?: unknown };
  old.isArray ??= Array.isArray;
  old.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
}
