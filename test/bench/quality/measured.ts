import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PeerOutcome } from './peers';
import type { Structure } from './synthetic';
import type { Found, Outcome } from './trial';

/** All that `npm run bench -- quality` has measured; to measure anew, delete it. */
export const FILE = join(__dirname, '..', '..', '..', 'docs', 'quality', 'measured.json');

/** A training on images. */
export interface OnImages extends Outcome {
  readonly architecture: string;
  /** The L0 that was asked for. */
  readonly target: number;
  readonly seed: number;
}

/** A training on synthetic rows. */
export interface OnSynthetic extends Found {
  readonly architecture: string;
  readonly structure: Structure;
  readonly seed: number;
}

/** What all of it came to. */
export interface Measured {
  readonly images: OnImages[];
  /** The share of features that dictionaries of two seeds have both, by architecture and target. */
  readonly shared: { architecture: string; target: number; share: number }[];
  readonly synthetic: OnSynthetic[];
  readonly peers: PeerOutcome[];
  /** Explained variance at each L0 of what needs no training. */
  baselines?: { pca: number[]; identity: number[] };
}

/** What has been measured so far. */
export function measured(): Measured {
  if (!existsSync(FILE)) return { images: [], shared: [], synthetic: [], peers: [] };
  return JSON.parse(readFileSync(FILE, 'utf8')) as Measured;
}

/** Keeps what has been measured. */
export function keep(all: Measured): void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(all, null, 1)}\n`);
}
