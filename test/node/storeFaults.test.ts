import { execFileSync } from 'node:child_process';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { openActivationStore, writeActivations } from '../../src';
import { refusal } from '../refusal';
import { filesIn, newFolder, numberedRows, numbersIn, range, rising } from '../stores/rows';

let root: string;
beforeEach(async () => {
  root = await newFolder();
});
afterEach(() => fs.rm(root, { recursive: true, force: true }));

/** What only root may do, and not in every container. */
function tried(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const ROWS = 4000;
const ARGS = { shardRows: 500, about: { model: 'tiny' } };

test('a disk that is full in mid-write keeps what is stored; with room, the store is what it would have been', async () => {
  const disk = join(root, 'disk');
  await fs.mkdir(disk);
  // Less than the rows take, and more than a shard.
  if (!tried('mount', '-t', 'tmpfs', '-o', 'size=80k', 'tmpfs', disk)) return;
  const folder = join(disk, 'store');
  try {
    const attempt = writeActivations(numberedRows(ROWS, 64), folder, ARGS);
    const refused = await refusal(attempt);
    expect(refused).toMatch(/^SAE_FILE .*(safetensors|json): expected .*; received a full disk\./);
    expect(refused).toContain('Make room on it, or choose another path.');
    const names = (await fs.readdir(folder)).sort();
    expect(
      names.filter((name) => !/^(activations\.json|shard-\d{5}\.safetensors)$/.test(name)),
    ).toEqual([]);
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    const store = await openActivationStore(folder, { batchSize: 100 });
    warn.mockRestore();
    expect(store.isComplete).toBe(false);
    expect(store.rows).toBeGreaterThanOrEqual(500);
    expect(rising((await numbersIn(store.iterator())).flat())).toEqual(range(store.rows));
    await store.close();
    expect(tried('mount', '-o', 'remount,size=1m', disk)).toBe(true);
    await (await writeActivations(numberedRows(ROWS, 64), folder, ARGS)).close();
    await (await writeActivations(numberedRows(ROWS, 64), join(root, 'whole'), ARGS)).close();
    expect(await filesIn(folder)).toEqual(await filesIn(join(root, 'whole')));
  } finally {
    tried('umount', disk);
  }
});
