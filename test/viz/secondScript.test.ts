import { addressIn, secondScript } from '../../src/secondScript';
import { loadPieces } from '../../src/viz/png/loadScript';

const CDN = 'https://cdn.example/npm/gated-sae-tfjs';
const FILE = 'gated-sae-tfjs.png-1.js';

test.each([
  [`${CDN}/dist/gated-sae-tfjs.iife.js`, `${CDN}/dist/${FILE}`],
  [`${CDN}@0.1.0/dist/gated-sae-tfjs.iife.min.js?v=2#x`, `${CDN}@0.1.0/dist/${FILE}`],
  [CDN, `${CDN}/dist/${FILE}`],
  [`${CDN}/`, `${CDN}/dist/${FILE}`],
  [`${CDN}@0.1.0?x=.js`, `${CDN}@0.1.0/dist/${FILE}`],
  ['file:///page/lib/gated-sae-tfjs.iife.js', `file:///page/lib/${FILE}`],
])('beside %s is %s', (address, expected) => {
  expect(secondScript(address, FILE)).toBe(expected);
});

test.each([
  ['Chrome', `Error\n    at ${CDN}/a.js:1:234\n    at ${CDN}/worker.js:2:5`],
  ['Firefox', `@${CDN}/a.js:1:234\n@${CDN}/worker.js:2:5\n`],
  ['Safari', `global code@${CDN}/a.js:1:234\nimportScripts@[native code]`],
])("a worker's script finds its address as %s says it", (_, stack) => {
  expect(addressIn(stack)).toBe(`${CDN}/a.js`);
});

test('where no tag has loaded the bundle, the error says what to do', async () => {
  await expect(loadPieces()).toBeRefused(
    'SAE_MISSING',
    'Figure.toPNG',
    `expected the script ${FILE}; it is not here. Load it before, by its own tag.`,
  );
});
