/**
 * What tests use of `node:fs`, in a page: the repository's files, over the test's own server.
 *
 * Synchronous as in Node, for tests read their fixtures while they are being defined.
 */
import { Buffer } from 'buffer';

/** Asks the server and waits; the answer's bytes, or undefined where there is no such file. */
function ask(method: string, url: string, body?: string): Buffer | undefined {
  const request = new XMLHttpRequest();
  request.open(method, url, false);
  // A page's own thread may not ask for bytes synchronously, but for text of one byte a character.
  request.overrideMimeType('text/plain; charset=x-user-defined');
  request.send(body);
  if (request.status === 404) return undefined;
  if (request.status !== 200) throw new Error(`${method} ${url}: status ${request.status}`);
  return Buffer.from(request.responseText, 'latin1');
}

export function readFileSync(path: string, encoding?: 'utf8'): Buffer | string {
  const bytes = ask('GET', path);
  if (bytes === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
  return encoding === undefined ? bytes : bytes.toString(encoding);
}

export function readdirSync(path: string): string[] {
  const names = ask('GET', `/-/names${path}`);
  if (names === undefined) throw new Error(`ENOENT: no such folder, scandir '${path}'`);
  return JSON.parse(names.toString('utf8')) as string[];
}

/** The server makes the folder of a file that is written. */
export function mkdirSync(): void {}

export function writeFileSync(path: string, text: string): void {
  ask('PUT', `/-/write${path}`, text);
}

export const existsSync = (path: string): boolean => ask('HEAD', path) !== undefined;

export default { readFileSync, readdirSync, mkdirSync, writeFileSync, existsSync };
