import fs from 'node:fs/promises';
import { join } from 'node:path';
import { fileSystem } from '../../src/node';
import { age, artifacts, at, failure, listing, standing, weightFiles } from './modelFolder';

let outside: string;
beforeEach(async () => {
  outside = join(at.root, 'outside');
  await fs.mkdir(outside);
  await fileSystem(at.folder).save(artifacts(1));
});
const modelJson = () => join(at.folder, 'model.json');
const weights = async () => join(at.folder, (await weightFiles())[0] as string);

/** Moves a file of the model out of its folder, and leaves a link to it. */
async function moveOut(file: string, to = join(outside, 'moved')): Promise<void> {
  await fs.rename(file, to);
  await fs.symlink(to, file);
}

const OUT =
  'received a link that leads out of the folder. Copy what it leads to into the folder, as cp -rL does.';

describe('reading', () => {
  test('weights elsewhere are not followed', async () => {
    const file = await weights();
    await moveOut(file);
    expect((await failure(fileSystem(at.folder).load())).message).toBe(
      `SAE_FILE ${file}: expected the weights that model.json names; ${OUT}`,
    );
  });

  test('nor a model.json elsewhere, however it is named', async () => {
    await moveOut(modelJson());
    for (const path of [at.folder, modelJson()]) {
      expect((await failure(fileSystem(path).load())).message).toBe(
        `SAE_FILE ${modelJson()}: expected a file; ${OUT}`,
      );
    }
  });

  test('nor a folder within that leads elsewhere, or a chain of links', async () => {
    const json = JSON.parse(await fs.readFile(modelJson(), 'utf8'));
    const file = await weights();
    await fs.copyFile(file, join(outside, 'w.bin'));
    await fs.symlink(outside, join(at.folder, 'sub'));
    await fs.symlink('sub/w.bin', join(at.folder, 'chain'));
    for (const path of ['sub/w.bin', 'chain']) {
      json.weightsManifest[0].paths = [path];
      await fs.writeFile(modelJson(), JSON.stringify(json));
      expect((await failure(fileSystem(at.folder).load())).message).toContain(OUT);
    }
  });

  test('nor into a folder whose name begins alike', async () => {
    const alike = `${at.folder}-2`;
    await fs.mkdir(alike);
    await moveOut(await weights(), join(alike, 'w'));
    expect((await failure(fileSystem(at.folder).load())).message).toContain(OUT);
  });

  test('links inside the folder are, as is the folder itself, and one above it', async () => {
    await fs.mkdir(join(at.folder, '..blobs'));
    await moveOut(await weights(), join(at.folder, '..blobs', 'w'));
    await moveOut(modelJson(), join(at.folder, '..blobs', 'm'));
    expect(await standing()).toBe(1);
    const link = join(at.root, 'link');
    await fs.symlink(at.folder, link);
    const above = join(at.root, 'above');
    await fs.symlink(at.root, above);
    for (at.folder of [link, join(above, 'sae')]) expect(await standing()).toBe(1);
  });

  test('one that leads nowhere is nothing there', async () => {
    const file = await weights();
    await moveOut(file);
    await fs.rm(join(outside, 'moved'));
    expect((await failure(fileSystem(at.folder).load())).message).toContain(
      'received nothing there.',
    );
  });
});

describe('saving', () => {
  test('replaces a model.json that is a link, and leaves what it leads to', async () => {
    const foreign = 'weights-0123456789abcdef.bin';
    await fs.writeFile(join(at.folder, foreign), 'named elsewhere');
    const there = JSON.stringify({ weightsManifest: [{ paths: [foreign] }] });
    await fs.rm(modelJson());
    await fs.writeFile(join(outside, 'other.json'), there);
    await fs.symlink(join(outside, 'other.json'), modelJson());
    await fileSystem(at.folder).save(artifacts(2));
    expect((await fs.lstat(modelJson())).isFile()).toBe(true);
    expect(await fs.readFile(join(outside, 'other.json'), 'utf8')).toBe(there);
    expect(await listing()).toContain(foreign);
    expect(await standing()).toBe(2);
  });

  test('replaces one that leads to a folder', async () => {
    await fs.rm(modelJson());
    await fs.symlink(outside, modelJson());
    await fileSystem(at.folder).save(artifacts(2));
    expect(await standing()).toBe(2);
    expect(await fs.readdir(outside)).toEqual([]);
  });

  test('removes a link in the place of old weights, and leaves what it leads to', async () => {
    const file = await weights();
    await moveOut(file);
    await fileSystem(at.folder).save(artifacts(2));
    expect(await fs.readdir(outside)).toEqual(['moved']);
    expect(await listing()).toHaveLength(2);
    expect(await standing()).toBe(2);
  });

  test('believes no record that is a link', async () => {
    const [named] = await weightFiles();
    const other = join(outside, 'record');
    const kept = 'weights-00000000000000ff.bin';
    await fs.writeFile(join(at.folder, kept), 'kept');
    await fs.writeFile(other, JSON.stringify({ weightsManifest: [{ paths: [kept, named] }] }));
    const record = join(at.folder, '.gated-sae-00000000-1-00000003.record.tmp');
    await fs.symlink(other, record);
    const old = new Date(Date.now() - 11 * 60_000);
    await fs.lutimes(record, old, old);
    await age(11);
    await fileSystem(at.folder).save(artifacts(2));
    expect(await listing()).toContain(kept);
    expect(await fs.readdir(outside)).toEqual(['record']);
    expect(await standing()).toBe(2);
  });
});
