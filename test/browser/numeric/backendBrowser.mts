/** A browser in which test files run on one of tfjs's backends. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, launch, type PageHeaders, serve } from '../chromium.mts';
import type { Outcome } from './runner';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** The folders that pages write into: figures for the test command to print, counts of tests. */
const WRITABLE = /^\/\.cache\/(parity|backends)\/[\w-]+\.json$/;

/** The backends that only a browser has, and the flags that give them to one without a GPU. */
export const BROWSER_BACKENDS = {
  webgl: [],
  webgpu: [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    // `dataSync` reads through a canvas, which has to be drawn by the same Vulkan.
    '--enable-features=Vulkan',
    '--use-vulkan=swiftshader',
    '--disable-vulkan-surface',
  ],
} as const;
export type BrowserBackend = keyof typeof BROWSER_BACKENDS;

/** What `nodeFiles.ts` asks beyond the files themselves. */
const files: Answer = (path, request, response) => {
  const [, how, rest = ''] = /^\/-\/(names|write)(\/.*)$/.exec(path) ?? [];
  const place = join(root, rest);
  if (how === 'names') {
    response.end(JSON.stringify(readdirSync(place)));
  } else if (how === 'write' && WRITABLE.test(rest)) {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, Buffer.concat(pieces));
      response.end();
    });
  }
  return how !== undefined;
};

/**
 * Runs a file's tests in a browser of its own: one page after another would leave a software GPU's process
 * with the memory of all.
 *
 * @param flags of the browser, as in {@link BROWSER_BACKENDS}
 */
export async function runOn(flags: readonly string[], file: FileToRun, headers: PageHeaders = {}) {
  const server = await serve(headers, files);
  const browser = await launch(flags);
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.addInitScript('globalThis.__name = (f) => f'); // what tsx wraps around functions
    await page.goto(server.url);
    return { outcomes: await page.evaluate(runIn, file), complaints };
  } finally {
    await browser.close();
    server.close();
  }
}

/** A file of tests, bundled. */
export interface FileToRun {
  /** From the root. */
  path: string;
  /** Address of the bundle of `runner.ts`. */
  runner: string;
  /** Addresses of the bundles of the backend's setup and of the file. */
  modules: readonly string[];
  /** Of a test, in milliseconds. */
  timeout: number;
}

/** Runs in the page. */
async function runIn({ path, runner, modules, timeout }: FileToRun): Promise<Outcome[]> {
  const { run } = (await import(runner)) as typeof import('./runner');
  return run(`/${path}`, modules, timeout);
}
