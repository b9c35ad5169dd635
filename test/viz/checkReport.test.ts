import { SAEError } from '../../src/errors';
import { checkReport } from '../../src/viz/checkReport';
import { featureDashboard } from '../../src/viz/dashboard/featureDashboard';
import { drawDecoderGallery } from '../../src/viz/decoderGallery';
import { drawFeatureGallery } from '../../src/viz/featureGallery';
import { hostileReport } from './hostileReport';
import { sampleReport } from './sampleReport';

test.each(['image', 'token', 'vector', 'position'] as const)(
  'a report of kind %s is one',
  (kind) => {
    const report = sampleReport({ features: 20, rows: 50, side: 4, kind, effectNames: ['a', 'b'] });
    expect(() => checkReport('here', report)).not.toThrow();
    expect(() => checkReport('here', JSON.parse(JSON.stringify(report)))).not.toThrow();
  },
);

/** What a file can hold in the place of anything, and what only a program can. */
const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;
const WRONG = [
  ...[null, 'x', '__proto__', -1, 0.5, Number.NaN, 1e308, 2 ** 40, true, [], [null], [[]], {}],
  ...[{ length: 2 }, JSON.parse('{"__proto__": 1}'), Object.create(null), cyclic, undefined],
];
/** Every field that a gallery looks at, and some that it does not. */
const PLACES = [
  'model',
  'data',
  'data.kind',
  'data.rows',
  'data.imageShape',
  'data.classNames',
  'data.classNames.0',
  'l0',
  'histogramEdges',
  'features',
  'features.0',
  'features.0.feature',
  'features.0.density',
  'features.0.mean',
  'features.0.top',
  'features.0.top.0',
  'features.0.top.0.row',
  'features.0.top.0.activation',
  'features.0.top.0.label',
  'features.0.purity',
  'features.0.decoder',
  'features.0.decoder.scale',
  'features.0.decoder.values',
  'rows',
  'rows.1',
  'rows.1.image',
];

/** A report with something else at a place. */
function changed(place: string, wrong: unknown) {
  const report = structuredClone(hostileReport());
  const steps = place.split('.');
  const last = steps.pop() as string;
  const holder = steps.reduce<Record<string, unknown>>(
    (part, step) => part[step] as Record<string, unknown>,
    report as unknown as Record<string, unknown>,
  );
  holder[last] = wrong;
  return report;
}

test.each(PLACES)('whatever stands at %s, it is drawn or refused', (place) => {
  for (const wrong of WRONG) {
    const draws = [
      () => drawDecoderGallery(changed(place, wrong)),
      () => drawFeatureGallery(changed(place, wrong)),
      () => drawFeatureGallery(changed(place, wrong), { featureIdx: [0, 1] }),
    ];
    for (const draw of draws) {
      try {
        expect(draw().toSVG()).not.toMatch(/NaN|undefined|null|\[object/);
      } catch (error) {
        if (!(error instanceof SAEError)) throw error;
      }
    }
  }
});

test.each([
  ['features.3.mean', null, 'features[3].mean as a finite number; received null'],
  ['features.0.top.1.activation', 'x', 'features[0].top[1].activation as a finite number'],
  ['features.2.density', 7, 'features[2].density as a number from 0 to 1; received 7'],
  ['features.2.purity', '1', 'features[2].purity as a number from 0 to 1, or null'],
  ['features.1.top.0.row', -1, 'features[1].top[0].row as an integer ≥ 0; received -1'],
  ['features.1.histogram.counts', {}, 'features[1].histogram.counts as an array; received {}'],
  ['data.classNames.4', 3, 'data.classNames[4] as a text; received 3'],
  ['data.kind', 'sound', 'data.kind as "vector", "image", "token" or "position"; received "sound"'],
  ['rows.1', [], 'rows["1"] as an object; received []'],
  ['rows', null, 'rows as an object; received null'],
  ['l0', undefined, 'l0 as an object; received undefined'],
])('%s as %j is refused by its place', (place, wrong, message) => {
  expect(() => checkReport('here', changed(place, wrong))).toThrow(
    `SAE_DATA here: expected ${message}`,
  );
});

const positions = () => sampleReport({ kind: 'position', features: 6, rows: 30, dead: 0, side: 4 });
/** Every field that only positions and effects have. */
const POSITION_PLACES = [
  'data.mapShape',
  'data.mapShape.0',
  'data.images',
  'data.effectNames',
  'features.0.images',
  'features.0.effects',
  'features.0.max',
  'features.0.top.0.image',
  'features.0.top.0.position',
  'features.0.top.0.activations',
  'features.0.top.0.activations.0',
  'images',
];

/** A report on positions with something else at a place. */
function changedPositions(place: string, wrong: unknown) {
  const report = structuredClone(positions());
  const steps = place.split('.');
  const last = steps.pop() as string;
  const holder = steps.reduce<Record<string, unknown>>(
    (part, step) => part[step] as Record<string, unknown>,
    report as unknown as Record<string, unknown>,
  );
  holder[last] = wrong;
  return report;
}

test.each(POSITION_PLACES)(
  'of positions: whatever stands at %s, it is drawn or refused',
  async (place) => {
    for (const wrong of WRONG) {
      const draws = [
        () => drawFeatureGallery(changedPositions(place, wrong)).toSVG(),
        () => drawFeatureGallery(changedPositions(place, wrong), { featureIdx: [0, 1] }).toSVG(),
        () => featureDashboard(changedPositions(place, wrong)),
      ];
      for (const draw of draws) {
        try {
          expect(await draw()).not.toMatch(/>NaN|undefined<|\[object/);
        } catch (error) {
          if (!(error instanceof SAEError)) throw error;
        }
      }
    }
  },
);

test.each([
  ['data.mapShape', undefined, 'data.mapShape of positions; received undefined'],
  ['data.mapShape', [1e6, 1e6], 'data.mapShape as [height, width] of at most 65536 places'],
  ['features.1.top.0.position', 49, 'row 0 of feature 1 with a position among 49 activations'],
  [
    'features.1.top.0.activations',
    [1],
    'of feature 1 with a position among 49 activations; received 1',
  ],
  [
    'features.1.top.0.activations',
    ['1'],
    'features[1].top[0].activations[0] as a finite number, or null',
  ],
  ['features.2.effects', [1], 'features[2].effects of no class; received [1]'],
  ['data.effectNames', ['a'], 'features[0].effects of 1 classes; received undefined'],
  ['images', { 1: 7 }, 'images["1"] as a text; received 7'],
])('of positions: %s as %j is refused by its place', (place, wrong, message) => {
  const given = changedPositions(place, wrong);
  const text = message.replace('row 0', `row ${given.features[1]?.top[0]?.row}`);
  expect(() => checkReport('here', given)).toThrow(`SAE_DATA here: expected`);
  expect(() => checkReport('here', given)).toThrow(text);
});

test('an image that is missing is refused when it is drawn', async () => {
  const image = positions().features[0]?.top[0]?.image;
  const given = changedPositions(`images.${image}`, 'AAAA');
  const message = 'with 16 bytes; received 3';
  expect(() => drawFeatureGallery(given, { featureIdx: [0] })).toThrow(message);
  await expect(featureDashboard(given)).rejects.toThrow(message);
});

test('decoder rows of hidden features are no pictures', () => {
  expect(() => drawDecoderGallery(positions())).toThrow(
    'SAE_DATA drawDecoderGallery: expected a feature report of kind "image"; received one of kind "position".',
  );
});
