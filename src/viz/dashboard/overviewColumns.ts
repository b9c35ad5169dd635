import type { FeatureEntry, FeatureReport } from '../../analysis/featureReport/report';
import { type FeatureTag, featureTag } from '../featureTag';
import { COLUMNS, type Column, TAGS } from './pageData';

/** A feature as the overview's columns show it. */
interface Row {
  readonly entry: FeatureEntry;
  /** Null without labels. */
  readonly tag: FeatureTag | null;
}

/** The overview's columns, one behind the other, as little-endian float32. */
export function overviewColumns({ features, data }: FeatureReport): Uint8Array {
  const rows = features.map((entry) => ({ entry, tag: featureTag(entry, data) }));
  const view = new DataView(new ArrayBuffer(4 * COLUMNS.length * rows.length));
  COLUMNS.forEach((column, c) => {
    rows.forEach((row, i) => {
      view.setFloat32(4 * (c * rows.length + i), VALUES[column](row), true);
    });
  });
  return new Uint8Array(view.buffer);
}

const VALUES: Record<Column, (row: Row) => number> = {
  feature: ({ entry }) => entry.feature,
  density: ({ entry }) => entry.density,
  mean: ({ entry }) => entry.mean,
  meanActive: ({ entry }) => entry.meanActive,
  max: ({ entry }) => entry.max,
  purity: ({ entry }) => entry.purity ?? Number.NaN,
  kurtosis: ({ entry }) => entry.kurtosis,
  label: ({ entry }) => entry.classes?.[0]?.label ?? Number.NaN,
  tag: ({ tag }) => TAGS[tag?.kind ?? 'dead'],
  monoLabel: ({ tag }) => (tag?.kind === 'mono' ? tag.label : Number.NaN),
};
