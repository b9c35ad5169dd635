import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome, Trial } from './trial';

const FILE = join(__dirname, 'measured.json');

/** A trial that was made, and what came of it. */
export interface Measured {
  trial: Partial<Trial>;
  outcome: Outcome;
}

/** What has been measured so far. */
export const measured = (): Measured[] =>
  existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Measured[]) : [];

/** Keeps what has been measured. */
export const keep = (all: readonly Measured[]): void =>
  writeFileSync(FILE, `${JSON.stringify(all, null, 2)}\n`);
