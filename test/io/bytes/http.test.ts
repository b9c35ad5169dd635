import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openSource } from '../../../src/io/bytes/source';
import { refusal } from './refusal';

const BYTES = Uint8Array.from({ length: 500_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);

let server: Server;
let address: string;
let requests: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.headers.range ?? 'all');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sae.keras`;
});
beforeEach(() => {
  requests = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Where the part is that a request asks for. */
function asked({ headers }: IncomingMessage, size: number): [first: number, last: number] {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (first === '') return [Math.max(0, size - Number(last)), size - 1];
  return [Number(first), Math.min(Number(last), size - 1)];
}

const parts =
  (bytes = BYTES, headers: Record<string, string> = { etag: '"1"' }): typeof answer =>
  (request, response) => {
    const [first, last] = asked(request, bytes.length);
    const range = `bytes ${first}-${last}/${bytes.length}`;
    response.writeHead(206, { 'content-range': range, ...headers });
    response.end(bytes.subarray(first, last + 1));
  };

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

it('fetches the end first, then what is read, in blocks, and each once', async () => {
  answer = parts();
  const source = await openSource(`${address}?token=secret#part`);
  expect([source.name, source.size]).toEqual([address, BYTES.length]);
  expect(requests).toEqual(['bytes=-65536']);
  expect(same(await source.read(499_000, 1000), BYTES.subarray(499_000))).toBe(true);
  expect(requests).toHaveLength(1);
  for (let at = 60_000; at < 70_000; at += 100) {
    if (!same(await source.read(at, 90), BYTES.subarray(at, at + 90))) throw new Error(`at ${at}`);
  }
  expect(requests.slice(1)).toEqual(['bytes=0-65535', 'bytes=65536-131071']);
  expect(same(await source.read(1000, 200_000), BYTES.subarray(1000, 201_000))).toBe(true);
  expect(requests.slice(3)).toEqual(['bytes=1000-200999']);
  const two = await Promise.all([source.read(300_000, 5), source.read(300_010, 5)]);
  expect(
    two.every((bytes, i) => same(bytes, BYTES.subarray(300_000 + 10 * i).subarray(0, 5))),
  ).toBe(true);
  expect(requests).toHaveLength(5);
  expect(await refusal(source.read(499_999, 2))).toMatch('a file of 500000 bytes');
  await source.close();
});

it('reads a file that is shorter than a block', async () => {
  answer = parts(BYTES.subarray(0, 10));
  const source = await openSource(address);
  expect(same(await source.read(0, 10), BYTES.subarray(0, 10))).toBe(true);
  expect(requests).toHaveLength(1);
});

it.each([
  ['sends no parts', (response: ServerResponse) => response.writeHead(200)],
  ['does not say which part it sends', (response: ServerResponse) => response.writeHead(206)],
  ['cannot count from the end', (response: ServerResponse) => response.writeHead(416)],
])('takes the whole file from a server that %s', async (_, head) => {
  answer = ({ headers }, response) => {
    if (headers.range !== undefined) head(response);
    response.end(BYTES);
  };
  const source = await openSource(address);
  expect(same(await source.read(0, source.size), BYTES)).toBe(true);
  expect(requests.length).toBeLessThanOrEqual(2);
});

it.each<[string, typeof answer, string]>([
  [
    'is not there',
    (_, response) => response.writeHead(404).end('no'),
    'a file; received status 404 Not Found. Check the address.',
  ],
  [
    'is not for everybody',
    (_, response) => response.writeHead(403).end('no'),
    'a file; received status 403 Forbidden. Check the address, or try later.',
  ],
  [
    'breaks off',
    (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('x');
      setTimeout(() => response.destroy(), 20);
    },
    'a file; received a connection that failed. Check the address and the network.',
  ],
  [
    'is too long to be taken whole',
    (_, response) => {
      response.writeHead(200, { 'content-length': `${2 ** 33}` });
      response.write('x');
    },
    'a server that sends parts of files; received 8589934592 bytes at once. Download it, and open it as a file.',
  ],
  [
    'comes in another part than asked for',
    (_, response) =>
      response.writeHead(206, { 'content-range': 'bytes 0-9/100' }).end('0123456789'),
    'the part that was asked for; received the range bytes 0-9/100. Download it whole.',
  ],
  [
    'comes in a part that cannot be',
    (_, response) => response.writeHead(206, { 'content-range': 'bytes 90-109/100' }).end('x'),
    'the part that was asked for; received the range bytes 90-109/100. Download it whole.',
  ],
  [
    'comes in a part that is shorter than it says',
    (_, response) => response.writeHead(206, { 'content-range': 'bytes 0-9/10' }).end('0123'),
    '10 bytes at 0; received 4. Download or copy it again.',
  ],
  [
    'comes in a part that is longer than it says',
    (_, response) => response.writeHead(206, { 'content-range': 'bytes 0-1/2' }).end('0123'),
    'an answer of at most 2 bytes; received a longer one. Download or copy it again.',
  ],
])('refuses a file that %s', async (_, how, message) => {
  answer = how;
  expect(await refusal(openSource(address))).toBe(`SAE_FILE ${address}: expected ${message}`);
});

it('says when there is no server', async () => {
  expect(await refusal(openSource('http://127.0.0.1:1/x'))).toBe(
    'SAE_FILE http://127.0.0.1:1/x: expected a file; received a connection that failed. Check the address and the network.',
  );
});

const CHANGED =
  'expected the same file throughout; received another version in the middle of reading. Open it again.';
it.each<[string, typeof answer, string]>([
  ['another version', parts(BYTES, { etag: '"2"' }), CHANGED],
  ['another size', parts(BYTES.subarray(1)), CHANGED],
  ['no part any more', (_, r) => r.writeHead(200).end('x'), 'received status 200 OK.'],
  ['nothing any more', (_, r) => r.writeHead(410).end(), 'received status 410 Gone.'],
])(
  'refuses to go on when the server has %s, and tries again when asked',
  async (_, then, message) => {
    answer = parts();
    const source = await openSource(address);
    answer = then;
    expect(await refusal(source.read(0, 10))).toMatch(message);
    expect(await refusal(source.read(0, 100_000))).toMatch(message);
    answer = parts();
    expect(same(await source.read(0, 10), BYTES.subarray(0, 10))).toBe(true);
  },
);
