import type * as tf from '@tensorflow/tfjs-core';
import type { Rows } from '../../../activations/rows';
import { wrongOption } from '../../../errors';
import { targetAndArgs } from '../../../models/data';
import { assertDictionary } from '../../../models/givenModel';
import { SAEModel } from '../../../models/saeModel';
import { checkOptions } from '../../../options';
import { EVALUATE_ARGS, type EvaluateArgs, withGroups } from '../args';
import { evaluations } from '../evaluateSAE';
import type { Evaluation } from '../evaluation';
import { type FrontPoint, frontOf } from './front';

const WHERE = 'compareSAEs';

/**
 * Dictionaries by name, or a list of them with their own names. A Map keeps its order; an object
 * puts names that are whole numbers first.
 */
export type NamedSAEs =
  | readonly SAEModel[]
  | ReadonlyMap<string, SAEModel>
  | Readonly<Record<string, SAEModel>>;

/** The result of `compareSAEs`: plain JSON. */
export interface Comparison {
  /** One evaluation per model, in the given order; `name` is its name in this comparison. */
  evaluations: Evaluation[];
  /** L0 against explained variance, where both were measured, for `drawFront`. */
  front: FrontPoint[];
}

/**
 * Evaluates several dictionaries on the same data, which is read once, and finds those on the front
 * of few active features against explained variance.
 *
 * @param models dictionaries of the same widths; those in an array keep their own names, and a
 *   repeated name gets a number
 * @param data rows `[..., inputDim]`, or a dataset of them; for transcoders a dataset of `{xs, ys}`
 * @param args the options of `evaluateSAE`
 * @returns plain JSON; there is nothing to dispose. `comparisonTable` formats it as text,
 *   `drawFront` draws its `front`.
 * @throws the same as `evaluateSAE`; SAE_OPTION also if there are no models, or models of different
 *   widths.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { comparisonTable, compareSAEs, drawFront, GatedSAE, TopKSAE } from 'gated-sae-tfjs';
 * const gated = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * const topK = new TopKSAE({ inputDim: 8, encodingDim: 32, k: 4 });
 * const comparison = await compareSAEs({ gated, topK }, tf.randomUniform([100, 8]));
 * console.log(comparisonTable(comparison));
 * console.log(drawFront(comparison.front).toSVG().length);
 * ```
 */
export async function compareSAEs(
  models: NamedSAEs,
  data: Rows,
  args?: EvaluateArgs,
): Promise<Comparison>;
/**
 * Compares dictionaries whose targets differ from their rows, such as transcoders.
 *
 * @param models dictionaries of the same widths
 * @param x rows `[..., inputDim]`
 * @param y what the reconstructions should be, `[..., outputDim]`
 * @param args the options of `evaluateSAE`
 * @returns plain JSON; there is nothing to dispose.
 * @throws the same as without a target: SAE_DATA, SAE_SHAPE, SAE_NOT_FINITE or SAE_OPTION;
 *   SAE_SHAPE also for a target of another width or number of rows.
 */
export async function compareSAEs(
  models: NamedSAEs,
  x: tf.Tensor,
  y: tf.Tensor,
  args?: EvaluateArgs,
): Promise<Comparison>;
export async function compareSAEs(
  models: NamedSAEs,
  data: Rows,
  yOrArgs?: tf.Tensor | EvaluateArgs,
  lastArgs?: EvaluateArgs,
): Promise<Comparison> {
  const [y, given] = targetAndArgs<Rows, EvaluateArgs>(data, yOrArgs, lastArgs);
  const args = withGroups(WHERE, checkOptions<EvaluateArgs>(WHERE, EVALUATE_ARGS, given));
  const named = namedModels(models);
  const results = await evaluations(
    WHERE,
    named.map(([, model]) => model),
    [data, y],
    args,
  );
  const evaluated = results.map((result, i) => ({ ...result, name: named[i]?.[0] ?? '' }));
  return { evaluations: evaluated, front: frontOf(evaluated) };
}

/**
 * @throws SAE_OPTION if there are no models, if one is not a dictionary, or if their widths differ.
 */
function namedModels(models: NamedSAEs): [string, SAEModel][] {
  const isMany = typeof models === 'object' && models !== null && !(models instanceof SAEModel);
  const entries: [string, SAEModel][] = Array.isArray(models)
    ? numbered(models.map((model) => [model?.name, model]))
    : models instanceof Map
      ? [...models]
      : isMany
        ? Object.entries(models)
        : [];
  const [first] = entries;
  if (!first) {
    const expected = 'dictionaries by name, or an array of them';
    throw wrongOption(`${WHERE}.models`, expected, models, 'Give some: {one, other}.');
  }
  for (const [name, model] of entries) {
    assertDictionary(WHERE, model);
    const alike = (['inputDim', 'outputDim', 'isTranscoder'] as const).every(
      (what) => model[what] === first[1][what],
    );
    if (alike) continue;
    const width = ({ inputDim, outputDim, isTranscoder }: SAEModel) =>
      isTranscoder ? `a transcoder ${inputDim} → ${outputDim}` : `an autoencoder of ${inputDim}`;
    const expected = `dictionaries of the same rows: ${width(first[1])}`;
    const advice = `Compare "${name}", ${width(model)}, with others of its kind.`;
    throw wrongOption(`${WHERE}.models`, expected, name, advice);
  }
  return entries;
}

function numbered(entries: readonly [string, SAEModel][]): [string, SAEModel][] {
  const seen = new Map<string, number>();
  return entries.map(([name, model]) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return [times === 1 ? name : `${name} (${times})`, model];
  });
}
