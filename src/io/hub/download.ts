import type { FileHandle } from 'node:fs/promises';
import { badFile, fileRefused, wrongChecksum } from '../../errors';
import { nodeModule } from '../../nodeModule';
import type { CacheFolder } from './cacheFolder';
import { claimPartial, release } from './partialFiles';
import type { HubFile, HubRepository } from './repository';

type FileSystem = typeof import('node:fs/promises');

/** Running downloads by destination: a file that is requested twice is downloaded once. */
const underWay = new Map<string, Promise<string>>();

/**
 * Returns the path of a whole file in the cache, after downloading it if needed: parts from an
 * earlier attempt are kept, its checksum is compared, and only then does it get its name.
 *
 * @param tell called with the share of the file that has arrived
 * @returns its path in the cache
 * @throws SAE_FILE
 */
export async function cachedFile(
  repository: HubRepository,
  cache: CacheFolder,
  file: HubFile,
  tell?: (fraction: number) => void,
): Promise<string> {
  const commit = await repository.commit();
  const there = await cache.find(commit, file.path);
  if (there !== undefined) return there;
  if ((await cache.blob(file.etag, file.size)) === undefined) {
    const key = `${cache.folder}\n${file.etag}`;
    const running =
      underWay.get(key) ??
      downloaded(repository, cache, file, tell).finally(() => underWay.delete(key));
    underWay.set(key, running);
    await running;
  }
  return cache.link(commit, file.path, file.etag);
}

async function downloaded(
  repository: HubRepository,
  cache: CacheFolder,
  file: HubFile,
  tell?: (fraction: number) => void,
): Promise<string> {
  const fs = nodeModule('node:fs/promises') as FileSystem;
  const path = nodeModule('node:path') as typeof import('node:path');
  const blobs = await cache.blobs();
  for (let fromStart = false; ; fromStart = true) {
    const { partial, begun } = await claimPartial(blobs, file.etag);
    try {
      const digest = await fill(repository, partial, file, tell);
      if (digest === file.etag) {
        const blob = path.join(blobs, file.etag);
        await fs.rename(partial, blob).catch((error) => refuse(partial, error));
        return blob;
      }
      await fs.rm(partial, { force: true });
      // The leftover of an earlier attempt may have been damaged.
      if (begun && !fromStart) continue;
      const kind = file.checksum === 'git' ? 'git object' : 'sha256';
      throw wrongChecksum(repository.nameOf(file.path), kind, file.etag, digest);
    } finally {
      release(partial);
    }
  }
}

const refuse = (file: string, error: unknown): never => {
  throw fileRefused(file, "a folder for the hub's files that can be written", error);
};

/**
 * Writes the missing part of a file.
 *
 * @returns its checksum, of the kind that the hub has
 */
async function fill(
  repository: HubRepository,
  partial: string,
  file: HubFile,
  tell: ((fraction: number) => void) | undefined,
): Promise<string> {
  const fs = nodeModule('node:fs/promises') as FileSystem;
  const name = repository.nameOf(file.path);
  const handle = await fs.open(partial, 'a+').catch((error) => refuse(partial, error));
  try {
    const { size: there } = await handle.stat();
    if (there > file.size) await handle.truncate(0);
    let at = there > file.size ? 0 : there;
    await checkRoom(fs, partial, file.size - at, name);
    let hash = await hashOf(handle, file, at);
    if (at < file.size) {
      const response = await ask(repository, file, at);
      const isRest = response.headers
        .get('content-range')
        ?.startsWith(`bytes ${at}-${file.size - 1}/`);
      if (!(response.status === 206 && isRest) && at > 0) {
        await handle.truncate(0);
        at = 0;
        hash = await hashOf(handle, file, 0);
      }
      const reader = response.body?.getReader();
      for (let told = 0; reader !== undefined; ) {
        const { done, value } = await reader.read();
        if (done) break;
        if (at + value.length > file.size) {
          await reader.cancel().catch(() => {});
          await handle.truncate(0);
          throw wrongSize(name, file.size, 'more');
        }
        hash.update(value);
        await writeAll(handle, value).catch((error) => refuse(partial, error));
        at += value.length;
        const share = at / file.size;
        if (share >= told + 0.01 || at === file.size) {
          told = share;
          tell?.(share);
        }
      }
      if (at !== file.size) throw wrongSize(name, file.size, `${at}`);
    }
    // A rename may reach the disk before the bytes do, and survive them if the power fails.
    await handle.sync().catch((error) => refuse(partial, error));
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

async function ask(repository: HubRepository, file: HubFile, at: number): Promise<Response> {
  const headers = at > 0 ? { range: `bytes=${at}-${file.size - 1}` } : undefined;
  return repository.fileFetch(file.path)(await repository.url(file.path), {
    ...(headers && { headers }),
  });
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
  }
}

/** Returns the checksum so far: of the bytes that are there. */
async function hashOf(handle: FileHandle, { checksum, size }: HubFile, there: number) {
  const crypto = nodeModule('node:crypto') as typeof import('node:crypto');
  const hash = crypto.createHash(checksum === 'git' ? 'sha1' : 'sha256');
  if (checksum === 'git') hash.update(`blob ${size}\0`); // what git puts before a file's bytes
  const piece = new Uint8Array(2 ** 20);
  for (let at = 0; at < there; ) {
    const { bytesRead } = await handle.read(piece, 0, Math.min(piece.length, there - at), at);
    if (bytesRead === 0) break;
    hash.update(piece.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash;
}

async function checkRoom(
  fs: FileSystem,
  partial: string,
  bytes: number,
  name: string,
): Promise<void> {
  const disk = await fs.statfs(partial).catch(() => undefined);
  const room = disk && disk.bavail * disk.bsize;
  if (room === undefined || room >= bytes) return;
  const advice = 'Make room there, or set HF_HUB_CACHE to a folder on another disk.';
  throw badFile(name, `room for ${bytes} bytes in the cache`, `${room}`, advice);
}

const wrongSize = (name: string, size: number, received: string) =>
  badFile(name, `${size} bytes, as the hub lists it`, received, 'Try again later.');
