import type { Command } from 'commander';
import type { LoadSAEArgs } from '../../io/dictionaries/load';
import { integer } from '../optionParsers';
import type { Shown } from '../progressParts';
import { downloadProgress } from './downloads';
import type { Place } from './place';

/** What the commands take that open a dictionary. */
export interface DictionaryOptions {
  k?: number;
}

/** What MODEL may be, for the commands' descriptions. */
export const MODEL_DESCRIPTION =
  'MODEL is a .keras file, the http(s) address of one, a folder of tfjs (or its model.json), or a ' +
  'dictionary of another tool: its folder or file, its address, or hf://owner/repo/path.';

/** Adds those options to a command. */
export const addDictionaryOptions = (command: Command): Command =>
  command.option(
    '--k <n>',
    'how many features fire on a row, of a TopK dictionary whose files do not say it',
    integer(1),
  );

/** What does not go together in them; undefined where all does. */
export function dictionaryProblem(
  places: readonly Place[],
  { k }: DictionaryOptions,
): string | undefined {
  const isOthers = places.some(({ format }) => format === 'dictionary');
  return k === undefined || isOthers
    ? undefined
    : '--k is for dictionaries of other tools: models of Keras and tfjs say it themselves.';
}

/** How a dictionary is opened on the command line. */
export interface Opening extends DictionaryOptions {
  /** Shows no progress. */
  readonly quiet?: boolean | undefined;
  /** Ends what is being downloaded. */
  readonly signal?: AbortSignal;
  /** Where it is told what shows progress. */
  readonly shown?: Shown;
}

/**
 * Runs what opens a dictionary, and shows meanwhile what is downloaded from the hub.
 *
 * @param run gets what `loadSAE` takes; its promise ends after the last download
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
