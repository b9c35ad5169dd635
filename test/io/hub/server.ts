import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
export const gitOid = (bytes: Uint8Array) =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

/** A repository as the server keeps it: one commit's files. Those of `lfs` lie on the other host. */
export interface Repository {
  readonly kind: 'models' | 'datasets' | 'spaces';
  readonly id: string;
  readonly refs: Record<string, string>;
  readonly files: Map<string, Uint8Array>;
  readonly lfs: Set<string>;
}

/** What goes wrong with a request, instead of its answer or in the middle of it. */
export interface Fault {
  /** Which host. */
  readonly on: 'hub' | 'cdn';
  readonly path: RegExp;
  /** How many requests it meets. */
  times: number;
  /** An answer of this status in place of the right one. */
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter?: number;
  /** After so many bytes of the body nothing more comes. */
  readonly stallAfter?: number;
  /** One bit of the body is another. */
  readonly damaged?: boolean;
  /** Another body. */
  readonly body?: string;
}

/** A request that has come. */
export interface Seen {
  readonly on: 'hub' | 'cdn';
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/**
 * A hub of one's own: what `@huggingface/hub` and `huggingface_hub` ask for, on one port, and large
 * files on another one, as on the hub they lie with another host.
 */
export class HubServer {
  readonly repositories = new Map<string, Repository>();
  readonly seen: Seen[] = [];
  faults: Fault[] = [];
  /** Files in an answer of a listing. */
  pageSize = 2;
  /** Without it, what needs one is refused. */
  token = 'hf_right';
  readonly gated = new Set<string>();
  readonly uploaded = new Map<string, Buffer>();
  readonly #hub: Server;
  readonly #cdn: Server;

  private constructor() {
    this.#hub = createServer((request, response) => void this.#take('hub', request, response));
    this.#cdn = createServer((request, response) => void this.#take('cdn', request, response));
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    for (const one of [server.#hub, server.#cdn]) {
      await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    }
    return server;
  }

  stop(): void {
    for (const one of [this.#hub, this.#cdn]) {
      one.closeAllConnections();
      one.close();
    }
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#hub.address() as AddressInfo).port}`;
  }

  get cdn(): string {
    return `http://127.0.0.1:${(this.#cdn.address() as AddressInfo).port}`;
  }

  add(
    id: string,
    files: Record<string, Uint8Array>,
    { kind = 'models' as Repository['kind'], lfs = [] as string[] } = {},
  ): Repository {
    const commit = createHash('sha1').update(id).digest('hex');
    const repository = {
      kind,
      id,
      refs: { main: commit, 'refs/pr/1': commit },
      files: new Map(Object.entries(files)),
      lfs: new Set(lfs),
    };
    this.repositories.set(`${kind}/${id}`, repository);
    return repository;
  }

  /** What has come for a host, as `GET /path`, since the last call. */
  take(on: 'hub' | 'cdn'): string[] {
    const lines = this.seen.filter((one) => one.on === on).map((one) => `${one.method} ${one.url}`);
    this.seen.splice(0, this.seen.length, ...this.seen.filter((one) => one.on !== on));
    return lines;
  }

  async #take(on: 'hub' | 'cdn', request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = 'GET', url = '/', headers } = request;
    const one = { on, method, url, headers, body: Buffer.concat(chunks) };
    this.seen.push(one);
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader(
      'access-control-expose-headers',
      'X-Error-Code, X-Error-Message, ETag, Link, Accept-Ranges, Content-Range',
    );
    if (method === 'OPTIONS') {
      response.setHeader(
        'access-control-allow-headers',
        'authorization, range, content-type, if-range',
      );
      response.writeHead(204).end();
      return;
    }
    const fault = this.faults.find((f) => f.on === on && f.times > 0 && f.path.test(url));
    if (fault) fault.times--;
    if (fault?.status !== undefined) {
      response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
      return;
    }
    if (fault?.body !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(fault.body);
      return;
    }
    if (on === 'cdn') this.#cdnAnswer(one, response, fault);
    else this.#hubAnswer(one, response, fault);
  }

  #cdnAnswer({ method, url, headers, body }: Seen, response: ServerResponse, fault?: Fault) {
    const oid = new URL(url, this.cdn).pathname.slice(1);
    if (method === 'PUT') {
      this.uploaded.set(oid, body);
      response.writeHead(200).end();
      return;
    }
    // As a storage that is paid by signed addresses: whoever comes with a token as well is refused.
    if (headers.authorization !== undefined) {
      response.writeHead(400).end('Only one auth mechanism allowed');
      return;
    }
    for (const { files, lfs } of this.repositories.values()) {
      for (const [path, bytes] of files) {
        if (lfs.has(path) && sha256(bytes) === oid)
          return sendPart(response, bytes, headers, fault);
      }
    }
    response.writeHead(404).end();
  }

  #hubAnswer(seen: Seen, response: ServerResponse, fault?: Fault) {
    const { method, body } = seen;
    const url = new URL(seen.url, this.endpoint);
    const path = decodeURIComponent(url.pathname);
    if (path === '/api/repos/create') return this.#create(JSON.parse(String(body)), seen, response);
    const api = /^\/api\/(models|datasets|spaces)\/([^/]+\/[^/]+)\/([a-z-]+)\/(.*)$/.exec(path);
    const batch = /^\/(?:(datasets|spaces)\/)?([^/]+\/[^/]+)\.git\/info\/lfs\/objects\/batch$/.exec(
      path,
    );
    const file = /^\/(?:(datasets|spaces)\/)?([^/]+\/[^/]+)\/resolve\/(.*)$/.exec(path);
    const [, kind = 'models', id = ''] = api ?? batch ?? file ?? [];
    const repository = this.repositories.get(`${kind}/${id}`);
    const fail = (status: number, code: string) =>
      void response
        .writeHead(status, { 'x-error-code': code, 'content-type': 'application/json' })
        .end(JSON.stringify({ error: code }));
    const isKnown = seen.headers.authorization === `Bearer ${this.token}`;
    if (repository === undefined) return fail(isKnown ? 404 : 401, 'RepoNotFound');
    if (this.gated.has(id) && !isKnown) return fail(401, 'GatedRepo');
    const json = (value: unknown, headers = {}) =>
      void response
        .writeHead(200, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(value));
    if (batch) return json(this.#batch(JSON.parse(String(body))));
    const [what, rest = ''] = file ? ['resolve', file[3]] : [api?.[3], api?.[4]];
    const revision = Object.entries(repository.refs).find(([ref, commit]) =>
      [ref, commit].some((name) => rest === name || rest.startsWith(`${name}/`)),
    );
    if (revision === undefined) return fail(404, 'RevisionNotFound');
    const [ref, commit] = revision;
    const inside = rest.slice((rest.startsWith(commit) ? commit : ref).length + 1);
    switch (what) {
      case 'revision':
        return json({ _id: '1', id, sha: commit, lastModified: '2025-01-01T00:00:00.000Z' });
      case 'tree':
        return this.#tree(repository, inside, url, response, fail);
      case 'paths-info': {
        const { paths } = JSON.parse(String(body)) as { paths: string[] };
        return json(
          paths.flatMap((one) => (repository.files.has(one) ? [entry(repository, one)] : [])),
        );
      }
      case 'preupload': {
        const { files } = JSON.parse(String(body)) as { files: { path: string; size: number }[] };
        const mode = (size: number) => (size > 1000 ? 'lfs' : 'regular');
        return json({ files: files.map((f) => ({ path: f.path, uploadMode: mode(f.size) })) });
      }
      case 'commit':
        if (!isKnown) return fail(401, '');
        return json(this.#commit(repository, ref, String(body)));
      case 'resolve':
        return this.#resolve(repository, commit, inside, seen, response, fail, fault);
      default:
        void method;
        response.writeHead(404).end();
    }
  }

  #tree(
    repository: Repository,
    folder: string,
    url: URL,
    response: ServerResponse,
    fail: (status: number, code: string) => void,
  ) {
    const inside = [...repository.files.keys()]
      .filter((path) => folder === '' || path.startsWith(`${folder}/`))
      .sort();
    if (inside.length === 0) return fail(404, 'EntryNotFound');
    const folders = new Set(
      inside.flatMap((path) => (path.includes('/') ? [path.split('/')[0]] : [])),
    );
    const entries: unknown[] = [
      ...[...folders].map((path) => ({
        type: 'directory',
        oid: gitOid(new Uint8Array()),
        size: 0,
        path,
      })),
      ...inside.map((path) => entry(repository, path)),
    ];
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const next = new URL(url);
    next.searchParams.set('cursor', String(from + this.pageSize));
    const isLast = from + this.pageSize >= entries.length;
    response
      .writeHead(200, {
        'content-type': 'application/json',
        ...(!isLast && { link: `<${next.href}>; rel="next"` }),
      })
      .end(JSON.stringify(entries.slice(from, from + this.pageSize)));
  }

  #resolve(
    { files, lfs }: Repository,
    commit: string,
    path: string,
    { headers, method }: Seen,
    response: ServerResponse,
    fail: (status: number, code: string) => void,
    fault?: Fault,
  ) {
    const bytes = files.get(path);
    if (bytes === undefined) return fail(404, 'EntryNotFound');
    response.setHeader('x-repo-commit', commit);
    if (!lfs.has(path)) {
      response.setHeader('etag', `"${gitOid(bytes)}"`);
      return sendPart(response, bytes, headers, fault, method === 'HEAD');
    }
    response.setHeader('x-linked-etag', `"${sha256(bytes)}"`);
    response.setHeader('x-linked-size', bytes.length);
    response.writeHead(302, { location: `${this.cdn}/${sha256(bytes)}?signature=1` }).end();
  }

  #batch({ objects }: { objects: { oid: string; size: number }[] }) {
    return {
      transfer: 'basic',
      objects: objects.map(({ oid, size }) => ({
        oid,
        size,
        actions: { upload: { href: `${this.cdn}/${oid}` } },
      })),
    };
  }

  #commit(repository: Repository, ref: string, body: string) {
    const lines = body.split('\n').map((line) => JSON.parse(line));
    for (const { key, value } of lines) {
      if (key === 'file') repository.files.set(value.path, Buffer.from(value.content, 'base64'));
      if (key !== 'lfsFile') continue;
      const bytes = this.uploaded.get(value.oid);
      if (bytes === undefined) throw new Error(`${value.path} was not uploaded`);
      repository.files.set(value.path, bytes);
      repository.lfs.add(value.path);
    }
    const oid = createHash('sha1').update(body).digest('hex');
    repository.refs[ref] = oid;
    return {
      commitOid: oid,
      commitUrl: `${this.endpoint}/${repository.id}/commit/${oid}`,
      success: true,
    };
  }

  #create(
    { name, organization, type }: { name: string; organization: string; type: string },
    { headers }: Seen,
    response: ServerResponse,
  ) {
    const id = `${organization}/${name}`;
    const kind = `${type}s` as Repository['kind'];
    if (headers.authorization !== `Bearer ${this.token}`) {
      response.writeHead(401).end();
      return;
    }
    const isNew = !this.repositories.has(`${kind}/${id}`);
    if (isNew) this.add(id, {}, { kind });
    const answer = isNew
      ? { url: `${this.endpoint}/${id}`, id }
      : { error: 'You already created it' };
    response.writeHead(isNew ? 200 : 409, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  }
}

function entry({ files, lfs }: Repository, path: string) {
  const bytes = files.get(path) ?? new Uint8Array();
  const { length: size } = bytes;
  const pointer = { oid: sha256(bytes), size, pointerSize: 130 };
  return { type: 'file', oid: gitOid(bytes), size, path, ...(lfs.has(path) && { lfs: pointer }) };
}

function sendPart(
  response: ServerResponse,
  whole: Uint8Array,
  { range }: IncomingMessage['headers'],
  fault?: Fault,
  headOnly = false,
): void {
  const bytes = Buffer.from(whole);
  if (fault?.damaged) bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  const isPart = range !== undefined;
  const first = from === '' ? (isPart ? Math.max(0, bytes.length - Number(to)) : 0) : Number(from);
  const last = from !== '' && to !== '' ? Math.min(Number(to), bytes.length - 1) : bytes.length - 1;
  if (isPart && first > last) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  const part = bytes.subarray(first, last + 1);
  response.writeHead(isPart ? 206 : 200, {
    'content-length': part.length,
    'accept-ranges': 'bytes',
    ...(isPart && { 'content-range': `bytes ${first}-${last}/${bytes.length}` }),
  });
  if (headOnly) {
    response.end();
    return;
  }
  if (fault?.stallAfter !== undefined && fault.stallAfter < part.length) {
    response.write(part.subarray(0, fault.stallAfter));
    return;
  }
  if (fault?.cutAfter === undefined) {
    response.end(part);
    return;
  }
  // Written out first: what is destroyed at once may never leave.
  response.write(part.subarray(0, fault.cutAfter), () =>
    setTimeout(() => response.socket?.destroy(), 20),
  );
}
