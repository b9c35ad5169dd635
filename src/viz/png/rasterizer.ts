import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { unzlibSync } from 'fflate';
import { bytesOf } from '../../bytes';

/** Nearest pixel, for images that do not request it in resvg's own terms. */
const HARD_EDGES = 1;

let ready: Promise<readonly Uint8Array[]> | undefined;

/** Returns the fonts, after starting the program. */
async function start(pieces: readonly string[]): Promise<readonly Uint8Array[]> {
  const texts = pieces.join('').split(' ');
  const [program, ...fonts] = texts.map(
    (text) => unzlibSync(bytesOf(text) as Uint8Array) as BufferSource & Uint8Array,
  );
  await initWasm(program as BufferSource);
  return fonts;
}

/**
 * Renders an SVG document as a PNG file, with `scale` pixels per pixel of the document, on a
 * background that also fills partial pixels at its edges.
 *
 * @param pieces the result of loadPieces
 */
export async function rasterize(
  pieces: readonly string[],
  svg: string,
  scale: number,
  ground: string,
): Promise<Uint8Array> {
  ready ??= start(pieces).catch((error) => {
    ready = undefined;
    throw error;
  });
  const fontBuffers = [...(await ready)];
  const drawing = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    imageRendering: HARD_EDGES,
    background: ground,
    font: { fontBuffers, defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' },
  });
  const image = drawing.render();
  const png = image.asPng();
  image.free();
  drawing.free();
  return png;
}
