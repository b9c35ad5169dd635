import type { FeatureEntry, FeatureReport } from '../../analysis/featureReport/report';
import { featureTag } from '../featureTag';
import { COLUMNS, type Column, TAGS } from './pageData';

/** The overview's columns, one behind the other, as little-endian float32. */
export function overviewColumns({ features, data }: FeatureReport): Uint8Array {
  const values = valuesOf(data);
  const view = new DataView(new ArrayBuffer(4 * COLUMNS.length * features.length));
  COLUMNS.forEach((column, c) => {
    features.forEach((entry, i) => {
      view.setFloat32(4 * (c * features.length + i), values[column](entry), true);
    });
  });
  return new Uint8Array(view.buffer);
}

const valuesOf = (
  data: FeatureReport['data'],
): Record<Column, (entry: FeatureEntry) => number> => ({
  feature: (entry) => entry.feature,
  density: (entry) => entry.density,
  mean: (entry) => entry.mean,
  meanActive: (entry) => entry.meanActive,
  max: (entry) => entry.max,
  purity: (entry) => entry.purity ?? Number.NaN,
  kurtosis: (entry) => entry.kurtosis,
  label: (entry) => entry.classes?.[0]?.label ?? Number.NaN,
  tag: (entry) => TAGS[featureTag(entry, data)?.kind ?? 'dead'],
  monoLabel: (entry) => {
    const tag = featureTag(entry, data);
    return tag?.kind === 'mono' ? tag.label : Number.NaN;
  },
});
