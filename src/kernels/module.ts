import { BUILDS, LENGTHS, SHARED_FLAGS, TEXT } from './binary.generated';
import { bytesOf, oneOf } from './binaryText';

/** A module whose one function has a SIMD instruction in it. */
const SIMD_PROBE = [
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
];

/** Another, with one of relaxed SIMD. */
const RELAXED_PROBE = [
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 15, 1, 13, 0, 65, 0, 253, 15, 65, 0, 253, 15, 253, 146, 2, 11],
];

/** What a build needs of WebAssembly: its SIMD, or relaxed SIMD as well. */
export type Build = (typeof BUILDS)[number];

/** The build that runs here: of relaxed SIMD where there is that. */
export function buildHere(): Build {
  return WebAssembly.validate(Uint8Array.from(RELAXED_PROBE)) ? 'relaxed' : 'simd';
}

/** What stands against the kernels here, in words; undefined where they run. */
export function obstacle(): string | undefined {
  if (typeof WebAssembly !== 'object') return 'no WebAssembly';
  try {
    return WebAssembly.validate(Uint8Array.from(SIMD_PROBE)) ? undefined : 'no WebAssembly SIMD';
  } catch (error) {
    return String(error);
  }
}

/** Whether threads can share memory here: in pages, only those that are cross-origin isolated. */
export function threadsAllowed(): boolean {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return typeof SharedArrayBuffer === 'function' && crossOriginIsolated !== false;
}

const compiled: { [memory in 'shared' | 'own']?: Promise<WebAssembly.Module> } = {};

/**
 * The kernels, compiled once for memory that threads share and once for memory of one thread.
 *
 * Rejects where a Content-Security-Policy without `'wasm-unsafe-eval'` forbids it.
 */
export function compile(memory: 'shared' | 'own'): Promise<WebAssembly.Module> {
  compiled[memory] ??= compileFor(memory);
  return compiled[memory];
}

async function compileFor(memory: 'shared' | 'own'): Promise<WebAssembly.Module> {
  const build = BUILDS.indexOf(buildHere());
  const binary = bytesOf(oneOf(TEXT, LENGTHS, build));
  if (memory === 'own') binary[SHARED_FLAGS[build] as number] = 1;
  return WebAssembly.compile(binary);
}
