/**
 * `npm run rasterizer`: resvg as WebAssembly and two of the DejaVu fonts, packed into
 * src/viz/png/packed.generated.ts.
 *
 * Packed into a source file, so that it works in Node, with bundlers and by script tag.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';

const { resolve } = createRequire(import.meta.url);
const packed = (file: string) =>
  deflateSync(readFileSync(resolve(file)), { level: 9 }).toString('base64');
const font = (name: string) => packed(`dejavu-fonts-ttf/ttf/${name}.ttf`);

writeFileSync(
  join(fileURLToPath(new URL('.', import.meta.url)), 'packed.generated.ts'),
  `// Made by pack.mts from @resvg/resvg-wasm and dejavu-fonts-ttf: zlib streams as base64.

/** resvg's WebAssembly. */
export const PROGRAM =
  '${packed('@resvg/resvg-wasm/index_bg.wasm')}';
/** DejaVu Sans, regular and bold. */
export const FONTS: readonly string[] = [
  '${font('DejaVuSans')}',
  '${font('DejaVuSans-Bold')}',
];
`,
);
