import { decode } from 'fast-png';

/** What a picture has drawn at one place: a line of text or an image. */
export type Drawn =
  | { kind: 'text'; text: string; fill: string; bold: boolean; size: number; x: number; y: number }
  | { kind: 'image'; width: number; height: number; pixels: Uint8Array };

const ELEMENT = /<(text|image) ([^<>]*?)(?:\/>|>([^<>]*)<\/text>)/g;
const NAMES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** Text as it was before it was escaped. */
export const unescaped = (text: string) =>
  text.replace(/&[a-z#0-9]+;/g, (name) => NAMES[name] as string);

/** The lines and images of a gallery in the order in which they are drawn. */
export function readPicture(svg: string): Drawn[] {
  return [...svg.matchAll(ELEMENT)].map(([, name, attributes, text]) => {
    const attribute = (wanted: string) =>
      unescaped(new RegExp(`(?:^| )${wanted}="([^"]*)"`).exec(attributes ?? '')?.[1] ?? '');
    if (name === 'text') {
      return {
        kind: 'text' as const,
        text: unescaped(text ?? '').replace(/[\u2068\u2069]/g, ''),
        fill: attribute('fill'),
        bold: attribute('font-weight') === 'bold',
        size: Number(attribute('font-size')),
        x: Number(attribute('x')),
        y: Number(attribute('y')),
      };
    }
    const base64 = attribute('href').replace('data:image/png;base64,', '');
    const { width, height, data } = decode(Buffer.from(base64, 'base64'));
    return { kind: 'image' as const, width, height, pixels: Uint8Array.from(data) };
  });
}
