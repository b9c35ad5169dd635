import * as tf from '@tensorflow/tfjs';
import {
  type Figure,
  GatedSAE,
  plotDecoderGallery,
  plotFeatureGallery,
  ReluSAE,
  type SAEModel,
} from '../../src';
import { GREY, RED_BLUE } from '../../src/viz/colourTable';
import { decoderRow } from '../../src/viz/decoderRow';
import { decoderPixels } from '../../src/viz/image/tile';
import { type Drawn, readPicture } from '../viz/readPicture';
import { numbers, tensor } from './fixture';
import {
  type Axes,
  bytesOf,
  type FigureJSON,
  galleryCase,
  pythonReport,
  rowsOf,
} from './pythonReport';

type Text = Extract<Drawn, { kind: 'text' }>;
type Image = Extract<Drawn, { kind: 'image' }>;

const isText = (drawn: Drawn): drawn is Text => drawn.kind === 'text';
const isImage = (drawn: Drawn): drawn is Image => drawn.kind === 'image';

/** The three bytes of each `stride`-th pixel. */
const sampled = (pixels: Uint8Array, stride: number) =>
  pixels.filter((_, i) => Math.floor(i / 3) % stride === 0);

/** Pixels whose three bytes are not the same. */
function differing(ours: Uint8Array, theirs: Uint8Array): number[] {
  expect(ours.length).toBe(theirs.length);
  const places = new Set<number>();
  ours.forEach((byte, i) => {
    if (byte !== theirs[i]) places.add(Math.floor(i / 3));
  });
  return [...places];
}

describe.each([
  ['small', GatedSAE],
  ['small', ReluSAE],
  ['fashion', GatedSAE],
])('%s: drawn as Python draws it', (name, Model) => {
  const python = galleryCase(name);
  const I = python.W_dec.shape[1] as number;
  const decoder = rowsOf(numbers(python.W_dec), I);
  const report = pythonReport(name);

  /** What `draw` draws of a model with Python's decoder, codes and images. */
  async function drawn(
    draw: (model: SAEModel, codes: tf.Tensor, x: tf.Tensor) => Promise<Figure>,
  ): Promise<string> {
    const model = new Model({ inputDim: I, encodingDim: decoder.length });
    const [codes, wDec] = [tensor(python.codes), tensor(python.W_dec)];
    const x = tf.tidy(() => tf.div(tf.tensor2d(rowsOf(bytesOf(python.images), I)), 255));
    const weights = model.getWeights();
    model.setWeights([...weights.slice(0, -2), wDec, ...weights.slice(-1)]); // before b_dec
    try {
      return (await draw(model, codes, x)).toSVG();
    } finally {
      tf.dispose([codes, wDec, x]);
      model.dispose();
    }
  }

  /**
   * Colours of a decoder row. The report holds weights in 16 bits, which moves some across the
   * border of two of the 256 colours: there, and only there, ours may be the next one.
   */
  function expectDecoder(image: Image, feature: number, axes: Axes, figure: FigureJSON) {
    const limit = figure.arguments.vlim ?? 0.15;
    const theirs = bytesOf(axes.image as string);
    const weights = Float32Array.from(decoder[feature] as number[]);
    const at = (shift: number) =>
      sampled(
        decoderPixels(
          weights.map((w) => w + shift),
          python.image_shape,
          limit,
        ),
        figure.stride,
      );
    // From the weights themselves: each colour is matplotlib's.
    expect(differing(at(0), theirs)).toEqual([]);
    const entry = report.features[feature]?.decoder;
    const halfStep = (Number(entry?.scale) / 32_767 / 2) * 1.001;
    const ours = sampled(image.pixels, figure.stride);
    const [below, above] = [at(-halfStep), at(halfStep)];
    for (const place of differing(ours, theirs)) {
      const colour = (pixels: Uint8Array) => [...pixels.subarray(3 * place, 3 * place + 3)];
      expect([colour(below), colour(above)]).toContainEqual(colour(ours));
    }
  }

  const decoderFigures = python.figures.filter((f) => f.function === 'plot_decoder_gallery');
  test.each(decoderFigures)('plot_decoder_gallery $arguments', async (figure) => {
    const { top_n, vlim } = figure.arguments;
    const svg = await drawn((model, codes) =>
      plotDecoderGallery(model, codes, {
        imageShape: python.image_shape,
        ...(top_n !== undefined && { topN: top_n }),
        ...(vlim !== undefined && { limit: vlim }),
      }),
    );
    const [title, ...rest] = readPicture(svg) as [Text, ...Drawn[]];
    expect({ text: title.text, color: title.fill }).toEqual(figure.title);
    expect(svg).toContain(`fill="${figure.ground}"/>`);
    figure.axes.forEach((axes, i) => {
      const [number, mean, image] = rest.slice(3 * i, 3 * i + 3) as [Text, Text, Image];
      expect(`${number.text}\n${mean.text}`).toBe(axes.title?.text);
      expect([number.fill, mean.fill]).toEqual([axes.title?.color, axes.title?.color]);
      expectDecoder(image, Number(number.text.slice(2)), axes, figure);
    });
    expect(rest).toHaveLength(3 * figure.axes.length + 3); // the colour key follows
  });

  const featureFigures = python.figures.filter((f) => f.function === 'plot_feature_gallery');
  test.each(featureFigures)('plot_feature_gallery $arguments', async (figure) => {
    const { top_features, top_images = 5, feature_idx, vlim } = figure.arguments;
    const svg = await drawn((model, codes, x) =>
      plotFeatureGallery(model, codes, x, python.labels, python.class_names, {
        imageShape: python.image_shape,
        ...(top_features !== undefined && { topFeatures: top_features }),
        ...(feature_idx !== undefined && { featureIdx: feature_idx }),
        ...(vlim !== undefined && { limit: vlim }),
        topImages: top_images,
      }),
    );
    const [title, ...rest] = readPicture(svg) as [Text, ...Drawn[]];
    expect({ text: title.text, color: title.fill }).toEqual(figure.title);
    expect(svg).toContain(`fill="${figure.ground}"/>`);

    const heads = rest.splice(0, 2 + top_images) as Text[];
    const [decoderHead, weightHead, ...imageHeads] = heads;
    const theirHeads = figure.axes.slice(1, figure.columns).map(({ title }) => title);
    expect([
      `${decoderHead?.text}\n${weightHead?.text}`,
      ...imageHeads.map(({ text }) => text),
    ]).toEqual(theirHeads.map((head) => head?.text));
    expect(new Set(heads.map(({ fill }) => fill))).toEqual(new Set([theirHeads[0]?.color]));

    const rows = figure.axes.length / figure.columns;
    for (let row = 0; row < rows; row++) {
      const theirs = figure.axes.slice(row * figure.columns, (row + 1) * figure.columns);
      const ours = rest.splice(0, 4 + 2 * top_images);
      const [summary, tag] = (theirs[0] as Axes).texts;
      const [number, mean, ourTag, ...captions] = ours.filter(isText);
      expect(`${number?.text}\n${mean?.text}`).toBe(summary?.text);
      expect([number?.fill, mean?.fill]).toEqual(['#ffffff', '#ffffff']);
      expect(summary?.color).toBe('#ffffff');
      expect(ourTag?.text).toBe(tag?.text);
      expect(ourTag?.fill).toBe(tag?.color);
      expect(ourTag?.bold).toBe(tag?.weight === 'bold');

      const [direction, ...images] = ours.filter(isImage);
      expectDecoder(direction as Image, Number(number?.text.slice(2)), theirs[1] as Axes, figure);
      images.forEach((image, i) => {
        const axes = theirs[2 + i] as Axes;
        const pixels = sampled(image.pixels, figure.stride);
        expect(differing(pixels, bytesOf(axes.image as string))).toEqual([]);
        // Python's headers take the place of the first row's captions.
        if (row === 0) return;
        expect({ text: captions[i]?.text, color: captions[i]?.fill }).toEqual(axes.title);
      });
      expect(images).toHaveLength(top_images);
    }
    expect(rest).toHaveLength(3); // the colour key
  });

  test('all 256 colours of both maps', () => {
    expect(RED_BLUE).toEqual(bytesOf(python.colour_maps.RdBu_r));
    expect(GREY).toEqual(bytesOf(python.colour_maps.gray));
  });

  test('its decoder rows come back from the report to half a 32,767th', () => {
    for (const { feature, decoder: encoded } of report.features) {
      const weights = encoded === undefined ? undefined : decoderRow(encoded);
      const most = Math.max(
        ...Array.from(weights ?? [], (w, i) => Math.abs(w - Number(decoder[feature]?.[i]))),
      );
      expect(most).toBeLessThanOrEqual(((encoded?.scale ?? 0) / 32_767 / 2) * 1.001);
    }
  });
});
