import type { ByteSource } from '../io/bytes/source';

/** A place for checkpoints: files by their names, each there whole or not at all. */
export interface CheckpointStore {
  /** What errors call it. */
  readonly where: string;
  /** The names of all checkpoints in it; none where there is no such place yet. */
  names(): Promise<string[]>;
  /** @throws SAE_FILE where it is not there any more; the caller closes it. */
  open(name: string): Promise<ByteSource>;
  /**
   * Writes a checkpoint, in place of one of that name.
   *
   * @throws SAE_FILE where it cannot be written; what was there before is there then.
   */
  write(name: string, chunks: readonly Uint8Array[]): Promise<void>;
  remove(name: string): Promise<void>;
}

const NAME = /^step-(\d{10})-([0-9a-f]{8})\.checkpoint$/;

/** A checkpoint's name: names in the order of the alphabet are in that of the steps. */
export const checkpointName = (step: number, run: string) =>
  `step-${String(step).padStart(10, '0')}-${run}.checkpoint`;

/** What a name tells; undefined for a file that is no checkpoint. */
export function partsOf(name: string): { step: number; run: string } | undefined {
  const [, step, run] = NAME.exec(name) ?? [];
  return step === undefined ? undefined : { step: Number(step), run: run as string };
}

/** Whether it is what {@link newRun} gives. */
export const isRun = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{8}$/.test(value);

/** A run's name, which no other has. */
export const newRun = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
