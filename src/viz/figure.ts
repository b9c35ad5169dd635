import { brand } from '../brand';
import { missing, notInPage, wrongOption } from '../errors';
import { checkOptions, positive, type Rules, text } from '../options';
import { loadPieces } from './png/load';
import { escaped } from './svg/element';

/** The content of a figure. */
export interface FigureArgs {
  /** A complete SVG document. */
  svg: string;
  /** The width in pixels, as in the SVG document. */
  width: number;
  /** The height in pixels, as in the SVG document. */
  height: number;
  /** What the figure shows: the title of the page that `toHTML` makes. */
  title: string;
  /** The background colour of a page that shows only the figure; white by default. */
  ground?: string;
}

/** Options of {@link Figure.toPNG}. */
export interface PNGArgs {
  /** Pixels of the PNG per pixel of the figure; 1 by default. */
  scale?: number;
}

const RULES: Rules<FigureArgs> = {
  svg: text,
  width: positive(),
  height: positive(),
  title: text,
  ground: { ...text, fallback: '#ffffff' },
};
const PNG_RULES: Rules<PNGArgs> = { scale: positive(1) };
/** More pixels would take gigabytes while drawing. */
const MOST_PIXELS = 2 ** 26;

/**
 * A picture that can be exported in several forms, the same in Node and in every browser.
 *
 * Deno's notebooks display it directly; elsewhere pass `toSVG()` to something that displays SVG.
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAE, plotDecoderGallery } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 16, encodingDim: 64 });
 * const codes = sae.encode(tf.randomUniform([100, 16]));
 * const figure = await plotDecoderGallery(sae, codes, { imageShape: [4, 4] });
 * await writeFile(join(tmpdir(), 'gallery.png'), await figure.toPNG({ scale: 2 }));
 * await writeFile(join(tmpdir(), 'gallery.html'), figure.toHTML());
 * // In a page: figure.mount(document.getElementById('gallery'))
 * ```
 */
export class Figure {
  /** The width in pixels. */
  readonly width: number;
  /** The height in pixels. */
  readonly height: number;
  /** What the figure shows. */
  readonly title: string;
  private readonly svg: string;
  private readonly ground: string;

  /**
   * Creates a figure from your own SVG document; the galleries create theirs themselves.
   *
   * @param args the document, its size in pixels and its title
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: FigureArgs) {
    const { svg, width, height, title, ground } = checkOptions('Figure', RULES, args);
    this.svg = svg;
    this.width = width;
    this.height = height;
    this.title = title;
    this.ground = ground;
  }

  static {
    brand(Figure, 'Figure');
  }

  /** Returns a complete SVG document, without scripts or external references. */
  toSVG(): string {
    return this.svg;
  }

  /**
   * Returns the bytes of a PNG: the same in Node and in every browser, since it includes the font
   * DejaVu.
   *
   * The renderer (2 MB) is loaded on the first call. A page's policy must allow WebAssembly.
   *
   * @param args `scale`: pixels of the PNG per pixel of the figure, 1 by default
   * @returns the bytes of the file
   * @throws SAE_OPTION for a scale that makes it larger than 67 megapixels, or if it is not an SVG
   *   document; SAE_MISSING if a page's policy forbids WebAssembly.
   */
  async toPNG(args: PNGArgs = {}): Promise<Uint8Array> {
    const { scale } = checkOptions('Figure.toPNG', PNG_RULES, args);
    const pixels = this.width * this.height * scale ** 2;
    if (pixels > MOST_PIXELS) {
      const most = Math.sqrt(MOST_PIXELS / (this.width * this.height));
      throw wrongOption(
        'Figure.toPNG.scale',
        `a scale of at most ${Math.floor(100 * most) / 100}`,
        scale,
        'Give a smaller scale, or use toSVG, which is sharp at any size.',
      );
    }
    const [{ rasterize }, pieces] = await Promise.all([import('./png/rasterizer'), loadPieces()]);
    try {
      return await rasterize(pieces, this.svg, scale, this.ground);
    } catch (error) {
      if (!(error instanceof WebAssembly.CompileError)) {
        const advice = 'Give a complete document: <svg xmlns="http://www.w3.org/2000/svg" …>.';
        throw wrongOption('Figure.svg', 'an SVG document', String(error), advice);
      }
      const advice = "Allow 'wasm-unsafe-eval' for scripts in the page's policy, or use toSVG.";
      throw missing('Figure.toPNG', 'WebAssembly', advice);
    }
  }

  /** Returns one HTML file that shows the figure and is allowed nothing else. */
  toHTML(): string {
    return figurePage(this.svg, this.title, this.ground);
  }

  /**
   * Shows the figure in a page, replacing the content of `element`. A page's policy must allow
   * images from `data:`.
   *
   * @param element the element to show it in
   * @throws SAE_STATE outside a page; SAE_OPTION if it is not an element.
   */
  mount(element: Element): void {
    if (typeof DOMParser === 'undefined') throw notInPage('Figure.mount');
    if (typeof element?.replaceChildren !== 'function') {
      const advice = 'Give one as document.getElementById(…) returns it.';
      throw wrongOption('Figure.mount', 'an element of the page', element, advice);
    }
    const { documentElement } = new DOMParser().parseFromString(this.svg, 'image/svg+xml');
    const svg = element.ownerDocument.importNode(documentElement, true);
    svg.style.maxWidth = '100%';
    svg.style.height = 'auto';
    element.replaceChildren(svg);
  }

  /** How Deno's notebooks request what they display. */
  [Symbol.for('Jupyter.display')](): Record<string, string> {
    return { 'image/svg+xml': this.svg, 'text/plain': this.title };
  }
}

/**
 * Returns a page that contains only a figure. Its policy allows the images inside the figure and
 * the page's own style, named by its hash; no scripts and no requests.
 */
function figurePage(svg: string, title: string, ground: string): string {
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src '${STYLE_HASH}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body bgcolor="${escaped(ground)}">
<main>
${svg.trimEnd()}
</main>
</body>
</html>
`;
}

export const STYLE = 'body{margin:0}svg{display:block;margin:auto;max-width:100%;height:auto}';
/** The hash of STYLE; a test recomputes it. */
const STYLE_HASH = 'sha256-j2XrqmzN3J3SPkU3LK0h/0YLrG8UnnsXfxRp1w7RKHU=';
