import type { Command } from 'commander';
import type { LoadSAEArgs } from '../../io/dictionaries/load';
import { integer } from '../optionParsers';
import type { Shown } from '../progressParts';
import { downloadProgress } from './downloads';
import type { Place } from './place';

/** Options of the commands that open a dictionary. */
export interface DictionaryOptions {
  k?: number;
}

/** The possible kinds of MODEL, for the descriptions of commands. */
export const MODEL_DESCRIPTION =
  'MODEL is a .keras file, its http(s) URL, a tfjs model folder (or its model.json), or a ' +
  'dictionary of another tool: its folder or file, its URL, or hf://owner/repo/path.';

/** Adds the dictionary options to a command. */
export const addDictionaryOptions = (command: Command): Command =>
  command.option(
    '--k <n>',
    'for a TopK dictionary whose files do not state it: how many features fire on a row',
    integer(1),
  );

/** Returns what is inconsistent in the options; undefined if nothing is. */
export function dictionaryProblem(
  places: readonly Place[],
  { k }: DictionaryOptions,
): string | undefined {
  const isOthers = places.some(({ format }) => format === 'dictionary');
  return k === undefined || isOthers
    ? undefined
    : '--k is for dictionaries of other tools: Keras and tfjs models contain it.';
}

/** Options for opening a dictionary on the command line. */
export interface Opening extends DictionaryOptions {
  /** Whether to show no progress. */
  readonly quiet?: boolean | undefined;
  /** Aborts the download. */
  readonly signal?: AbortSignal;
  /** Where to record the progress that is shown. */
  readonly shown?: Shown;
}

/**
 * Runs a function that opens a dictionary, and shows the progress of downloads from the hub.
 *
 * @param run receives the options for `loadSAE`; its promise resolves after the last download
 */
export async function opening<T>(
  { k, quiet = false, signal, shown }: Opening,
  run: (args: LoadSAEArgs) => Promise<T>,
): Promise<T> {
  const progress = quiet ? undefined : downloadProgress(process.stderr);
  if (shown && progress) shown.progress = progress;
  try {
    return await run({
      ...(k !== undefined && { k }),
      ...(progress && { onProgress: progress.onProgress }),
      ...(signal && { requestInit: { signal } }),
    });
  } finally {
    progress?.stop();
  }
}
