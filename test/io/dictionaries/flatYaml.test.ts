import { flatYaml } from '../../../src/io/dictionaries/flatYaml';

test('scalars as YAML has them', () => {
  const text = [
    '%YAML 1.2',
    '---',
    'model_name: "google/gemma-2-2b" # the network',
    "said: 'it''s # no comment'",
    'plain: hook#1 # a comment',
    'link: hf://owner/repo/layer_0.npz',
    'escaped: "a\\"b\\u00e9"',
    'count: 16',
    'small: -1.5e-3',
    'yes_it_is: true',
    'no: False',
    'nothing: null',
    'tilde: ~',
    'version: 1.2.3',
    '"quoted key": 1',
    'windows: line\r',
  ].join('\n');
  expect(flatYaml(text)).toEqual({
    model_name: 'google/gemma-2-2b',
    said: "it's # no comment",
    plain: 'hook#1',
    link: 'hf://owner/repo/layer_0.npz',
    escaped: 'a"bé',
    count: 16,
    small: -0.0015,
    yes_it_is: true,
    no: false,
    nothing: null,
    tilde: null,
    version: '1.2.3',
    'quoted key': 1,
    windows: 'line',
  });
});

test('what is one level deeper; lists, long texts and what is deeper are passed over', () => {
  const text = `
d_model:
  desc: null
  value: 2560
_wandb:
  value:
    cli_version: 0.18
  start: 5
text: |
  value: no entry
list:
- one
- two: 2
transcoders:
  - "hf://a/b.npz"
inline: {a: 1}
anchor: &name text
last: 1
`;
  expect(flatYaml(text)).toEqual({
    'd_model.desc': null,
    'd_model.value': 2560,
    '_wandb.start': 5,
    last: 1,
  });
});

test('names of what every object has are names like others', () => {
  const found = flatYaml('__proto__: 1\nconstructor:\n  __proto__: 2\n');
  expect(Object.entries(found)).toEqual([
    ['__proto__', 1],
    ['constructor.__proto__', 2],
  ]);
  expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
});
