/** What is packed, as zlib streams in base64, one after another: resvg, and its fonts. */
export const FILES = [
  '@resvg/resvg-wasm/index_bg.wasm',
  'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
  'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf',
] as const;

/**
 * The names under which the pieces of it leave their texts on `globalThis`. In five, for bundlers
 * warn of files of 500 kB.
 */
export const PIECES = [
  'gatedSAEPng1',
  'gatedSAEPng2',
  'gatedSAEPng3',
  'gatedSAEPng4',
  'gatedSAEPng5',
] as const;
