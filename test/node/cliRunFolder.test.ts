import fs from 'node:fs';
import promises from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ARCHITECTURES, type Architecture } from '../../src/architectures';
import { newModel } from '../../src/cli/quickstart/recipe';
import { RunFolder, type SavedRun } from '../../src/cli/quickstart/runFolder';
import type { Settings } from '../../src/cli/quickstart/settings';
import { train } from '../../src/cli/quickstart/training';
import { tempName } from '../../src/io/files/names';

const SETTINGS: Settings = {
  recipe: 'gated-sae-tf',
  architecture: 'gated',
  encodingDim: 4,
  epochs: 2,
  images: 8,
  batchSize: 4,
  lambda: 1e-3,
  l0: null,
  learningRate: 1e-3,
  seed: 0,
  backend: 'wasm',
};
const FINISHED = ['dashboard.html', 'gallery.png', 'loss.csv', 'loss.svg', 'model', 'report.json'];
const OLD: Settings = { ...SETTINGS, seed: 7, epochs: 1 };

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'gated-sae-run-'));
});
afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
});

const outcome = (seed: number) => ({
  report: { seed },
  picture: '<svg/>',
  gallery: Uint8Array.of(seed, 0x89),
  dashboard: `<title>${seed}</title>`,
});

test.each([
  ['gated', { lambdaSparse: 0.05, auxWeight: 0.1 }],
  ['relu', { lambdaSparse: 0.05 }],
  ['jumprelu', { lambdaSparse: 0.05 }],
  ['topk', { k: 4 }],
  ['other', { auxWeight: 0.05, lambdaSparse: 0.02 }],
])('a new model of %s has the options of its recipe', (architecture, expected) => {
  const list = ARCHITECTURES as Record<string, Architecture>;
  // Its recipe decides, not what an option is called.
  const recipe = { sparsityWeight: 'auxWeight', options: { lambdaSparse: 0.02 } };
  list['other'] = { ...(list['gated'] as Architecture), recipe };
  try {
    const model = newModel({ ...SETTINGS, architecture, lambda: 0.05 });
    expect(model.sae.getConfig()).toMatchObject(expected);
    model.dispose();
  } finally {
    delete list['other'];
  }
});

/** A whole run into a folder, which may hold another. */
async function trainInto(path: string, settings: Settings, finish: boolean): Promise<void> {
  const folder = new RunFolder(path);
  await folder.begin(true);
  const run = { settings, step: 0, seconds: 0, model: newModel(settings), losses: [] };
  const images = {
    pixels: Uint8Array.from({ length: 8 * 784 }, (_, i) => (31 * i) % 256),
    rows: Uint32Array.from({ length: settings.images }, (_, i) => i),
  };
  const silent = { step: () => {}, stop: () => {} };
  try {
    await train(run, images, folder, silent, new AbortController().signal, 1e-6);
    if (finish) await folder.finish(outcome(settings.seed));
  } finally {
    await folder.release();
    dispose(run);
  }
}

/** Copies of a folder as a crash would leave it, before each change and at the end. */
async function crashes(path: string, work: () => Promise<void>): Promise<string[]> {
  const copies: string[] = [];
  const copy = () => {
    if (!fs.existsSync(path)) return;
    copies.push(join(root, `crash-${copies.length}`));
    fs.cpSync(path, copies.at(-1) as string, { recursive: true });
  };
  for (const name of ['mkdir', 'open', 'rename', 'rm', 'writeFile'] as const) {
    const real = promises[name] as (...args: unknown[]) => Promise<unknown>;
    jest.spyOn(promises, name).mockImplementation(((...args: unknown[]) => {
      copy();
      return real(...args);
    }) as never);
  }
  await work();
  copy();
  jest.restoreAllMocks();
  return copies;
}

function dispose({ model }: Pick<SavedRun, 'model'>): void {
  model.optimizer?.dispose();
  model.dispose();
}

/** The run that `--resume` would go on with. */
async function resumed(path: string) {
  // That of this process, which has not ended.
  fs.rmSync(join(path, 'lock.json'), { force: true });
  const folder = new RunFolder(path);
  const run = await (await folder.goOn()).load();
  await folder.release();
  dispose(run);
  return { seed: run.settings.seed, step: run.step, rows: run.losses.length };
}

/** Begins in a folder whose lock a crash has left, as if this process had ended. */
async function unlocked(path: string): Promise<void> {
  fs.rmSync(join(path, 'lock.json'), { force: true });
  const folder = new RunFolder(path);
  await folder.begin(false);
  await folder.release();
}

test('a first run that is cut off has not begun, or can be gone on with', async () => {
  const path = join(root, 'run');
  const seen = new Set<string>();
  for (const copy of await crashes(path, () => trainInto(path, SETTINGS, true))) {
    const contents = await new RunFolder(copy).contents();
    if (contents === 'an unfinished run') {
      const { seed, step, rows } = await resumed(copy);
      expect({ seed, rows }).toEqual({ seed: 0, rows: step });
      seen.add(`step ${step}`);
    } else {
      seen.add(contents);
    }
    if (contents === 'nothing') await unlocked(copy);
  }
  const steps = [0, 1, 2, 3, 4].map((step) => `step ${step}`);
  expect([...seen]).toEqual(['nothing', ...steps, 'a finished run']);
});

test.each([
  ['a finished run', true],
  ['an unfinished run', false],
])('replacing %s, a crash leaves the old one or the new one', async (before, finished) => {
  const path = join(root, 'run');
  await trainInto(path, OLD, finished);
  const seen = new Set<string>();
  for (const copy of await crashes(path, () => trainInto(path, SETTINGS, true))) {
    const contents = await new RunFolder(copy).contents();
    expect(contents).not.toBe('nothing');
    if (contents === 'an unfinished run') {
      const { seed, step, rows } = await resumed(copy);
      expect(rows).toBe(step);
      if (seed === 7) expect({ finished, step }).toEqual({ finished: false, step: 2 });
      seen.add(seed === 7 ? 'old' : `new, step ${step}`);
    } else {
      const { seed } = JSON.parse(fs.readFileSync(join(copy, 'report.json'), 'utf8'));
      expect(fs.readFileSync(join(copy, 'gallery.png'))).toEqual(Buffer.of(seed, 0x89));
      const dashboard = fs.readFileSync(join(copy, 'dashboard.html'), 'utf8');
      expect(dashboard).toBe(`<title>${seed}</title>`);
      if (seed === 7) expect(contents).toBe(before);
      seen.add(seed === 7 ? 'old' : 'new, finished');
    }
  }
  const steps = [0, 1, 2, 3, 4].map((step) => `new, step ${step}`);
  expect([...seen]).toEqual(['old', ...steps, 'new, finished']);
  expect(fs.readdirSync(path).sort()).toEqual(FINISHED);
});

test('a finished run whose model was moved away is not taken for an empty folder', async () => {
  await trainInto(root, SETTINGS, true);
  fs.renameSync(join(root, 'model'), join(root, 'mine'));
  await expect(new RunFolder(root).begin(false)).rejects.toThrow('received a finished run');
});

test("files of somebody else's beside the checkpoints stay when a run is finished", async () => {
  fs.mkdirSync(join(root, 'checkpoints'));
  fs.writeFileSync(join(root, 'checkpoints', 'mine.keras'), 'mine');
  await trainInto(root, SETTINGS, true);
  expect(fs.readdirSync(join(root, 'checkpoints'))).toEqual(['mine.keras']);
  expect(await new RunFolder(root).contents()).toBe('a finished run');
});

describe('what the system refuses is an SAE_FILE', () => {
  const refused = (work: Promise<unknown>, message: string) =>
    expect(work).rejects.toMatchObject({
      code: 'SAE_FILE',
      message: expect.stringContaining(message),
    });

  test('to make', async () => {
    fs.writeFileSync(join(root, 'file'), '');
    await refused(
      new RunFolder(join(root, 'file')).begin(false),
      'expected a folder, or a place for one; received a file. Choose another path.',
    );
    await refused(
      new RunFolder(join(root, 'file', 'run')).begin(true),
      'expected a folder, or a place for one; received a path through a file. Give a path that leads through folders only.',
    );
  });

  test('to see', async () => {
    const loop = join(root, 'loop');
    fs.symlinkSync(loop, loop);
    await refused(new RunFolder(loop).goOn(), 'expected a path that can be looked up; ');
  });

  test('to write', async () => {
    fs.mkdirSync(join(root, 'gallery.png'));
    await refused(
      new RunFolder(root).finish(outcome(0)),
      `${join(root, 'gallery.png')}: expected a file that can be written; `,
    );
  });

  test('to read, and to remove', async () => {
    await trainInto(root, SETTINGS, false);
    fs.rmSync(join(root, 'checkpoints'), { recursive: true });
    fs.writeFileSync(join(root, 'checkpoints'), '');
    await refused(
      resumed(root),
      'checkpoints: expected a folder that can be read; received a path',
    );
    fs.rmSync(join(root, 'checkpoints'));
    fs.mkdirSync(join(root, 'checkpoints'));
    const left = tempName('archive');
    fs.writeFileSync(join(root, 'checkpoints', left), '');
    jest.spyOn(promises, 'rm').mockRejectedValue(Object.assign(new Error(), { code: 'EPERM' }));
    await refused(
      new RunFolder(root).finish(outcome(0)),
      `${left}: expected something that can be removed; received "operation not permitted".`,
    );
  });
});
