/** The packed files, as zlib streams in base64, one after another: resvg, and its fonts. */
export const FILES = [
  '@resvg/resvg-wasm/index_bg.wasm',
  'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
  'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf',
] as const;

/**
 * The names under which the parts store their texts on `globalThis`. There are five, because
 * bundlers warn of files of 500 kB.
 */
export const PIECES = [
  'gatedSAEPng1',
  'gatedSAEPng2',
  'gatedSAEPng3',
  'gatedSAEPng4',
  'gatedSAEPng5',
] as const;
