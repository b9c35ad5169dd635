/** Formats numbers for people. */

/** Formats 70000 as `70,000`. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Formats a count with its noun: `1 epoch`, `2 epochs`. */
export const some = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** Formats a share of 1 in per cent: 0.197 as `19.7 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Returns a number of bytes in megabytes: `14.8`. */
export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Formats the leading digits of a measured number: 31.24159 as `31.24`. */
export const digits = (value: number, howMany = 4): string =>
  String(Number(value.toPrecision(howMany)));

/** Formats seconds as `48 s`, `3 min 5 s` or `2 h 10 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Quotes a command's argument for a shell. */
export function shellWord(word: string, platform = process.platform): string {
  if (/^[\w@%+=:,./\\-]+$/.test(word)) return word;
  return platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}
