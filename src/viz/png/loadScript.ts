import { missing } from '../../errors';
import type * as Rasterizer from './rasterizer';

/**
 * What draws PNGs, for the bundle that is loaded by a script tag: tsdown.config.mts puts this file
 * in the place of load.ts. The second script lies beside the first.
 */
const FILE = 'gated-sae-tfjs.png.iife.js';
/** The script that is running while this file is: the tag that loaded the bundle. */
const tag =
  typeof document === 'undefined' ? null : (document.currentScript as HTMLScriptElement | null);

/** Where the second script is, by the address of the first. */
export function secondScript(address: string): string {
  // jsDelivr and unpkg give the bundle at the package's own address, which is no file's.
  const { pathname } = new URL(address);
  const path = pathname.endsWith('.js') ? FILE : `${pathname.replace(/\/$/, '')}/dist/${FILE}`;
  return new URL(path, address).href;
}

const loaded = () =>
  (globalThis as { gatedSAEPng?: typeof Rasterizer }).gatedSAEPng as typeof Rasterizer | undefined;
let loading: Promise<void> | undefined;

/** @throws SAE_MISSING where the second script cannot be loaded. */
export async function loadRasterizer(): Promise<typeof Rasterizer> {
  if (loaded() === undefined) {
    loading ??= addScript().catch((error) => {
      loading = undefined;
      throw error;
    });
    await loading;
  }
  const rasterizer = loaded();
  if (rasterizer === undefined) throw notHere();
  return rasterizer;
}

function addScript(): Promise<void> {
  if (!tag?.src) return Promise.reject(notHere());
  const script = document.createElement('script');
  script.src = secondScript(tag.src);
  if (tag.nonce) script.nonce = tag.nonce;
  script.crossOrigin = tag.crossOrigin;
  return new Promise((resolve, reject) => {
    script.onload = () => resolve();
    script.onerror = () => reject(notHere());
    document.head.append(script);
  });
}

const notHere = () =>
  missing('Figure.toPNG', `the script ${FILE}`, 'Load it before, by its own tag.');
