import { commandLine } from '../../src/cli/invocation';
import { count, digits, duration, percent, shellWord, some } from '../../src/cli/wording';

test('numbers read well', () => {
  expect(count(70_000)).toBe('70,000');
  expect([some(1, 'epoch'), some(2, 'epoch')]).toEqual(['1 epoch', '2 epochs']);
  expect(percent(0.1974)).toBe('19.7 %');
  expect([digits(31.24159), digits(0.00098061, 3), digits(2152.04)]).toEqual([
    '31.24',
    '0.000981',
    '2152',
  ]);
});

test.each([
  [0.2, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min 0 s'],
  [185, '3 min 5 s'],
  [3600, '1 h 0 min'],
  [7800, '2 h 10 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('words are quoted for the shell where it would take them apart', () => {
  expect(shellWord('runs/quickstart', 'linux')).toBe('runs/quickstart');
  expect(shellWord("it's $HOME", 'linux')).toBe("'it'\\''s $HOME'");
  expect(shellWord('my runs\\one', 'win32')).toBe('"my runs\\one"');
  expect(shellWord('', 'linux')).toBe("''");
});

test.each([
  [
    'npm',
    '/x/dist/cli.mjs',
    { npm_lifecycle_event: 'quickstart' },
    'npm run quickstart -- --out a',
  ],
  ['npx', '/x/dist/cli.mjs', { npm_lifecycle_event: 'npx' }, 'npx gated-sae quickstart --out a'],
  ['a project', '/x/node_modules/.bin/gated-sae', {}, 'npx gated-sae quickstart --out a'],
  ['a global install', '/usr/bin/gated-sae', {}, 'gated-sae quickstart --out a'],
  [
    'another script',
    '/usr/bin/gated-sae',
    { npm_lifecycle_event: 'test' },
    'gated-sae quickstart --out a',
  ],
])('from %s', (_, file, env, expected) => {
  expect(commandLine('quickstart', ['--out', 'a'], { argv: ['node', file], env })).toBe(expected);
});

test('from node, with the path from here', () => {
  const argv = ['node', `${process.cwd()}/dist/cli.mjs`];
  expect(commandLine('quickstart', ['--resume'], { argv, env: {} })).toMatch(
    /^node dist.cli\.mjs quickstart --resume$/,
  );
});
