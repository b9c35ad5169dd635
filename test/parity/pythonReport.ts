import type { FeatureReport } from '../../src/analysis/featureReport/report';
import { handReport } from '../viz/handReport';
import { type ArrayJSON, numbers, read } from './fixture';

export interface Words {
  text: string;
  color: string;
}
/** One of matplotlib's axes: what it shows. */
export interface Axes {
  title: Words | null;
  texts: (Words & { weight: string })[];
  image: string | null;
}
export interface FigureJSON {
  function: 'plot_decoder_gallery' | 'plot_feature_gallery';
  arguments: {
    top_n?: number;
    vlim?: number;
    top_features?: number;
    top_images?: number;
    feature_idx?: number[];
  };
  title: Words;
  ground: string;
  columns: number;
  axes: Axes[];
  stride: number;
}
/** What python-interop/make_gallery_fixtures.py has written. */
export interface GalleryCase {
  case: string;
  image_shape: [number, number];
  class_names: string[];
  labels: number[];
  W_dec: ArrayJSON;
  codes: ArrayJSON;
  images: string;
  colour_maps: Record<'RdBu_r' | 'gray', string>;
  figures: FigureJSON[];
}

export const galleryCase = (name: string) => read<GalleryCase>(`galleries/${name}`);
export const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));

/** Flat values as rows of a width. */
export const rowsOf = (values: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, row) =>
    Array.from({ length: width }, (_, i) => Number(values[row * width + i])),
  );

/** A report of what one of Python's galleries was drawn from. */
export function pythonReport(name: string): FeatureReport {
  const python = galleryCase(name);
  const [features, pixels] = python.W_dec.shape as [number, number];
  return handReport({
    codes: rowsOf(numbers(python.codes), features),
    decoder: rowsOf(numbers(python.W_dec), pixels),
    images: rowsOf(bytesOf(python.images), pixels),
    imageShape: python.image_shape,
    labels: python.labels,
    classNames: python.class_names,
  });
}
