/** A piece of a picture that is markup already; whatever else is put into an element is text. */
export class Markup {
  constructor(readonly source: string) {}
}

/** What an element's attributes hold; what is undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** What no XML document may hold: control characters, halves of surrogate pairs, two others. */
const NOT_XML = /[^\P{Cc}\t\n\r]|\p{Cs}|[\ufffe\uffff]/gu;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text with signs of replacement for all that no document may hold. */
export const printable = (text: string) => text.replace(NOT_XML, '\ufffd');

/** Any text as it stands in XML and HTML, between tags or in quotes. */
export const escaped = (text: string) =>
  printable(text).replace(/[&<>"']/g, (sign) => ESCAPES[sign] as string);

/**
 * One element, as a string: there is no DOM, so that Node and every browser make the same picture.
 *
 * @param name one of SVG's, written by us, as the attributes' names are
 * @param children strings are text and are escaped
 */
export function element(
  name: string,
  attributes: Attributes,
  ...children: readonly (Markup | string)[]
): Markup {
  const given = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(attributeText(value))}"`)
    .join('');
  const inside = children
    .map((child) => (child instanceof Markup ? child.source : escaped(child)))
    .join('');
  return new Markup(inside === '' ? `<${name}${given}/>` : `<${name}${given}>${inside}</${name}>`);
}

/** Hundredths of a pixel are enough, and the same digits everywhere. */
const attributeText = (value: string | number | undefined) =>
  typeof value === 'number' ? String(Number(value.toFixed(2))) : String(value);
