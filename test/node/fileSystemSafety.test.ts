import fs from 'node:fs/promises';
import { basename, join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { SAEError } from '../../src/errors';
import { fileSystem } from '../../src/node';
import { age, artifacts, at, failure, listing, standing, weightFiles } from './modelFolder';

jest.setTimeout(60_000);

type Write = (bytes: Uint8Array, offset: number, length?: number) => Promise<unknown>;

describe('a crash', () => {
  /**
   * Lets the process die at the n-th operation that changes the disk: that one does half of what
   * it can, and it and all that follow fail, those that would clean up among them.
   *
   * @returns what was done, a line an operation
   */
  function dieAt(n: number): string[] {
    const done: string[] = [];
    const kind = (path: unknown) =>
      path === at.folder
        ? 'folder/'
        : basename(String(path)).replace(
            /[0-9a-f]{8}-\d+-[0-9a-f]{8}|[0-9a-f]{16}(-[0-9a-f]{8})?/,
            '#',
          );
    const step = (what: string) => {
      if (done.length >= n) throw new Error('died');
      done.push(what);
    };
    const { open, rename, rm, mkdir } = fs;
    jest.spyOn(fs, 'mkdir').mockImplementation(async (path, options) => {
      step(`mkdir ${kind(path)}`);
      return mkdir(path, options);
    });
    jest.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
      step(`rename ${kind(from)} ${kind(to)}`);
      return rename(from, to);
    });
    jest.spyOn(fs, 'rm').mockImplementation(async (path, options) => {
      step(`rm ${kind(path)}`);
      return rm(path, options);
    });
    jest.spyOn(fs, 'open').mockImplementation(async (path, flags) => {
      step(`open ${kind(path)}`);
      const handle = await open(path, flags);
      const { sync, close } = handle;
      const write: Write = handle.write.bind(handle);
      const halves: Write = async (bytes, offset) => {
        try {
          step(`write ${kind(path)}`);
        } catch (error) {
          await write(bytes, offset, Math.floor((bytes.length - offset) / 2));
          throw error;
        }
        // As systems may, it does not write all at once.
        return write(bytes, offset, Math.ceil((bytes.length - offset) / 2));
      };
      Object.assign(handle, { write: halves });
      handle.sync = async () => {
        step(`sync ${kind(path)}`);
        return sync.call(handle);
      };
      handle.close = async () => {
        await close.call(handle); // the system does it for the dead
        step(`close ${kind(path)}`);
      };
      return handle;
    });
    return done;
  }

  it('finds everything on the disk before it is named, and named before the old one goes', async () => {
    await fileSystem(at.folder).save(artifacts(1));
    const done = dieAt(Number.POSITIVE_INFINITY);
    await fileSystem(at.folder).save(artifacts(2));
    expect(done.filter((line, i) => line !== done[i - 1])).toEqual([
      'mkdir folder/',
      'open .gated-sae-#.weights.tmp',
      'write .gated-sae-#.weights.tmp',
      'sync .gated-sae-#.weights.tmp',
      'close .gated-sae-#.weights.tmp',
      'open .gated-sae-#.json.tmp',
      'write .gated-sae-#.json.tmp',
      'sync .gated-sae-#.json.tmp',
      'close .gated-sae-#.json.tmp',
      'rename .gated-sae-#.weights.tmp weights-#.bin',
      'open folder/',
      'sync folder/',
      'close folder/',
      'open .gated-sae-#.record.tmp',
      'write .gated-sae-#.record.tmp',
      'sync .gated-sae-#.record.tmp',
      'close .gated-sae-#.record.tmp',
      'rename .gated-sae-#.json.tmp model.json',
      'open folder/',
      'sync folder/',
      'close folder/',
      'rm weights-#.bin',
      'rm .gated-sae-#.record.tmp',
    ]);
  });

  it('at any operation leaves the old model or the new one, whole, and no more than the next save removes', async () => {
    let total = Number.POSITIVE_INFINITY;
    let newOnes = 0;
    for (let n = 0; n <= total; n++) {
      await fs.rm(at.folder, { recursive: true, force: true });
      await fileSystem(at.folder).save(artifacts(1));
      await fs.writeFile(join(at.folder, 'notes.txt'), 'theirs');

      const done = dieAt(n);
      const saved = await fileSystem(at.folder)
        .save(artifacts(2))
        .then(
          () => true,
          (error) => expect(error).toBeInstanceOf(SAEError),
        );
      jest.restoreAllMocks();
      if (saved && done.length < n) total = done.length;

      const named = done.includes('rename .gated-sae-#.json.tmp model.json');
      expect(await standing()).toBe(named ? 2 : 1);
      if (named) newOnes++;
      expect(saved === true && !named).toBe(false);

      // The next saves go well, and leave a folder as if nothing had been.
      await age(11);
      await fileSystem(at.folder).save(artifacts(3));
      expect(await standing()).toBe(3);
      const expected = ['model.json', 'notes.txt'];
      expect(await weightFiles()).toHaveLength(1);
      expect((await listing()).filter((name) => !name.startsWith('weights-'))).toEqual(expected);
    }
    expect(total).toBeGreaterThan(20);
    expect(newOnes).toBeGreaterThan(3);
  });

  it('of the first save leaves nothing that looks like a model', async () => {
    for (let n = 0; ; n++) {
      await fs.rm(at.folder, { recursive: true, force: true });
      const done = dieAt(n);
      await fileSystem(at.folder)
        .save(artifacts(1))
        .catch(() => undefined);
      jest.restoreAllMocks();
      if (done.includes('rename .gated-sae-#.json.tmp model.json')) break;
      const { message } = await failure(fileSystem(at.folder).load());
      expect(message).toMatch(/received (nothing there|a folder without one)/);
    }
    expect(await standing()).toBe(1);
  });
});

describe('a failure', () => {
  const fails = (code: string) => Object.assign(new Error(`${code}: something`), { code });

  it.each([
    ['ENOSPC', 'a full disk. Make room on it, or choose another path.'],
    ['EACCES', '"permission denied". Change its permissions, or choose another path.'],
    ['EROFS', 'a read-only file system. Choose another path.'],
    ['EIO', 'a disk or a connection that fails. Check it, or choose another path.'],
    ['EDQUOT', 'a full quota. Make room, or choose another path.'],
    ['EODD', '"EODD: something". Try again, or another disk: that is what the system reported.'],
  ])('%s leaves the old model and no rubbish', async (code, received) => {
    await fileSystem(at.folder).save(artifacts(1));
    const before = await listing();
    jest.spyOn(fs, 'open').mockImplementation(async () => {
      throw fails(code);
    });
    const error = await failure(fileSystem(at.folder).save(artifacts(2)));
    jest.restoreAllMocks();
    expect(error.message).toBe(
      `SAE_FILE ${at.folder}: expected a folder that can be written; received ${received}`,
    );
    expect(error.cause).toHaveProperty('code', code);
    expect(await listing()).toEqual(before);
    expect(await standing()).toBe(1);
  });

  it('in the midst of the weights leaves no rubbish', async () => {
    await fileSystem(at.folder).save(artifacts(1));
    const before = await listing();
    const { open } = fs;
    jest.spyOn(fs, 'open').mockImplementation(async (path, flags) => {
      const handle = await open(path, flags);
      handle.sync = () => Promise.reject(fails('ENOSPC'));
      return handle;
    });
    await failure(fileSystem(at.folder).save(artifacts(2)));
    expect(await listing()).toEqual(before);
  });

  it('to name the new model leaves the old one; the next save removes what is left', async () => {
    await fileSystem(at.folder).save(artifacts(1));
    const { rename } = fs;
    jest
      .spyOn(fs, 'rename')
      .mockImplementation((from, to) =>
        basename(String(to)) === 'model.json' ? Promise.reject(fails('EPERM')) : rename(from, to),
      );
    await failure(fileSystem(at.folder).save(artifacts(2)));
    jest.restoreAllMocks();
    expect(await standing()).toBe(1);
    expect((await listing()).filter((name) => name.endsWith('.tmp'))).toHaveLength(1);
    await age(11);
    await fileSystem(at.folder).save(artifacts(3));
    expect(await listing()).toHaveLength(2);
  });

  it('of a file system that cannot sync folders is none', async () => {
    const { open } = fs;
    jest.spyOn(fs, 'open').mockImplementation(async (path, flags) => {
      if (path === at.folder) throw fails('EPERM');
      return open(path, flags);
    });
    await fileSystem(at.folder).save(artifacts(1));
    expect(await standing()).toBe(1);
  });

  it('to sync a folder that can be synced is one', async () => {
    await fileSystem(at.folder).save(artifacts(1));
    const { open } = fs;
    jest.spyOn(fs, 'open').mockImplementation(async (path, flags) => {
      if (path === at.folder) throw fails('EIO');
      return open(path, flags);
    });
    await failure(fileSystem(at.folder).save(artifacts(2)));
    jest.restoreAllMocks();
    expect(await standing()).toBe(1);
  });

  it('names a path that can be no folder', async () => {
    const file = join(at.root, 'file');
    await fs.writeFile(file, 'theirs');
    expect((await failure(fileSystem(file).save(artifacts(1)))).message).toBe(
      `SAE_FILE ${file}: expected a folder, or a place for one; received a file. Choose another path.`,
    );
    const below = join(file, 'sae');
    expect((await failure(fileSystem(below).save(artifacts(1)))).message).toBe(
      `SAE_FILE ${below}: expected a folder, or a place for one; received a path through a file. Give a path that leads through folders only.`,
    );
    expect(await fs.readFile(file, 'utf8')).toBe('theirs');
  });

  it('names a model.json that is a folder', async () => {
    const inside = join(at.folder, 'model.json');
    await fs.mkdir(inside, { recursive: true });
    expect((await failure(fileSystem(at.folder).save(artifacts(1)))).message).toBe(
      `SAE_FILE ${inside}: expected a file, or nothing yet; received a folder. Choose another path.`,
    );
    expect(await listing()).toEqual(['model.json']);
  });

  it('names a folder that may not be written', async () => {
    await fileSystem(at.folder).save(artifacts(1));
    if (process.platform === 'win32' || process.getuid?.() === 0) return; // root may always
    await fs.chmod(at.folder, 0o555);
    const error = await failure(fileSystem(at.folder).save(artifacts(2)));
    await fs.chmod(at.folder, 0o755);
    expect(error.message).toContain('received "permission denied"');
    expect(await standing()).toBe(1);
  });

  it.each<[string, Partial<tf.io.ModelArtifacts>, string]>([
    [
      'of another length than it says',
      { weightData: new ArrayBuffer(8) },
      'expected 12 bytes of weights; received 8. Give weightData and weightSpecs of the same model.',
    ],
    [
      'without a topology',
      { modelTopology: undefined },
      'expected modelTopology to be an object; received undefined. Save the model again, or restore it from a copy.',
    ],
    [
      'with a binary topology',
      { modelTopology: new ArrayBuffer(4) },
      'expected modelTopology.class_name to be the name of a class; received undefined. Save the model again, or restore it from a copy.',
    ],
  ])('to load a model %s again is one to save it', async (_, change, message) => {
    await fileSystem(at.folder).save(artifacts(1));
    const before = await listing();
    const error = await failure(fileSystem(at.folder).save({ ...artifacts(2), ...change }));
    expect(error.message).toBe(`SAE_FILE ${join(at.folder, 'model.json')}: ${message}`);
    expect(await listing()).toEqual(before);
    expect(await standing()).toBe(1);
  });
});

describe('at the same time', () => {
  it('saves take turns, and the last one called stays', async () => {
    const values = Array.from({ length: 20 }, (_, i) => i % 3);
    const link = join(at.root, 'link');
    await fs.mkdir(at.folder);
    await fs.symlink(at.folder, link, 'junction');
    await Promise.all(
      values.map((value, i) => fileSystem(i % 2 ? at.folder : link).save(artifacts(value))),
    );
    expect(await standing()).toBe(19 % 3);
    expect(await listing()).toHaveLength(2);
  });

  it('a save that fails keeps none of the others from their turn', async () => {
    const bad = { ...artifacts(2), weightData: new ArrayBuffer(1) };
    const results = await Promise.allSettled(
      [artifacts(1), bad, artifacts(3)].map((model) => fileSystem(at.folder).save(model)),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await standing()).toBe(3);
  });

  it('loads find one model or the other', async () => {
    await fileSystem(at.folder).save(artifacts(0));
    let saving = true;
    const saves = (async () => {
      for (let value = 1; value <= 30; value++) await fileSystem(at.folder).save(artifacts(value));
      saving = false;
    })();
    const seen = new Set<number>();
    while (saving) seen.add(await standing());
    await saves;
    expect(await standing()).toBe(30);
    expect(seen.size).toBeGreaterThan(1);
  });

  it('a load that lost its weights to a save reads the new model', async () => {
    await fileSystem(at.folder).save(artifacts(1));
    const { stat } = fs;
    let saves = 0;
    jest.spyOn(fs, 'stat').mockImplementation(async (path) => {
      // A save that comes just before the weights are looked for.
      if (basename(String(path)).startsWith('weights-') && saves++ === 0) {
        await fileSystem(at.folder).save(artifacts(2));
      }
      return stat(path);
    });
    expect(await standing()).toBe(2);
  });

  /** A second copy of the module, as another process has it: saves here do not wait for its own. */
  function anotherProcess(): Pick<typeof import('../../src/io/files/saveModel'), 'saveModel'> {
    let copy: ReturnType<typeof anotherProcess> | undefined;
    jest.isolateModules(() => {
      copy = require('../../src/io/files/saveModel');
    });
    return copy as ReturnType<typeof anotherProcess>;
  }

  it('another process is not robbed of the weights that it is about to name', async () => {
    // It saves the very weights that this one is about to remove.
    await fileSystem(at.folder).save(artifacts(1));
    const { rm } = fs;
    let others = 0;
    jest.spyOn(fs, 'rm').mockImplementation(async (path, options) => {
      if (others++ === 0) await anotherProcess().saveModel(at.folder, artifacts(1));
      return rm(path, options);
    });
    await fileSystem(at.folder).save(artifacts(2));
    expect(await standing()).toBe(1);
  });

  it('a model that another process saves over at once leaves no weights', async () => {
    // Both have read model.json before either writes it: each knows of the first model's weights
    // alone, and the one that writes first has to remove its own.
    await fileSystem(at.folder).save(artifacts(1));
    const { rename } = fs;
    const otherHasRead = signal();
    const thisHasWritten = signal();
    let renames = 0;
    jest.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
      if (basename(String(to)) !== 'model.json') return rename(from, to);
      if (renames++ > 0) {
        otherHasRead.send();
        await thisHasWritten.sent;
        return rename(from, to);
      }
      const other = anotherProcess().saveModel(at.folder, artifacts(3));
      await otherHasRead.sent;
      await rename(from, to);
      thisHasWritten.send();
      await other;
    });
    await fileSystem(at.folder).save(artifacts(2));
    expect(await standing()).toBe(3);
    expect(await weightFiles()).toHaveLength(1);
  });
});

function signal(): { sent: Promise<void>; send: () => void } {
  let send = () => {};
  const sent = new Promise<void>((resolve) => {
    send = resolve;
  });
  return { sent, send };
}
