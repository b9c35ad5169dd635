import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { openSource, withSource } from '../../../src/io/bytes/source';
import { refusal } from '../../refusal';

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

/** Answers to a request for a part, as servers give them that are wrong about parts. */
const WRONG_SERVERS: [string, typeof answer][] = [
  ['sends no parts', (_, response) => response.writeHead(200).end(BYTES)],
  ['does not say which part it sends', (_, response) => response.writeHead(206).end(BYTES)],
  ['cannot count from the end', (_, response) => response.writeHead(416).end()],
  ['implements no parts', (_, response) => response.writeHead(501).end('no')],
  ['fails over parts', (_, response) => response.writeHead(500).end('no')],
  ['forbids parts', (_, response) => response.writeHead(403).end('no')],
  [
    'takes the end for the beginning, as sirv does in vite',
    (_, response) => {
      const range = `bytes 0-65536/${BYTES.length}`;
      response.writeHead(206, { 'content-range': range }).end(BYTES.subarray(0, 65537));
    },
  ],
  [
    'sends another part',
    (_, response) =>
      response.writeHead(206, { 'content-range': `bytes 0-9/${BYTES.length}` }).end('0123456789'),
  ],
  [
    'sends a part that cannot be',
    (_, response) => response.writeHead(206, { 'content-range': 'bytes 90-109/100' }).end('x'),
  ],
  [
    'sends a part of a file of no length',
    (_, response) => response.writeHead(206, { 'content-range': 'bytes 0-9/*' }).end('0123456789'),
  ],
  [
    'says nonsense about its part',
    (_, response) => response.writeHead(206, { 'content-range': 'nonsense' }).end('0123456789'),
  ],
  [
    'sends less than it says',
    (request, response) => partsOf(request, response, (part) => part.subarray(1)),
  ],
  ['sends all and calls it a part', (request, response) => partsOf(request, response, () => BYTES)],
  [
    'compresses a part',
    (request, response) =>
      partsOf(request, response, (part) => gzipSync(part), { 'content-encoding': 'gzip' }),
  ],
  [
    'compresses no part but says so',
    (request, response) =>
      partsOf(request, response, (part) => part, { 'content-encoding': 'gzip' }),
  ],
];

function partsOf(
  request: IncomingMessage,
  response: ServerResponse,
  change: (part: Uint8Array) => Uint8Array,
  headers: Record<string, string> = {},
) {
  const [first, last] = asked(request, BYTES.length);
  const range = `bytes ${first}-${last}/${BYTES.length}`;
  response.writeHead(206, { 'content-range': range, ...headers });
  response.end(change(BYTES.subarray(first, last + 1)));
}

describe('from a server that', () => {
  it.each(WRONG_SERVERS)('%s, the file is taken whole, once', async (_, wrong) => {
    answer = (request, response) => {
      if (request.headers.range === undefined) response.end(BYTES);
      else wrong(request, response);
    };
    const source = await openSource(address);
    expect(same(await source.read(0, source.size), BYTES)).toBe(true);
    expect(same(await source.read(10, 5), BYTES.subarray(10, 15))).toBe(true);
    expect(requests.filter((range) => range === 'all').length).toBeLessThanOrEqual(1);
    expect(requests.length).toBeLessThanOrEqual(2);
  });

  it.each(WRONG_SERVERS)('at first is right, and then %s, the same', async (_, wrong) => {
    answer = parts(BYTES, {});
    const source = await openSource(address);
    const block = await source.read(0, 10);
    answer = (request, response) => {
      if (request.headers.range === undefined) response.end(BYTES);
      else wrong(request, response);
    };
    const [middle, later] = await Promise.all([source.read(200_000, 10), source.read(300_000, 9)]);
    expect(same(block, BYTES.subarray(0, 10))).toBe(true);
    expect(same(middle, BYTES.subarray(200_000, 200_010))).toBe(true);
    expect(same(later, BYTES.subarray(300_000, 300_009))).toBe(true);
    expect(requests.filter((range) => range === 'all').length).toBeLessThanOrEqual(1);
  });

  it('compresses the whole file, its own length does not matter', async () => {
    const packed = gzipSync(BYTES);
    answer = ({ headers }, response) => {
      if (headers.range !== undefined) return response.writeHead(501).end();
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length });
      return response.end(packed);
    };
    const source = await openSource(address);
    expect(same(await source.read(0, source.size), BYTES)).toBe(true);
  });
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
    'comes in parts only, and not in the right ones',
    (_, response) =>
      response.writeHead(206, { 'content-range': 'bytes 0-9/100' }).end('0123456789'),
    'the whole file, as it was asked for; received a part of it. Download it, and open it as a file.',
  ],
])('refuses a file that %s', async (_, how, message) => {
  answer = how;
  await expect(openSource(address)).toBeRefused('SAE_FILE', address, `expected ${message}`);
});

it('says when there is no server', async () => {
  await expect(openSource('http://127.0.0.1:1/x')).toBeRefused(
    'SAE_FILE',
    'http://127.0.0.1:1/x',
    'expected a file; received a connection that failed. Check the address and the network.',
  );
});

const CHANGED =
  'expected the same file throughout; received another version in the middle of reading. Open it again.';
it.each<[string, typeof answer, string]>([
  ['another version', parts(BYTES, { etag: '"2"' }), CHANGED],
  ['another size', parts(BYTES.subarray(1)), CHANGED],
  ['another file, whole', (_, r) => r.writeHead(200).end('x'), CHANGED],
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

describe('a name and password in the address', () => {
  const seen: (string | undefined)[] = [];
  const withCredentials = (credentials: string) => address.replace('//', `//${credentials}@`);
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  beforeEach(() => {
    seen.length = 0;
    answer = (request, response) => {
      seen.push(request.headers.authorization);
      parts()(request, response);
    };
  });

  it.each([
    ['user:secret', 'user:secret'],
    ['us%40er:p%3Aa%2Fs%25s:t', 'us@er:p:a/s%s:t'],
    ['user:100%', 'user:100%'],
    ['user', 'user:'],
    ['Größe:字', 'Größe:字'],
    ['a@b:c', 'a@b:c'],
  ])('%s goes along as a header', async (credentials, sent) => {
    const source = await openSource(withCredentials(credentials));
    await source.read(0, 10);
    expect(source.name).toBe(address);
    expect(seen).toEqual([basic(sent), basic(sent)]);
  });

  it('of a URL as well, and a header that is given comes first', async () => {
    await openSource(new URL(withCredentials('us er:secret')));
    const requestInit = { headers: { Authorization: 'Bearer token' } };
    await openSource(withCredentials('user:secret'), { requestInit });
    expect(seen).toEqual([basic('us er:secret'), 'Bearer token']);
  });

  it('goes to no other host', async () => {
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization ?? 'none');
      parts()(request, response);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    answer = (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: `http://127.0.0.1:${port}/x` }).end();
    };
    await openSource(withCredentials('user:secret'));
    other.closeAllConnections();
    other.close();
    expect(seen).toEqual([basic('user:secret'), 'none']);
  });

  it('is shown in no error', async () => {
    answer = (_, response) => response.writeHead(401).end();
    const failures = [withCredentials('user:secret'), 'http://user:secret@127.0.0.1:1/x'].map(
      (wrong) => openSource(wrong).catch((error: unknown) => error),
    );
    for (const error of await Promise.all(failures)) {
      expect(inspect(error, { depth: 9 })).not.toMatch(/secret/);
    }
    await expect(openSource(withCredentials('user:secret'))).toBeRefused(
      'SAE_FILE',
      address,
      'expected a file; received status 401 Unauthorized. Give what it asks for by requestInit, or as https://name:password@host.',
    );
  });
});

describe('options of the request', () => {
  it('requestInit goes with every request, beside the range', async () => {
    const seen: IncomingMessage['headers'][] = [];
    answer = (request, response) => {
      seen.push(request.headers);
      parts()(request, response);
    };
    for (const headers of [{ 'X-Key': '1' }, [['x-key', '1']], new Headers({ 'x-key': '1' })]) {
      const requestInit = { headers: headers as HeadersInit };
      await (await openSource(address, { requestInit })).read(0, 10);
    }
    expect(seen).toHaveLength(6);
    for (const headers of seen) {
      expect(headers).toMatchObject({ 'x-key': '1', range: expect.stringMatching(/^bytes=/) });
    }
  });

  it('fetchFunc is called in the place of fetch', async () => {
    answer = parts();
    const asked: unknown[] = [];
    const fetchFunc: typeof fetch = (input, init) => {
      asked.push(input);
      return fetch(input, init);
    };
    await openSource(address.replace('//', '//user:secret@'), { fetchFunc });
    expect(asked).toEqual([address]);
  });

  it('a signal ends it with its own reason', async () => {
    answer = parts();
    const controller = new AbortController();
    const source = await openSource(address, { requestInit: { signal: controller.signal } });
    controller.abort(new Error('enough'));
    await expect(source.read(0, 10)).rejects.toThrow('enough');
    await expect(
      openSource(address, { requestInit: { signal: controller.signal } }),
    ).rejects.toThrow('enough');
  });

  it.each<[string, typeof answer]>([
    ['in parts', parts()],
    [
      'whole',
      (_, response) => response.writeHead(200, { 'content-length': BYTES.length }).end(BYTES),
    ],
    ['of unknown length', (_, response) => response.writeHead(200).end(BYTES)],
  ])('onProgress rises to 1 for a file that comes %s', async (how, server) => {
    answer = server;
    const shares: number[] = [];
    await withSource(address, (source) => readAll(source), { onProgress: (f) => shares.push(f) });
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...new Set(shares)].sort((a, b) => a - b));
    expect(shares[0]).toBeGreaterThan(0);
    if (how !== 'of unknown length') expect(shares.length).toBeGreaterThan(2);
    expect(shares.length).toBeLessThanOrEqual(100);
  });

  it('onProgress is of bytes and files as well, and is 1 for what came through alone', async () => {
    const shares: number[] = [];
    const onProgress = (fraction: number) => shares.push(fraction);
    await withSource(BYTES, (source) => readAll(source), { onProgress });
    expect([shares.length > 2, shares.at(-1)]).toEqual([true, 1]);
    shares.length = 0;
    const broken = withSource(BYTES, () => Promise.reject(new Error('no')), { onProgress });
    await expect(broken).rejects.toThrow('no');
    expect(shares).toEqual([]);
  });

  async function readAll(source: { size: number; read: (a: number, b: number) => unknown }) {
    for (let at = 0; at < source.size; at += 50_000) await source.read(at, 50_000);
  }
});
