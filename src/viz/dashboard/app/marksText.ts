/** What somebody has made of one feature. */
export interface Mark {
  readonly feature: number;
  readonly starred: boolean;
  /** '' for none. */
  readonly note: string;
}

/** The dictionary that marks are of, for whoever finds the file. */
export interface MarkedModel {
  readonly name: string;
  readonly className: string;
  readonly features: number;
}

const FORMAT = 'gated-sae-dashboard-marks';
const VERSION = 1;
/** Characters of a note, and marks in a file: what is beyond is no note that somebody has written. */
const LONGEST = 20_000;
const MOST = 1_000_000;

/** Marks as text, to be kept and sent. */
export const writeMarks = (model: MarkedModel, marks: readonly Mark[]) =>
  `${JSON.stringify({ format: FORMAT, version: VERSION, model, marks }, null, 1)}\n`;

/**
 * The marks in a text that anybody may have written: what is none is left out, a later one of the same
 * feature counts.
 *
 * @throws Error, in words for the page, for what is no text of marks at all
 */
export function readMarks(text: string): Mark[] {
  const none = new Error('This is no file of stars and notes of such a page.');
  let given: { format?: unknown; version?: unknown; marks?: unknown } | null;
  try {
    given = JSON.parse(text);
  } catch {
    throw none;
  }
  if (given?.format !== FORMAT || !Array.isArray(given.marks)) throw none;
  if (given.version !== VERSION) throw new Error('This file is of another version.');
  const marks = new Map<number, Mark>();
  for (const one of given.marks.slice(0, MOST)) {
    const { feature, starred, note } = (one ?? {}) as Record<string, unknown>;
    if (!Number.isSafeInteger(feature) || Number(feature) < 0) continue;
    const mark = {
      feature: Number(feature),
      starred: starred === true,
      note: typeof note === 'string' ? note.slice(0, LONGEST) : '',
    };
    if (mark.starred || mark.note !== '') marks.set(mark.feature, mark);
  }
  return [...marks.values()];
}
