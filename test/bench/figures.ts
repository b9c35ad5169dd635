/** Numbers and tables as the report has them. */

/** Milliseconds, to three digits or so. */
export const ms = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

/** Milliseconds as seconds, to a hundredth. */
export const seconds = (value: number): string => (value / 1000).toFixed(2);

/** Never more than it was: 1.999 as `1.99`. */
export const atLeast = (value: number): string => (Math.floor(value * 100) / 100).toFixed(2);

/** Never less than it was: 1.301 as `1.31`. */
export const atMost = (value: number): string => (Math.ceil(value * 100) / 100).toFixed(2);

/** Bytes as `1,234 MB`. */
export const megabytes = (bytes: number): string =>
  `${Math.round(bytes / 1e6).toLocaleString('en-US')} MB`;

/** By how much of itself a number is off. */
export const difference = (value: number, expected: number): number =>
  Math.abs(value - expected) / Math.abs(expected);

/** A difference by its power of ten: `3e-7`. */
export const small = (value: number): string => (value === 0 ? '0' : value.toExponential(0));

/** A table in Markdown whose columns are aligned in a terminal too: the first left, others right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] as string).length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => pad(cell, widths[i] as number, i)).join(' | ')} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

const pad = (cell: string, width: number, column: number) =>
  column === 0 ? cell.padEnd(width) : cell.padStart(width);
