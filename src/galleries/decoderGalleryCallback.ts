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

/** What {@link decoderGalleryCallback} takes: what `plotDecoderGallery` does, and how often. */
export interface DecoderGalleryCallbackArgs extends PlotDecoderGalleryArgs {
  /** Training steps from one picture to the next; 50 by default. */
  everySteps?: number;
}

/** What `fit` calls: a plain object, as tfjs and tfjs-vis have callbacks. */
export interface DecoderGalleryCallback {
  /** Draws the gallery of the dictionary as it is before the first step. */
  onTrainBegin(): Promise<void>;
  /** Draws it anew every `everySteps` steps. */
  onBatchEnd(): Promise<void>;
  /** Draws it as it has become. */
  onTrainEnd(): Promise<void>;
}

const RULES: Rules<Pick<DecoderGalleryCallbackArgs, 'everySteps'>> = {
  everySteps: positiveInteger(50),
};
/** Options that the first picture checks. */
const OF_GALLERY = Object.keys(PLOT_DECODER_GALLERY_RULES);

/**
 * A callback for `fit` that shows a model's decoder gallery in a page while it learns: at the
 * start, every so many steps, and at the end. It stands beside tfjs-vis's own:
 *
 * `callbacks: [decoderGalleryCallback(sae, element, x), tfvis.show.fitCallbacks(surface, ['loss'])]`
 *
 * Training waits while a picture is drawn, which takes as long as to encode `x`, and some more for
 * the dictionary's size. It is drawn whether or not the page is seen.
 *
 * @param model the dictionary that is to be trained
 * @param element where the gallery goes, in place of what is in it: of a tfjs-vis surface, its
 * `drawArea`
 * @param x rows `[..., inputDim]` whose codes rank the features: some hundred are enough. They stay
 * the caller's, and have to be there until training ends.
 * @param args how often, and what {@link plotDecoderGallery} takes; all of it has a default
 * @returns a callback for `fit`
 * @throws SAE_SHAPE or SAE_DATA for rows of another form; SAE_OPTION. What only a picture shows to be
 * wrong, `fit` throws.
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
      // Whoever does not wait for a callback gets fewer pictures, not a queue of them.
      if (steps % everySteps === 0 && drawing === undefined) await redraw();
    },
    onTrainEnd: async () => {
      await drawing;
      await redraw();
    },
  };
}
