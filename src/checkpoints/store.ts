import type { ByteSource } from '../io/bytes/source';

/** A place for checkpoints: files by name, each present completely or not at all. */
export interface CheckpointStore {
  /** How errors refer to it. */
  readonly where: string;
  /** Returns the names of all checkpoints in it; none if the place does not exist yet. */
  names(): Promise<string[]>;
  /** @throws SAE_FILE if it no longer exists; the caller closes it. */
  open(name: string): Promise<ByteSource>;
  /**
   * Writes a checkpoint, replacing one with the same name.
   *
   * @throws SAE_FILE if it cannot be written; the old content is then kept.
   */
  write(name: string, chunks: readonly Uint8Array[]): Promise<void>;
  remove(name: string): Promise<void>;
}

const NAME = /^step-(\d{10})-([0-9a-f]{8})\.checkpoint$/;

/** Returns a checkpoint's name: alphabetical order is the order of steps. */
export const checkpointName = (step: number, run: string) =>
  `step-${String(step).padStart(10, '0')}-${run}.checkpoint`;

/** Parses a name; undefined for a file that is not a checkpoint. */
export function partsOf(name: string): { step: number; run: string } | undefined {
  const [, step, run] = NAME.exec(name) ?? [];
  return step === undefined ? undefined : { step: Number(step), run: run as string };
}

/** Returns whether it has the form of {@link newRun}. */
export const isRun = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{8}$/.test(value);

/** Returns a unique name for a run. */
export const newRun = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
