import type { Plugin } from 'vite';

/**
 * What the page may do: run its own scripts and WebAssembly, start its own worker, and in there the
 * library's threads, which are made from text. Nothing goes to or comes from another host.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Lets threads share memory. A host that does not send it leaves the page with one thread. */
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Headers of Vite's own servers: the policy counts in workers too there. */
export const HEADERS = { ...ISOLATED, 'Content-Security-Policy': POLICY };

/** Writes the policy into the page, for hosts that send no headers of ours. */
export function policy(): Plugin {
  return {
    name: 'content-security-policy',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}
