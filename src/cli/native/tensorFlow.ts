import fs from 'node:fs/promises';
import { join } from 'node:path';
import { missing } from '../../errors';
import { failed, runTool } from '../runTool';
import { type Platform, WHEEL_PYTHON } from './platform';
import type { NativeProgress } from './progress';
import { pythonWithPip } from './python';

/** TensorFlow's libraries and headers on this disk. */
export interface TensorFlow {
  readonly version: string;
  /** Its Python package, with libraries and `include/`. */
  readonly folder: string;
  /** Where it came from, for the manifest. */
  readonly source: string;
}

/** The headers that the binding needs: a few hundred of thirteen thousand. */
const HEADERS = ['tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tsl/', 'xla/tsl/'];

/** Unpacks parts of a wheel: Python's zipfile verifies each file's checksum. */
const UNPACK = `
import sys, zipfile
wheel, folder, starts = sys.argv[1], sys.argv[2], tuple(sys.argv[3:])
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith(starts):
            archive.extract(name, folder)
`;

/**
 * Finds where a Python has TensorFlow, and which version, without importing it, which takes
 * seconds. The package has several names.
 */
const FIND = `
import importlib.metadata, importlib.util, json, os
spec = importlib.util.find_spec('tensorflow')
places = list(spec.submodule_search_locations or []) if spec else []
folder = places[0] if places else None
versions = [
    found.version
    for found in importlib.metadata.distributions()
    if folder
    and (found.metadata['Name'] or '').lower().replace('_', '-')
    in ('tensorflow', 'tensorflow-cpu', 'tensorflow-gpu', 'tensorflow-macos', 'tensorflow-cpu-aws', 'tensorflow-rocm', 'tf-nightly', 'tf-nightly-cpu')
    and os.path.realpath(str(found.locate_file(''))) == os.path.realpath(os.path.dirname(folder))
]
print(json.dumps({'folder': folder, 'version': versions[0] if versions else None}))
`;

/**
 * Returns the TensorFlow that a Python has.
 *
 * @param python its path, or that of a venv
 * @throws SAE_MISSING if there is none, or only parts of it
 */
export async function installedTensorFlow(
  python: string,
  { libraries }: Platform,
  signal: AbortSignal,
): Promise<TensorFlow> {
  const isFolder = await fs.stat(python).then(
    (info) => info.isDirectory(),
    () => false,
  );
  const program = isFolder ? join(python, 'bin', 'python') : python;
  const ended = await runTool(program, ['-c', FIND], { signal });
  const advice = 'Check --python, or leave it out to fetch TensorFlow.';
  if (ended === undefined) throw missing('native', `a Python at ${program}`, advice);
  if (ended.code !== 0) throw failed('native', `a Python at ${program}`, ended, advice);
  const line = ended.stdout.trim().split('\n').at(-1) as string;
  const { folder, version } = JSON.parse(line) as { folder: string | null; version: string | null };
  const install = `Run ${program} -m pip install tensorflow, or leave out --python to fetch it.`;
  if (folder === null) throw missing('native', `the package tensorflow in ${program}`, install);
  for (const name of libraries) {
    if (await exists(join(folder, name))) continue;
    throw missing('native', `${name} in ${folder}`, 'Install TensorFlow anew, from its wheel.');
  }
  if (version === null) {
    throw missing('native', `the version of ${folder}`, 'Install TensorFlow anew, from its wheel.');
  }
  return { version, folder: await fs.realpath(folder), source: program };
}

const exists = (path: string) =>
  fs.access(path).then(
    () => true,
    () => false,
  );

/**
 * Fetches TensorFlow from its wheel on PyPI, or on the index that pip is configured for.
 *
 * @param wheel the wheel's package
 * @param folder where to put the wheel, and what is unpacked from it
 * @throws SAE_MISSING without Python and pip; SAE_STATE if pip cannot fetch it
 */
export async function fetchedTensorFlow(
  wheel: string,
  { tensorflow, wheels, libraries }: Platform,
  folder: string,
  progress: NativeProgress,
  signal: AbortSignal,
): Promise<TensorFlow> {
  const python = await pythonWithPip(signal);
  // pip's temporary files too: /tmp may be small, and everything here is removed with the folder.
  const env = { TMPDIR: folder, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' };
  progress.begin(`Fetching ${wheel} ${tensorflow} by ${python} -m pip`, folder);
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-cache-dir'];
  const kinds = wheels.flatMap((name) => ['--platform', name]);
  const target = ['--python-version', WHEEL_PYTHON, ...kinds, '--dest', folder];
  const ended = await runTool(python, [...args, ...target, `${wheel}==${tensorflow}`], {
    env,
    signal,
    onOutput: (text) => progress.total(sizeIn(text)),
  });
  const file = (await fs.readdir(folder)).find((name) => name.endsWith('.whl'));
  if (ended?.code !== 0 || file === undefined) {
    const advice =
      'Check the network and the disk, and the index that pip is set to (pip config list).';
    throw failed('native', `pip to fetch ${wheel} ${tensorflow}`, ended, advice);
  }
  progress.begin(`Unpacking TensorFlow`, join(folder, 'tensorflow'));
  const starts = [
    ...libraries.map((name) => `tensorflow/${name}`),
    ...HEADERS.map((name) => `tensorflow/include/${name}`),
  ];
  const path = join(folder, file);
  const unpacked = await runTool(python, ['-c', UNPACK, path, folder, ...starts], { signal });
  if (unpacked?.code !== 0) {
    throw failed('native', `to unpack ${file}`, unpacked, 'Make room on the disk, or try again.');
  }
  await fs.rm(path);
  return { version: tensorflow, folder: join(folder, 'tensorflow'), source: file };
}

/** Returns the number of bytes from pip's text `(274.0 MB)`. */
function sizeIn(text: string): number | undefined {
  const megabytes = /\.whl \(([\d.]+) MB\)/.exec(text)?.[1];
  return megabytes === undefined ? undefined : Number(megabytes) * 1e6;
}
