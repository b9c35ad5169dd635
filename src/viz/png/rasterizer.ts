import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { unzlibSync } from 'fflate';
import { bytesOf } from '../../bytes';

/** Nearest pixel, for images that do not say it in resvg's own words. */
const HARD_EDGES = 1;

let ready: Promise<readonly Uint8Array[]> | undefined;

/** The fonts, when the program has started too. */
async function start(pieces: readonly string[]): Promise<readonly Uint8Array[]> {
  const texts = pieces.join('').split(' ');
  const [program, ...fonts] = texts.map(
    (text) => unzlibSync(bytesOf(text) as Uint8Array) as BufferSource & Uint8Array,
  );
  await initWasm(program as BufferSource);
  return fonts;
}

/**
 * An SVG document's picture as a PNG file, `scale` of its pixels to one of the document, on a
 * ground that also fills what is left of a pixel at its edges.
 *
 * @param pieces as loadPieces gives them
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
