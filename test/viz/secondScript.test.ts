import { secondScript } from '../../src/secondScript';
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

test('where no tag has loaded the bundle, the error says what to do', async () => {
  await expect(loadPieces()).toBeRefused(
    'SAE_MISSING',
    'Figure.toPNG',
    `expected the script ${FILE}; it is not here. Load it before, by its own tag.`,
  );
});
