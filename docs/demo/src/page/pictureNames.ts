import type { Pictures } from '../protocol';

/** What a picture is called: its class, where that is known. */
export function pictureName({ labels, classNames }: Pictures, picture: number): string {
  const label = labels[picture];
  return label === undefined ? `Picture ${picture}` : (classNames[label] ?? `Class ${label}`);
}
