import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium, type Page } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};
/** Response headers of a page and of all that it loads. */
export type PageHeaders = Readonly<Record<string, string>>;
/** What makes a page cross-origin isolated, so that threads can share memory. */
export const ISOLATED: PageHeaders = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const PAGE = '<!doctype html><meta charset="utf-8"><title>gated-sae-tfjs</title>';

/** A test's own part of the server: true where it has taken the request upon itself. */
export type Answer = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

/** A server of this repository's files and of one empty page, on a free port of this machine. */
export async function serve(
  headers: PageHeaders = {},
  answer: Answer = () => false,
): Promise<{ url: string; close: () => void }> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (answer(path, request, response)) return;
    try {
      const body = path === '/' ? PAGE : await readFile(join(root, normalize(path)));
      const type = path === '/' ? 'text/html' : (TYPES[extname(path)] ?? 'text/plain');
      response.writeHead(200, { 'content-type': type, ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

/** Flags of that package that give pages other rights and processes than people's browsers do. */
const LESS_THAN_A_BROWSER =
  /^--(single-process|no-zygote|in-process-gpu|(en|dis)able-features|disable-(web-security|site-isolation))/;

/**
 * The executable of that package. It is unpacked beside its place and moved there, after all that it
 * needs: another test file, which starts at the same time, would run half of it.
 */
async function unpacked(): Promise<string> {
  const place = tmpdir();
  const executable = join(place, 'chromium');
  if (existsSync(executable)) return executable;
  const beside = await mkdtemp(join(place, 'chromium-'));
  const { TMPDIR } = process.env;
  try {
    process.env['TMPDIR'] = beside;
    await sparticuz.executablePath();
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  }
  const others = (await readdir(beside)).filter((name) => name !== 'chromium');
  for (const name of [...others, 'chromium']) {
    // A folder that another process has moved there already stays.
    await rename(join(beside, name), join(place, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY') throw error;
    });
  }
  await rm(beside, { recursive: true, force: true });
  return executable;
}

/**
 * A real browser: the Chromium that an npm package carries where it runs (Linux, x64), else an
 * installed Chrome.
 *
 * @param flags more of its command line
 */
export async function launch(flags: readonly string[] = []): Promise<Browser> {
  const args = [
    ...flags,
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  if (process.platform === 'linux' && process.arch === 'x64') {
    const executablePath = await unpacked();
    const own = sparticuz.args.filter((arg) => !LESS_THAN_A_BROWSER.test(arg));
    return chromium.launch({ executablePath, args: [...own, ...args] });
  }
  return chromium.launch({ channel: 'chrome', args });
}

/** A page that is open, with all that it has complained of. */
export interface OpenPage {
  page: Page;
  complaints: string[];
  close(): Promise<void>;
}

/**
 * Opens an empty page.
 *
 * @param flags of the browser's command line
 */
export async function openPage(
  headers: PageHeaders = {},
  answer: Answer = () => false,
  flags: readonly string[] = [],
): Promise<OpenPage> {
  const server = await serve(headers, answer);
  const browser = await launch(flags);
  const close = async () => {
    await browser.close();
    server.close();
  };
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  // What tsx wraps around named functions, which then run in the page.
  await page.addInitScript('globalThis.__name = (f) => f');
  await page.goto(server.url);
  return { page, complaints, close };
}

/** Opens an empty page, hands it to `use`, and closes it. */
export async function inPage(
  use: (page: Page, complaints: string[]) => Promise<void>,
  headers: PageHeaders = {},
  answer?: Answer,
  flags?: readonly string[],
): Promise<void> {
  const { page, complaints, close } = await openPage(headers, answer, flags);
  try {
    await use(page, complaints);
  } finally {
    await close();
  }
}
