const LOCALE = 'en-US';
/** Making one takes longer than using it a hundred times. */
const formats = new Map<number, Intl.NumberFormat>();
const DIGITS = 3;

/** A count: 6,272. */
export const count = (value: number) => format(0, 0).format(value);

/** Three digits, so that numbers below each other line up: 0.0120, 4.56, 12.3, 1,230. */
export const digits = (value: number) => written(value, DIGITS);

/** No more than three digits, for axes: 0.012, 4.5, 1,000. */
export const short = (value: number) => written(value, 1);

/** A share: 3.21%. */
export const percent = (share: number) => withSign(digits(100 * share));

/** A share among others: 37.8%, 0.1%. */
export const tenthPercent = (share: number) =>
  Number.isFinite(share) ? `${(100 * share).toFixed(1).replace('100.0', '100')}%` : '–';

/** A number from 0 to 1: 0.07, 0.52. */
export const hundredths = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : '–');

/** A share on an axis: 3%. */
export const shortPercent = (share: number) => withSign(short(100 * share));

function written(value: number, least: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-4 || size >= 1e6) {
    const [mantissa = '', power = ''] = value.toExponential(1).split('e');
    return signed(`${mantissa}e${Number(power)}`);
  }
  return signed(format(least, size >= 1000 ? DIGITS + 1 : DIGITS).format(value));
}

/** From so many to so many digits that count; integers as they are for 0. */
function format(least: number, most: number): Intl.NumberFormat {
  const key = 10 * least + most;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const digits = { minimumSignificantDigits: least, maximumSignificantDigits: most };
  const made = new Intl.NumberFormat(LOCALE, most === 0 ? {} : digits);
  formats.set(key, made);
  return made;
}

const withSign = (number: string) => (number === '–' ? number : `${number}%`);

/** A true minus sign is as wide as a digit. */
const signed = (text: string) => text.replaceAll('-', '−');
