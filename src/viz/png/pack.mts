/**
 * `npm run rasterizer`: resvg as WebAssembly and two of the DejaVu fonts, packed into
 * src/viz/png/packed/.
 *
 * Packed into source files, so that it works in Node, with bundlers and by script tag; and each of
 * them leaves its text on `globalThis`, so that the package has them once: modules, `require` and
 * script tags load the same files.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { FILES, PIECES } from './packed.ts';

/** What bundlers warn of begins here, in bytes. */
const LARGE = 500_000;
const { resolve } = createRequire(import.meta.url);
const folder = fileURLToPath(new URL('packed/', import.meta.url));

const texts = FILES.map((file) =>
  deflateSync(readFileSync(resolve(file)), { level: 9 }).toString('base64'),
);
const whole = texts.join(' ');
const size = Math.ceil(whole.length / PIECES.length);
if (size > LARGE * 0.95) throw new Error(`${PIECES.length} pieces are too few: ${size} bytes each`);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
PIECES.forEach((name, i) => {
  writeFileSync(
    `${folder}${i + 1}.generated.ts`,
    `// Made by ../pack.mts: see there.
export {};

Object.assign(globalThis, {
  ${name}:
    '${whole.slice(i * size, (i + 1) * size)}',
});
`,
  );
});
