import { execFileSync } from 'node:child_process';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Callback } from '@tensorflow/tfjs-layers';
import { checkpoint, csvLogger, GatedSAE, tensorBoard } from '../../src';
import { saveAt } from '../../src/io/files/saveFile';
import { fileSystem } from '../../src/node';
import { artifacts, at, failure, standing } from './modelFolder';

/** What only root may do, and not in every container. */
function tried(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const saveModel = (path: string) => failure(fileSystem(path).save(artifacts(1)));
const saveFile = (path: string) => failure(saveAt(path, [new Uint8Array(3)]));
/** What fit writes as it trains, into a folder; how it fails there. */
const TRAININGS: [string, (folder: string) => Promise<Error>][] = [
  ['checkpoint', (folder) => failedFit(checkpoint({ to: folder }))],
  ['csvLogger', (folder) => failedFit(csvLogger({ to: join(folder, 'log.csv') }))],
  ['tensorBoard', (folder) => failedFit(tensorBoard({ to: folder }))],
];

async function failedFit(callbacks: Callback): Promise<Error> {
  const sae = new GatedSAE({ inputDim: 3, encodingDim: 4 });
  sae.compile();
  const x = tf.ones([2, 3]);
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  try {
    const error = await failure(sae.fit(x, { verbose: 0, callbacks }));
    expect(warn).not.toHaveBeenCalled();
    return error;
  } finally {
    warn.mockRestore();
    x.dispose();
    sae.dispose();
  }
}

const onLinux = process.platform === 'linux' ? test : test.skip;

test('a folder that is not there is made for a model, and named for a file', async () => {
  await fileSystem(join(at.folder, 'a', 'b')).save(artifacts(1));
  const folder = join(at.root, 'none');
  expect((await saveFile(join(folder, 'x.keras'))).message).toBe(
    `SAE_FILE ${folder}: expected a folder to write into; received nothing there. Make it, or choose another path.`,
  );
});

onLinux('a place where the system makes nothing', async () => {
  expect((await saveModel('/proc/a/b')).message).toBe(
    'SAE_FILE /proc/a: expected a folder, or a place for one; received a place where the system makes no folders. Choose another path.',
  );
  for (const error of [await saveModel('/proc/self'), await saveFile('/proc/self/x.keras')]) {
    expect(error.message).toBe(
      'SAE_FILE /proc/self: expected a folder that can be written; received one in which the system makes no files. Choose another path.',
    );
  }
});

describe.each(TRAININGS)('%s', (name, fail) => {
  onLinux('where the system makes nothing', async () => {
    expect((await fail('/proc/a/b')).message).toBe(
      'SAE_FILE /proc/a: expected a folder, or a place for one; received a place where the system makes no folders. Choose another path.',
    );
    const made = name === 'tensorBoard' ? 'folders' : 'files';
    expect((await fail('/proc/self')).message).toMatch(
      new RegExp(
        `^SAE_FILE /proc/self.*received .* in which the system makes no files|received a place where the system makes no ${made}`,
      ),
    );
  });

  onLinux('through a file', async () => {
    const file = join(at.root, 'file');
    await fs.writeFile(file, '');
    expect((await fail(join(file, 'below'))).message).toMatch(
      /^SAE_FILE .*: expected .*; received a path through a file\. Give a path that leads through folders only\.$/,
    );
  });
});

onLinux('a name that is too long, and links in a circle', async () => {
  const long = join(at.root, 'x'.repeat(300));
  expect((await saveModel(long)).message).toContain('received too long a name. Choose a shorter');
  expect((await saveFile(long)).message).toContain('received too long a name. Choose a shorter');
  await fs.symlink('circle', join(at.root, 'circle'));
  expect((await saveModel(join(at.root, 'circle', 'x'))).message).toContain(
    'received links that lead in a circle. Give the path of what they were to lead to.',
  );
});

test('a folder in the place of a file', async () => {
  await fs.mkdir(join(at.root, 'x.keras'));
  expect((await saveFile(join(at.root, 'x.keras'))).message).toBe(
    `SAE_FILE ${join(at.root, 'x.keras')}: expected a file that can be written; received a folder. Choose another path.`,
  );
  expect(await fs.readdir(at.root)).toEqual(['x.keras']);
});

/** Each of them a way to have a folder that nobody may write to, root included. */
const GUARDS: [string, (folder: string) => boolean, (folder: string) => void, string][] = [
  [
    'on a file system that is mounted read-only',
    (folder) =>
      tried('mount', '--bind', folder, folder) && tried('mount', '-o', 'remount,ro,bind', folder),
    (folder) => tried('umount', folder),
    'a read-only file system. Choose another path.',
  ],
  [
    'that is immutable',
    (folder) => tried('chattr', '+i', folder),
    (folder) => tried('chattr', '-i', folder),
    '"operation not permitted". Change its permissions, or choose another path.',
  ],
  [
    'without the right to write',
    (folder) => process.getuid?.() !== 0 && tried('chmod', '555', folder),
    (folder) => tried('chmod', '755', folder),
    '"permission denied". Change its permissions, or choose another path.',
  ],
];
describe.each(GUARDS)('a folder %s', (_, guard, release, received) => {
  onLinux('keeps its model, and says why', async () => {
    await fileSystem(at.folder).save(artifacts(1));
    // The other ways stand for those that this machine does not allow.
    if (!guard(at.folder)) return release(at.folder);
    try {
      const inside = join(at.folder, 'a', 'b');
      expect((await saveModel(at.folder)).message).toBe(
        `SAE_FILE ${at.folder}: expected a folder that can be written; received ${received}`,
      );
      expect((await saveModel(inside)).message).toBe(
        `SAE_FILE ${join(at.folder, 'a')}: expected a folder, or a place for one; received ${received}`,
      );
      expect((await saveFile(join(at.folder, 'x.keras'))).message).toBe(
        `SAE_FILE ${join(at.folder, 'x.keras')}: expected a file that can be written; received ${received}`,
      );
      for (const [, fail] of TRAININGS) {
        for (const folder of [at.folder, inside]) {
          const { message } = await fail(folder);
          expect(message).toMatch(/^SAE_FILE .*: expected a (file|folder)(,| that can)/);
          expect(message).toContain(`; received ${received}`);
        }
      }
      expect(await standing()).toBe(1);
    } finally {
      release(at.folder);
    }
  });
});
