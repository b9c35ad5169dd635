import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, fillFolder, type Manifest, manifestOf } from '../../src/cli/native/cache';
import { bring, hasOwnBinding, link, unlink } from '../../src/cli/native/link';
import { platform } from '../../src/cli/native/platform';
import { runTool } from '../../src/cli/runTool';
import { expectFailure, gatedSae } from './cliProcess';

/** Other work on the machine makes processes slow. */
jest.setTimeout(120_000);

let folder: string;
/** A PATH on which only what a test puts there is found. */
let tools: string;
const at = (...names: string[]) => join(folder, ...names);

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'gated-sae-native-'));
  tools = at('tools');
  await fs.mkdir(tools);
});
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

/** The file behind a program's name on the real PATH. */
const which = (name: string) =>
  spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
const give = (name: string) => fs.symlink(which(name), join(tools, name));

const native = (args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
  gatedSae(['native', ...args], {
    env: { PATH: tools, CXX: '', GATED_SAE_CACHE: at('cache'), ...env },
  });
const venv = (name: string) => {
  const { status } = spawnSync('python3', ['-m', 'venv', '--without-pip', at(name)]);
  expect(status).toBe(0);
  return at(name);
};

describe('what is missing is said before anything is fetched or installed', () => {
  afterEach(async () => expect(await fs.readdir(folder)).not.toContain('cache'));

  test('no compiler', async () => {
    expectFailure(
      await native(),
      'error: SAE_MISSING native: expected a C++ compiler; it is not here. Install one (Debian, Ubuntu: apt install g++;',
    );
  });

  test('a compiler that CXX names, and is not there', async () => {
    expectFailure(
      await native([], { CXX: 'no-such-compiler -m64' }),
      'error: SAE_MISSING native: expected the compiler no-such-compiler -m64, which CXX names; it is not here. Correct CXX, or unset it.',
    );
  });

  test('no Python', async () => {
    await give('c++');
    expectFailure(
      await native(),
      'error: SAE_MISSING native: expected Python 3 with pip, to fetch TensorFlow with; it is not here.',
    );
  });

  test('a Python without pip', async () => {
    await give('c++');
    const bare = join(venv('bare'), 'bin');
    expectFailure(
      await native([], { PATH: `${bare}:${tools}` }),
      'error: SAE_MISSING native: expected pip, to fetch TensorFlow with; it is not here.',
    );
  });

  test('a --python that is not there', async () => {
    expectFailure(
      await native(['--python', at('nothing')]),
      `error: SAE_MISSING native: expected a Python at ${at('nothing')}; it is not here. Check --python, or leave it out to fetch TensorFlow.`,
    );
  });

  test('a --python without TensorFlow', async () => {
    const python = join(venv('empty'), 'bin', 'python');
    expectFailure(
      await native(['--python', at('empty')]),
      `error: SAE_MISSING native: expected the package tensorflow in ${python}; it is not here. Run ${python} -m pip install tensorflow`,
    );
  });

  test('a --python that is another program', async () => {
    expectFailure(
      await native(['--python', which('env')]),
      `error: SAE_STATE native: expected a Python at ${which('env')}; received "`,
    );
  });
});

test('systems without wheels of TensorFlow, and without CUDA, are refused', () => {
  expect(() => platform(false, 'win32-x64')).toThrow(
    'SAE_UNSUPPORTED native: expected Linux (x64, arm64) with glibc, or macOS; received win32-x64. Everything runs on wasm without it.',
  );
  expect(() => platform(true, 'darwin-arm64')).toThrow(
    'SAE_UNSUPPORTED native --gpu: expected Linux on x64, where TensorFlow has CUDA; received darwin-arm64. Leave out --gpu.',
  );
  expect(platform(false, 'darwin-x64').tensorflow).toBe('2.16.2');
});

test("the cache is the user's, or where GATED_SAE_CACHE says", () => {
  expect(cacheFolder({ GATED_SAE_CACHE: '/c' }, 'linux')).toBe('/c/native');
  expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/x/gated-sae-tfjs/native');
  expect(cacheFolder({}, 'linux')).toMatch(/\.cache\/gated-sae-tfjs\/native$/);
  expect(cacheFolder({}, 'darwin')).toMatch(/Library\/Caches\/gated-sae-tfjs\/native$/);
});

describe('a folder of the cache', () => {
  const manifest: Manifest = {
    tfjsNode: '4.22.0',
    tensorflow: '2.21.0',
    source: 'a wheel',
    platform: 'linux-x64',
    built: '2026-01-01T00:00:00.000Z',
  };

  test('is there whole, with its manifest', async () => {
    await fillFolder(at('cache', 'key'), async (partial) => {
      await fs.writeFile(join(partial, 'file'), 'x');
      expect(await manifestOf(at('cache', 'key'))).toBeUndefined();
      return manifest;
    });
    expect(await manifestOf(at('cache', 'key'))).toEqual(manifest);
    expect(await fs.readdir(at('cache'))).toEqual(['key']);
    expect((await fs.readdir(at('cache', 'key'))).sort()).toEqual(['file', 'manifest.json']);
  });

  test('is not there at all after an error', async () => {
    const failing = fillFolder(at('cache', 'key'), async (partial) => {
      await fs.writeFile(join(partial, 'file'), 'x');
      throw new Error('in the middle');
    });
    await expect(failing).rejects.toThrow('in the middle');
    expect(await fs.readdir(at('cache'))).toEqual([]);
  });

  test('what a killed process has left is removed, what a living one fills is not', async () => {
    const { pid: dead } = spawnSync('true');
    await fs.mkdir(at('cache', `.partial-${dead}-00`), { recursive: true });
    await fs.mkdir(at('cache', `.partial-${process.ppid}-00`), { recursive: true });
    await fillFolder(at('cache', 'key'), async () => manifest);
    expect((await fs.readdir(at('cache'))).sort()).toEqual([`.partial-${process.ppid}-00`, 'key']);
  });

  test('that cannot be made is an error of the disk', async () => {
    await fs.writeFile(at('file'), '');
    await expect(fillFolder(at('file', 'key'), async () => manifest)).rejects.toThrow(
      /^SAE_FILE .*file: expected a folder for the native build; received a (path through a )?file\./,
    );
  });
});

test('a build is linked into tfjs-node, in place of an earlier one, and taken out again', async () => {
  const built = at('built');
  const project = at('tfjs-node');
  await fs.mkdir(join(built, 'lib', 'napi-v8'), { recursive: true });
  await fs.mkdir(join(built, 'deps', 'lib'), { recursive: true });
  await fs.writeFile(at('library'), 'library');
  await bring(at('library'), join(built, 'deps', 'lib', 'library'));
  await fs.writeFile(join(built, 'lib', 'napi-v8', 'tfjs_binding.node'), 'binding');
  const binding = join(project, 'lib', 'napi-v8', 'tfjs_binding.node');
  await fs.mkdir(join(project, 'lib', 'napi-v8'), { recursive: true });
  await fs.writeFile(binding, 'downloaded');
  expect(await hasOwnBinding(project)).toBe(true);
  for (const _ of ['first', 'again']) {
    await link(built, project);
    expect(await fs.readFile(binding, 'utf8')).toBe('binding');
    expect(await fs.readFile(join(project, 'deps', 'lib', 'library'), 'utf8')).toBe('library');
    expect(await hasOwnBinding(project)).toBe(false);
  }
  await unlink(project);
  expect(await fs.readdir(join(project, 'lib', 'napi-v8'))).toEqual([]);
  expect(await fs.readdir(join(built, 'lib', 'napi-v8'))).toEqual(['tfjs_binding.node']);
});

describe('another program', () => {
  test('that is not there is undefined', async () => {
    expect(await runTool(at('nothing'), [])).toBeUndefined();
  });

  test('gets its arguments as they are', async () => {
    const ended = await runTool('printf', ['%s', '$(id) `id` ; "a b"']);
    expect(ended).toMatchObject({ code: 0, stdout: '$(id) `id` ; "a b"' });
  });

  test('ends with all that it has started', async () => {
    const controller = new AbortController();
    let pid = 0;
    const running = runTool('sh', ['-c', 'sleep 1000 & echo $!; wait'], {
      signal: controller.signal,
      onOutput: (text) => {
        pid = Number(text);
        controller.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
    // What has ended may stay as a name in the table until somebody asks for its exit code.
    const state = spawnSync('ps', ['-o', 'stat=', '-p', `${pid}`], { encoding: 'utf8' }).stdout;
    expect(state.trim()).toMatch(/^(Z.*)?$/);
  });
});
