import { type DrawnSplice, drawSplice } from '../../src';
import { refusal } from '../refusal';
import { HOSTILE } from './hostileText';
import { readPicture } from './readPicture';

const EVALUATION: DrawnSplice = {
  ...{ name: 'sae', layer: 'conv', fires: Uint32Array.from([3, 9, 0, 7]) },
  costs: [
    {
      ...{ metric: 'cross-entropy', original: 0.2, spliced: 0.25 },
      ...{ recoveredFromZero: 0.98, recoveredFromMean: null },
    },
    {
      ...{ metric: 'accuracy', original: 0.9, spliced: 0.1 },
      ...{ recoveredFromZero: -8, recoveredFromMean: 3 },
    },
  ],
  byAblation: { metric: Float32Array.from([0.001, -0.03, 0, 0.02]) },
  byGradient: { metric: Float32Array.from([0.002, -0.02, 0, 0.03]) },
};
const textsOf = (evaluation: DrawnSplice, args = {}) =>
  readPicture(drawSplice(evaluation, args).toSVG()).flatMap((one) =>
    'text' in one ? [one.text.replace(/[\u2068\u2069]/g, '')] : [],
  );

test('metrics have their values and shares, features stand by size', () => {
  const shown = textsOf(EVALUATION);
  expect(shown).toEqual(
    expect.arrayContaining(['sae, behind conv', '0.2 → 0.25', '0.98', '–', '-8', '3', 'on 9']),
  );
  const features = shown.filter((one) => one.startsWith('feature '));
  expect(features).toEqual(['feature 1', 'feature 3', 'feature 0']);
  expect(textsOf(EVALUATION, { top: 1 }).filter((one) => /^feature /.test(one))).toHaveLength(1);
});

test('without effects there are no features', () => {
  const { byAblation: _, byGradient: __, ...others } = EVALUATION;
  expect(textsOf(others).some((one) => one.startsWith('feature '))).toBe(false);
  const { byGradient } = EVALUATION;
  const shown = textsOf({ ...others, ...(byGradient && { byGradient }) });
  expect(shown.filter((one) => one.startsWith('feature '))[0]).toBe('feature 3');
  expect(shown).not.toContain('turned off');
});

test('whatever shares there are, nothing is drawn beyond the picture', () => {
  const svg = drawSplice(EVALUATION).toSVG();
  expect(svg).not.toMatch(/NaN|Infinity/);
  for (const [, x, width] of svg.matchAll(/<rect x="([-\d.]+)" y="[-\d.]+" width="([-\d.]+)"/g)) {
    expect(Number(x)).toBeGreaterThanOrEqual(0);
    expect(Number(x) + Number(width)).toBeLessThanOrEqual(720);
  }
});

test.each(HOSTILE)('a stranger’s name is a text: %s', (_, name) => {
  const costs = EVALUATION.costs.map((cost) => ({ ...cost, metric: name }));
  expect(() => textsOf({ ...EVALUATION, name, layer: name, costs })).not.toThrow();
});

test('anything else is refused', async () => {
  const of = (given: object, args = {}) => refusal(() => drawSplice(given as DrawnSplice, args));
  expect(await of({})).toMatch(/SAE_OPTION drawSplice\.evaluation/);
  expect(await of({ ...EVALUATION, costs: [{ metric: 1 }] })).toMatch(/costs\[0\]\.metric/);
  expect(await of({ ...EVALUATION, fires: ['a'] })).toMatch(/\.fires: expected a list of finite/);
  expect(await of(EVALUATION, { top: 0 })).toMatch(/SAE_OPTION drawSplice\.top/);
});
