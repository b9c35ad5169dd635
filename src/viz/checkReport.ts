import type { FeatureReport } from '../analysis/featureReport/report';
import { badReport } from '../errors';
import { imageShape } from '../options';
import { listOf, maybe, objectOf, recordOf, value } from './form';

const FORMAT: FeatureReport['format'] = 'gated-sae-feature-report';
const VERSION: FeatureReport['version'] = 3;
const KINDS: readonly unknown[] = ['vector', 'image', 'token'];

const number = value('a finite number', Number.isFinite);
const count = value('an integer ≥ 0', (v) => Number.isSafeInteger(v) && Number(v) >= 0);
const isShare = (v: unknown) => typeof v === 'number' && v >= 0 && v <= 1;
const share = value('a number from 0 to 1', isShare);
const shareOrNull = value('a number from 0 to 1, or null', (v) => v === null || isShare(v));
const text = value('a text', (v) => typeof v === 'string');

const isPage = (v: unknown) => typeof v === 'string' && /^[\w.-]+\/[\w.-]+$/.test(v);
const neuronpediaId = value('two names with a slash between them', isPage);

const shape = value(imageShape.expected, imageShape.accepts);
const imageRange = value(
  '[black, white]',
  (v) => Array.isArray(v) && v.length === 2 && v.every(Number.isFinite),
);

const examples = listOf(
  objectOf({
    row: count,
    activation: number,
    label: maybe(count),
    activations: maybe(listOf(number)),
  }),
);
const feature = objectOf({
  feature: count,
  density: share,
  mean: number,
  meanActive: number,
  max: number,
  histogram: objectOf({ first: count, counts: listOf(count) }),
  top: examples,
  intervals: listOf(objectOf({ low: number, high: number, count, examples })),
  classes: maybe(listOf(objectOf({ label: count, share }))),
  purity: maybe(shareOrNull),
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
    kind: value('"vector", "image" or "token"', (v) => KINDS.includes(v)),
    rows: count,
    coactiveRows: count,
    imageShape: maybe(shape),
    imageRange: maybe(imageRange),
    classNames: maybe(listOf(text)),
    classShares: maybe(listOf(share)),
  }),
  l0: objectOf({ mean: number, max: count }),
  histogramEdges: listOf(number),
  features: listOf(feature),
  rows: recordOf(content),
});

/**
 * Refuses what is no whole feature report of this version: reports come from files, too, and who
 * draws one need not doubt any part of it.
 *
 * @throws SAE_DATA, with the place of what is wrong.
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
  const { classNames, classShares } = (given as FeatureReport).data;
  if (classNames?.length === classShares?.length) return;
  const many = classNames === undefined ? 'no class' : `${classNames.length} classes`;
  throw badReport(where, `data.classShares of ${many}`, classShares);
}
