/** Finished markup; anything else that is put into an element is text. */
export class Markup {
  constructor(readonly source: string) {}
}

/** The attributes of an element; undefined ones are omitted. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/**
 * Characters that no XML document may contain: control characters, halves of surrogate pairs, two
 * others.
 */
const NOT_XML = /[^\P{Cc}\t\n\r]|\p{Cs}|[\ufffe\uffff]/gu;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Returns a text with replacement characters for everything that no document may contain. */
export const printable = (text: string) => text.replace(NOT_XML, '\ufffd');

/** Escapes text for XML and HTML, between tags or in quotes. */
export const escaped = (text: string) =>
  printable(text).replace(/[&<>"']/g, (sign) => ESCAPES[sign] as string);

/**
 * Returns one element as a string, without a DOM, so that Node and every browser make the same
 * picture.
 *
 * @param name an SVG element's name, which is trusted, like the attributes' names
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

/** Formats an attribute: hundredths of a pixel are enough, and the same digits everywhere. */
const attributeText = (value: string | number | undefined) =>
  typeof value === 'number' ? String(Number(value.toFixed(2))) : String(value);
