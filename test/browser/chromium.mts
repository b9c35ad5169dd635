import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium, type Page } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
const PAGE = '<!doctype html><meta charset="utf-8"><title>gated-sae-tfjs</title>';

/** A server of this repository's files and of one empty page, on a free port of this machine. */
async function serve(): Promise<{ url: string; close: () => void }> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    try {
      const body = path === '/' ? PAGE : await readFile(join(root, normalize(path)));
      const type = path === '/' ? 'text/html' : (TYPES[extname(path)] ?? 'text/plain');
      response.writeHead(200, { 'content-type': type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

/**
 * A real browser: the Chromium that an npm package carries where it runs (Linux, x64), else an
 * installed Chrome.
 */
async function launch(): Promise<Browser> {
  const args = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  if (process.platform === 'linux' && process.arch === 'x64') {
    const executablePath = await sparticuz.executablePath();
    return chromium.launch({ executablePath, args: [...sparticuz.args, ...args] });
  }
  return chromium.launch({ channel: 'chrome', args });
}

/** Opens an empty page and hands it to `use`, with all that it complained of. */
export async function inPage(
  use: (page: Page, complaints: string[]) => Promise<void>,
): Promise<void> {
  const server = await serve();
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    // What tsx wraps around named functions, which then run in the page.
    await page.addInitScript('globalThis.__name = (f) => f');
    await page.goto(server.url);
    await use(page, complaints);
  } finally {
    await browser.close();
    server.close();
  }
}
