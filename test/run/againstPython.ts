import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { preparePeers, preparePython, pythonIn } from '../python';
import { check, run } from './check';
import { skip } from './counts';
import { jest } from './jest';
import { cache, root, tool } from './places';
import { pytest } from './pytest';

const venv = join(root, '.venv');
const python = pythonIn(venv);
const scripts = join(root, 'python-interop');
const committed = join(root, 'test', 'parity', 'fixtures');
const kerasFixtures = join(root, 'test', 'io', 'keras', 'fixtures');
const newest = join(kerasFixtures, 'keras-3.15');
const torchFixtures = join(root, 'test', 'io', 'torch', 'fixtures');
const npyFixtures = join(root, 'test', 'io', 'npy', 'fixtures');
const quiet = { TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' };

/** A script of python-interop as one check. */
const script = (title: string, name: string, ...args: string[]): boolean =>
  check(title, () => run(python, [join(scripts, name), ...args], quiet));

const noPython = 'no Python from 3.11 to 3.13 with venv, or its packages cannot be installed';

/** Whether Python is there, with its packages; where it is not, says what is skipped. */
function hasPython(wanted: string): boolean {
  const isThere = preparePython(venv, join(scripts, 'requirements.txt'));
  if (!isThere) skip(wanted, noPython);
  return isThere;
}

/** What is compared with the field's own packages: SAELens, dictionary_learning, sparsify and others. */
export function againstPeers(): void {
  const title = 'fixtures of the peers are what SAELens and dictionary_learning compute today';
  const peers = preparePeers(root);
  if (peers === undefined) {
    skip(title, noPython);
    return;
  }
  const script = join(scripts, 'peers', 'make_peer_fixtures.py');
  check(title, () => run(peers, [script, 'check', '--against', join(committed, 'peers')], quiet));
  const torchFiles = join(scripts, 'make_torch_files.py');
  check('.pt files are what torch writes today', () =>
    run(peers, [torchFiles, 'check', '--against', torchFixtures], quiet),
  );
  jest(
    "dictionaries there and back with the field's packages, their metrics; the hub's cache; the catalogue; MiniLMs",
    [
      'test/interop/(dictionaries|metrics|hub|spliceCost|activationStore|minilm)',
      '--selectProjects',
      'interop',
    ],
    {},
  );
}

/** Everything that is compared with the real gated-sae-tf and Keras. */
export function againstPython(): void {
  if (!hasPython('against the real gated-sae-tf')) return;
  const against = ['check', '--against'] as const;
  script('fixtures are what Python computes today', 'make_fixtures.py', ...against, committed);
  script(
    'the galleries are what Python draws today',
    'make_gallery_fixtures.py',
    ...against,
    join(committed, 'galleries'),
  );
  script('.npy files are what numpy writes today', 'make_npy_files.py', ...against, npyFixtures);
  script(
    'dictionaries in .keras files there and back, through Python and through the command line',
    'verify_round_trip.py',
    ...readdirSync(newest)
      .filter((name) => /sae.*\.keras$/.test(name))
      .map((name) => join(newest, name)),
  );
  jest(
    'training that goes on across Python and here',
    ['test/interop/(trainOn|randomModels|tensorBoard|kerasWeights)', '--selectProjects', 'interop'],
    { GATED_SAE_PYTHON: python },
  );
  pytest('the scripts for the Python side', python, quiet);
  atFullSize();
}

/**
 * What rarely breaks of that, for `npm run test:matrix`: all of Keras's files, the fuzzer's whole
 * range, and models at random.
 */
export function moreAgainstPython(): void {
  if (!hasPython('more against Keras')) return;
  script(
    '.keras files are what Keras writes today',
    'make_keras_files.py',
    ...['check', '--against', kerasFixtures],
  );
  script(
    'every .keras file there and back, through Python and through the command line',
    'verify_round_trip.py',
    newest,
  );
  jest(
    '300 Keras models at random',
    ['test/interop/randomModels.test.ts', '--selectProjects', 'interop'],
    { GATED_SAE_PYTHON: python, RANDOM_MODELS: '300', RANDOM_MODELS_SEED: '3' },
  );
}

/** Ten steps at the quickstart's size, from a state that Python has trained. */
function atFullSize(): void {
  const images = join(cache, 'images.u8');
  const full = join(cache, 'full');
  const made = check('a trained state of full size, made by Python', () => {
    const exported = run(tool('tsx'), [join('test', 'parity', 'exportImages.ts'), images]);
    // Half of the steps that it takes by itself: enough that four of five gates are shut.
    const given = ['--out', full, '--images', images, '--warm-steps', '200'];
    return exported && run(python, [join(scripts, 'make_fixtures.py'), 'full', ...given], quiet);
  });
  if (!made) return;
  jest('ten steps of full size from that state', ['--selectProjects', 'full'], {
    GATED_SAE_FULL: full,
  });
}
