import type { Tensor } from '@tensorflow/tfjs-core';
import { floatRows } from '../activations/rows';
import { wrongOption } from '../errors';
import { assertDictionary } from '../models/givenModel';
import type { SAEModel } from '../models/saeModel';
import { checkOptions, positiveInteger, type Rules } from '../options';
import {
  PLOT_DECODER_GALLERY_RULES,
  type PlotDecoderGalleryArgs,
  plotDecoderGallery,
} from './decoderGallery';

/**
 * Options of {@link decoderGalleryCallback}: those of `plotDecoderGallery`, and how often to draw.
 */
export interface DecoderGalleryCallbackArgs extends PlotDecoderGalleryArgs {
  /** Training steps from one picture to the next; 50 by default. */
  everySteps?: number;
}

/** A callback for `fit`: a plain object, as tfjs and tfjs-vis accept. */
export interface DecoderGalleryCallback {
  /** Draws the gallery of the dictionary before the first step. */
  onTrainBegin(): Promise<void>;
  /** Draws it again every `everySteps` steps. */
  onBatchEnd(): Promise<void>;
  /** Draws the final gallery. */
  onTrainEnd(): Promise<void>;
}

const RULES: Rules<Pick<DecoderGalleryCallbackArgs, 'everySteps'>> = {
  everySteps: positiveInteger(50),
};
/** Options that are checked when the first picture is drawn. */
const OF_GALLERY = Object.keys(PLOT_DECODER_GALLERY_RULES);

/**
 * Returns a callback for `fit` that shows a model's decoder gallery in a page while it trains: at
 * the start, at regular intervals, and at the end. It can be combined with the callbacks of
 * tfjs-vis:
 *
 * `callbacks: [decoderGalleryCallback(sae, element, x), tfvis.show.fitCallbacks(surface, ['loss'])]`
 *
 * Training waits while a picture is drawn, which takes as long as encoding `x`, plus some time that
 * depends on the dictionary's size. The picture is drawn even if the page is not visible.
 *
 * @param model the dictionary that will be trained
 * @param element the element whose content is replaced with the gallery: for a tfjs-vis surface,
 *   its `drawArea`
 * @param x rows `[..., inputDim]` whose codes rank the features: a few hundred are enough. They
 *   remain the caller's, and must exist until training ends.
 * @param args how often to draw, and the options of {@link plotDecoderGallery}; every option has a
 *   default
 * @returns a callback for `fit`
 * @throws SAE_SHAPE or SAE_DATA for invalid rows; SAE_OPTION for an unknown option or a wrong
 *   value. Errors that only appear while drawing are thrown by `fit`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { decoderGalleryCallback, GatedSAE, KerasAdam } from 'gated-sae-tfjs';
 * const x = tf.randomUniform([128, 784]);
 * const sae = new GatedSAE({ inputDim: 784, encodingDim: 64 });
 * sae.compile({ optimizer: new KerasAdam() });
 * const element = globalThis.document?.querySelector('#gallery'); // of the page
 * const callbacks = element ? [decoderGalleryCallback(sae, element, x, { everySteps: 2 })] : [];
 * await sae.fit(x, { epochs: 1, callbacks });
 * ```
 */
export function decoderGalleryCallback(
  model: SAEModel,
  element: Element,
  x: Tensor,
  args: DecoderGalleryCallbackArgs = {},
): DecoderGalleryCallback {
  const where = 'decoderGalleryCallback';
  const { everySteps } = checkOptions<{ everySteps: number }>(where, RULES, args, OF_GALLERY);
  assertDictionary(where, model);
  if (typeof element?.replaceChildren !== 'function') {
    const advice = 'Give one as document.getElementById(…) returns it.';
    throw wrongOption(`${where}.element`, 'an element of the page', element, advice);
  }
  const rows = floatRows(where, x, model.inputDim);
  if (rows !== x) rows.dispose();
  const { everySteps: _, ...gallery } = args;

  let steps = 0;
  let drawing: Promise<void> | undefined;
  const draw = async () => {
    const figure = await plotDecoderGallery(model, await model.encodeSparse(x), gallery);
    figure.mount(element);
  };
  const redraw = () => {
    drawing = draw().finally(() => {
      drawing = undefined;
    });
    return drawing;
  };
  return {
    onTrainBegin: () => {
      steps = 0;
      return redraw();
    },
    onBatchEnd: async () => {
      steps++;
      // A trainer that does not await callbacks gets fewer pictures, not a queue of them.
      if (steps % everySteps === 0 && drawing === undefined) await redraw();
    },
    onTrainEnd: async () => {
      await drawing;
      await redraw();
    },
  };
}
