import type { FeatureReport } from '../analysis/featureReport/report';
import { badReport } from '../errors';
import { imageShape, mapShape } from '../options';
import { listOf, maybe, objectOf, recordOf, value } from './form';

const FORMAT: FeatureReport['format'] = 'gated-sae-feature-report';
const VERSION: FeatureReport['version'] = 3;
const KINDS: readonly unknown[] = ['vector', 'image', 'token', 'position'];

const number = value('a finite number', Number.isFinite);
const count = value('an integer ≥ 0', (v) => Number.isSafeInteger(v) && Number(v) >= 0);
const isShare = (v: unknown) => typeof v === 'number' && v >= 0 && v <= 1;
const share = value('a number from 0 to 1', isShare);
const shareOrNull = value('a number from 0 to 1, or null', (v) => v === null || isShare(v));
const text = value('a text', (v) => typeof v === 'string');

const isPage = (v: unknown) => typeof v === 'string' && /^[\w.-]+\/[\w.-]+$/.test(v);
const neuronpediaId = value('two names with a slash between them', isPage);

const numberOrNull = value('a finite number, or null', (v) => v === null || Number.isFinite(v));
const shape = value(imageShape.expected, imageShape.accepts);
const map = value(mapShape.expected, mapShape.accepts);
const imageRange = value(
  '[black, white]',
  (v) => Array.isArray(v) && v.length === 2 && v.every(Number.isFinite),
);

const examples = listOf(
  objectOf({
    row: count,
    activation: number,
    label: maybe(count),
    image: maybe(count),
    position: maybe(count),
    activations: maybe(listOf(numberOrNull)),
  }),
);
const feature = objectOf({
  feature: count,
  density: share,
  images: maybe(count),
  mean: number,
  meanActive: number,
  max: number,
  histogram: objectOf({ first: count, counts: listOf(count) }),
  top: examples,
  intervals: listOf(objectOf({ low: number, high: number, count, examples })),
  classes: maybe(listOf(objectOf({ label: count, share }))),
  purity: maybe(shareOrNull),
  effects: maybe(listOf(number)),
  kurtosis: number,
  neighbours: listOf(objectOf({ feature: count, cosine: number })),
  coactive: listOf(objectOf({ feature: count, jaccard: share })),
  decoder: maybe(objectOf({ scale: number, values: text })),
  largestWeights: maybe(listOf(objectOf({ dimension: count, weight: number }))),
});
const content = objectOf({
  image: maybe(text),
  window: maybe(objectOf({ document: count, position: count, tokens: listOf(text), focus: count })),
});
const report = objectOf({
  model: objectOf({
    name: text,
    className: text,
    inputDim: count,
    outputDim: maybe(count),
    neuronpediaId: maybe(neuronpediaId),
    features: count,
  }),
  data: objectOf({
    kind: value('"vector", "image", "token" or "position"', (v) => KINDS.includes(v)),
    rows: count,
    coactiveRows: count,
    imageShape: maybe(shape),
    imageRange: maybe(imageRange),
    mapShape: maybe(map),
    images: maybe(count),
    classNames: maybe(listOf(text)),
    classShares: maybe(listOf(share)),
    effectNames: maybe(listOf(text)),
  }),
  l0: objectOf({ mean: number, max: count }),
  histogramEdges: listOf(number),
  features: listOf(feature),
  rows: recordOf(content),
  images: maybe(recordOf(text)),
});

/**
 * Throws for anything but a complete feature report of this version. Reports also come from files,
 * and drawing code relies on every part of them.
 *
 * @throws SAE_DATA, with the place of the fault.
 */
export function checkReport(where: string, given: unknown): asserts given is FeatureReport {
  const { format, version } = (given ?? {}) as Partial<FeatureReport>;
  if (format !== FORMAT) throw badReport(where, 'a feature report', format ?? given);
  if (version !== VERSION) {
    throw badReport(where, `a feature report of version ${VERSION}`, version);
  }
  const misfit = report(given);
  if (misfit !== undefined) {
    const { path, expected, received } = misfit;
    throw badReport(where, `${path.slice(1)} as ${expected}`, received);
  }
  checkLengths(where, given as FeatureReport);
}

/** @throws SAE_DATA if lists that belong together differ in length. */
function checkLengths(where: string, { data, features }: FeatureReport): void {
  const { kind, classNames, classShares, effectNames, mapShape: shape } = data;
  const many = (names: readonly string[] | undefined) =>
    names === undefined ? 'no class' : `${names.length} classes`;
  if (classNames?.length !== classShares?.length) {
    throw badReport(where, `data.classShares of ${many(classNames)}`, classShares);
  }
  features.forEach(({ effects }, i) => {
    if (effects?.length === effectNames?.length) return;
    throw badReport(where, `features[${i}].effects of ${many(effectNames)}`, effects);
  });
  if (kind !== 'position') return;
  if (shape === undefined) throw badReport(where, 'data.mapShape of positions', shape);
  const places = shape[0] * shape[1];
  for (const { feature: number, top, intervals } of features) {
    for (const { row, position = 0, activations } of [
      ...top,
      ...intervals.flatMap((interval) => interval.examples),
    ]) {
      const isWhole = activations === undefined || activations.length === places;
      if (isWhole && position < places) continue;
      const what = `row ${row} of feature ${number} with a position among ${places} activations`;
      throw badReport(where, what, isWhole ? position : activations.length);
    }
  }
}
