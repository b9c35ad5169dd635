import type { LayersModel, LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { badContent } from '../../errors';
import { isInputLayer, kerasClassOf, partsOf, sharedIn } from './kerasClasses';
import { TABLE, tfjsEntry } from './layerTable';
import { isRepeat } from './repeats';

/** One weight of a model, with its names on both sides. */
export interface Weight {
  /** Where Keras stores it in the weights file. */
  readonly path: string;
  /** Its name in tfjs's own files. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly variable: LayerVariable;
  /** Whether Keras stores it as an integer. */
  readonly isInteger: boolean;
  /** Its index among the weights that tfjs trains; undefined if it is not trained. */
  readonly trained: number | undefined;
}

/** The weights of a model, and where Keras stores them. */
export interface KerasWeights {
  /** Every weight, in Keras's order. */
  readonly weights: readonly Weight[];
  /** Every layer's group in the weights file, with or without weights. */
  readonly groups: readonly string[];
  /** Whether some of the layers are only needed by tfjs. */
  readonly hasRepeats: boolean;
}

/**
 * Returns where Keras stores the weights of a model.
 *
 * @param inOrderMade whether Keras has the layers in the order in which they were created here, as
 *   in a model from its file; otherwise in the order of the graph, as it will have them. Layers
 *   that only tfjs needs may be in that graph, and change the order of the others.
 * @throws SAE_FILE if two weights have one name.
 */
export function kerasWeights(model: LayersModel, inOrderMade = false): KerasWeights {
  const groups: string[] = [];
  const weights: Weight[] = [];
  const trained = new Map(model.trainableWeights.map((weight, i) => [weight, i]));
  const names = new Set<string>();
  const seen = new Set<layers.Layer>([model]);
  for (const [group, variables, integers] of weightGroups(model, '', seen, inOrderMade)) {
    groups.push(group);
    variables.forEach((variable, i) => {
      const { originalName: name, shape } = variable;
      if (names.has(name)) {
        const advice = 'Give layers names of their own, those of nested models among them.';
        throw badContent('weights of different names', `two of "${name}"`, advice);
      }
      names.add(name);
      const isInteger = integers.some((own) => name.endsWith(`/${own}`));
      const at = { isInteger, path: `${group}/${i}`, name, shape: shape as number[], variable };
      weights.push({ ...at, trained: trained.get(variable) });
    });
  }
  return { weights, groups, hasRepeats: [...seen].some(isRepeat) };
}

/**
 * Yields the groups of the weights file, each with its weights in order, in Keras's traversal
 * order.
 */
function* weightGroups(
  object: layers.Layer,
  path: string,
  seen: Set<layers.Layer>,
  inOrderMade: boolean,
): Generator<
  readonly [group: string, weights: readonly LayerVariable[], integers: readonly string[]]
> {
  const at = (name: string) => (path === '' ? name : `${path}/${name}`);
  const parts = partsOf(object);
  const { integers = [] } = tfjsEntry(TABLE.layers, object.getClassName())?.[1] ?? {};
  yield [at('vars'), parts === undefined ? object.weights : [], integers];
  for (const [name, part] of parts ?? []) {
    if (!Array.isArray(part)) {
      yield* weightGroups(part, at(name), seen, inOrderMade);
      continue;
    }
    const used = new Map<string, number>();
    const inner = part.filter((one) => !(isInputLayer(one) && isSequential(object)));
    // tfjs numbers layers as it creates them.
    if (inOrderMade) inner.sort((a, b) => a.id - b.id);
    for (const layer of inner.map(sharedIn)) {
      const group = snakeCase(kerasClassOf(layer));
      const count = used.get(group) ?? 0;
      used.set(group, count + 1);
      // A layer with several places is written at the first of them.
      if (seen.has(layer)) continue;
      seen.add(layer);
      const place = at(`${name}/${group}${count === 0 ? '' : `_${count}`}`);
      yield* weightGroups(layer, place, seen, inOrderMade);
    }
  }
}

const isSequential = (object: layers.Layer) => object.getClassName() === 'Sequential';

/**
 * Returns a class's name in the spelling of Keras's groups: `Conv2D` as `conv2d`,
 * `BatchNormalization` with _.
 */
function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
