import type * as tf from '@tensorflow/tfjs-core';
import { badKerasConfig, noCounterpart, noCounterpartClass, type SAEError } from '../../errors';
import { carryOptions, type Place } from './carry';
import { called, carryClass, isObject, knownToKeras, knownToTfjs, serialized } from './carryClass';
import { directionFrom, kerasObject } from './codecs';
import {
  type ClassEntry,
  type Json,
  type JsonObject,
  kerasName,
  type Section,
  TABLE,
  tfjsName,
} from './layerTable';

/** How a model is trained, in one side's terms, and its optimizer's state. */
export interface Training {
  /** tfjs's trainingConfig, or Keras's compile_config. */
  readonly config: JsonObject;
  readonly optimizer: OptimizerLayout;
}

/** The content of an optimizer's weights file, in this order, after the number of steps. */
export interface OptimizerLayout {
  /** Its name in Keras. */
  readonly name: string;
  /** A fixed learning rate, which Keras stores as a variable. */
  readonly rate: number | undefined;
  /**
   * The kinds of state of each trained weight, in runs through all of them: 'average', then 'm' and
   * 'v'.
   */
  readonly runs: readonly (readonly string[])[];
}

/** Runs something, and says what happens to the model if the other side has no counterpart. */
export type OnUnsupported = <T>(
  what: 'optimizer' | 'metrics' | 'state',
  make: () => T,
) => T | undefined;

/** The nominal loss, which tfjs's base class requires; the architectures have their own. */
const NOMINAL_LOSS = 'mean_squared_error';
/** Options of compile that change the computation, and that tfjs does not have. */
const NULL_ONLY = ['loss_weights', 'weighted_metrics'];

const noLayer = (_: Json, { object }: Place): never => {
  throw badKerasConfig(`an option of ${object}`, 'no layer', 'a layer');
};

/**
 * Returns what tfjs needs to train like Keras; undefined for a model that was never compiled.
 *
 * @param compile the archive's compile_config
 * @param model whether the loss is the architecture's own, and the names of its outputs
 * @param onUnsupported for metrics, which are not needed for training
 * @throws SAE_UNSUPPORTED for an optimizer, a loss or a metric that tfjs would compute differently.
 */
export function tfjsTraining(
  compile: Json | undefined,
  { isDictionary, outputs }: { isDictionary: boolean; outputs: readonly string[] },
  onUnsupported: OnUnsupported,
): Training | undefined {
  const { optimizer = null, loss = null, metrics = null } = isObject(compile) ? compile : {};
  if (optimizer === null) return undefined;
  const given = serialized('compile_config.optimizer', insideOf(spelledOut(optimizer)));
  const { tfjs, entry } = knownToKeras('optimizers', [TABLE.optimizers], given);
  const place = { object: called(given) };
  const config = carryOptions(entry, given.config, directionFrom('keras', noLayer), place);
  for (const option of NULL_ONLY) {
    const value = (compile as JsonObject)[option] ?? null;
    if (value !== null) throw noCounterpart('compile', option, value, `Compile without ${option}.`);
  }
  const rate = given.config['learning_rate'];
  return {
    config: {
      optimizer_config: { class_name: tfjs, config },
      loss:
        isDictionary && loss === null ? NOMINAL_LOSS : byOutput('losses', outputs, tfjsLoss(loss)),
      metrics:
        onUnsupported('metrics', () => byOutput('metrics', outputs, tfjsMetrics(metrics))) ?? null,
    },
    optimizer: {
      name: String(given.config['name'] ?? given.className),
      rate: typeof rate === 'number' ? rate : undefined,
      runs: runsOf(entry, config),
    },
  };
}

/** Returns an optimizer that was given by name, with the options that the name stands for. */
function spelledOut(optimizer: Json): Json {
  if (typeof optimizer !== 'string') return optimizer;
  const names = Object.keys(TABLE.optimizers);
  const name = names.find((known) => known.toLowerCase() === optimizer.toLowerCase()) ?? optimizer;
  const { defaults = {} } = TABLE.optimizers[name] ?? {};
  return { class_name: name, config: { name: optimizer, ...defaults } };
}

/**
 * Returns the inner optimizer of Keras's LossScaleOptimizer: float32 needs no scale of the loss.
 */
function insideOf(optimizer: Json): Json {
  const { class_name: className = null, config = null } = isObject(optimizer) ? optimizer : {};
  if (className !== 'LossScaleOptimizer' || !isObject(config)) return optimizer;
  return config['inner_optimizer'] ?? null;
}

/**
 * Returns the layout of an optimizer of this library in Keras's file.
 *
 * @throws SAE_UNSUPPORTED
 */
export function optimizerLayout(optimizer: tf.Optimizer): OptimizerLayout {
  const json = {
    class_name: optimizer.getClassName(),
    config: optimizer.getConfig() as JsonObject,
  };
  const given = serialized('the optimizer', json);
  const { keras, entry } = knownToTfjs('optimizers', [TABLE.optimizers], given);
  const rate = given.config['learningRate'];
  return {
    name: keras,
    rate: typeof rate === 'number' ? rate : undefined,
    runs: runsOf(entry, given.config),
  };
}

/** Returns the kinds of an optimizer's state per weight, given its options in tfjs. */
const runsOf = ({ slots = [], slots_where: where }: ClassEntry, config: JsonObject) => [
  ...(config['useEma'] ? [['average']] : []),
  where === undefined || config[where] ? slots : [],
];

const tfjsLoss = (json: Json): Json =>
  throughLists(json, (one) => {
    if (one === null) {
      const advice = 'Compile with a loss, or compile anew here.';
      throw noCounterpartClass('losses', 'none', advice);
    }
    return tfjsFunction('losses', TABLE.losses, TABLE.loss_classes, one);
  });

/**
 * Converts metrics: tfjs takes those for every output, or one by name; Keras lists them for each
 * output.
 */
function tfjsMetrics(json: Json): Json {
  const carried = throughLists(json, (one) =>
    one === null ? null : tfjsFunction('metrics', TABLE.metrics, TABLE.metric_classes, one),
  );
  if (isObject(carried)) {
    return Object.fromEntries(
      Object.entries(carried).map(([output, own]) => {
        if (!Array.isArray(own)) return [output, own];
        if (own.length === 1) return [output, own[0] as Json];
        const received = `${own.length} for output ${JSON.stringify(output)}`;
        throw noCounterpartClass('metrics', received, 'tfjs has one for each output.');
      }),
    );
  }
  if (!Array.isArray(carried) || !carried.some(Array.isArray)) return carried;
  const [first = null, ...others] = carried as readonly Json[];
  const text = JSON.stringify(first);
  if (others.every((other) => JSON.stringify(other) === text)) return first;
  const advice = 'tfjs has the same metrics for every output.';
  throw noCounterpartClass('metrics', 'others for each output', advice);
}

/** @returns the same. @throws SAE_UNSUPPORTED for names of outputs that tfjs does not have. */
function byOutput(kind: string, outputs: readonly string[], json: Json): Json {
  const other = isObject(json) && Object.keys(json).find((name) => !outputs.includes(name));
  if (typeof other !== 'string') return json;
  const received = `one for the output ${JSON.stringify(other)}`;
  const advice = `tfjs calls its outputs by their layers: ${outputs.join(', ')}.`;
  throw noCounterpartClass(kind, received, advice);
}

/** The error for masked outputs: Keras excludes masked steps from a loss. */
export const maskedLoss = (): SAEError =>
  noCounterpartClass('losses', 'one of masked steps', 'tfjs counts them in its losses.');

/** Converts one entry per output, in lists or by the outputs' names. */
function throughLists(json: Json, carry: (one: Json) => Json): Json {
  if (Array.isArray(json)) return json.map((part: Json) => throughLists(part, carry));
  if (isObject(json) && !('class_name' in json)) {
    return Object.fromEntries(
      Object.entries(json).map(([name, part]) => [name, throughLists(part, carry)]),
    );
  }
  return carry(json);
}

function tfjsFunction(
  kind: 'losses' | 'metrics',
  names: Readonly<Record<string, string>>,
  section: Section,
  json: Json,
): string {
  if (typeof json === 'string') {
    const name = tfjsName(names, json);
    if (name !== undefined) return name;
    const advice = `Use one of ${Object.keys(names).join(', ')}.`;
    throw noCounterpartClass(kind, JSON.stringify(json), advice);
  }
  const direction = directionFrom('keras', noLayer);
  return carryClass({ object: 'compile' }, kind, section, json, direction).known.tfjs;
}

/**
 * Returns what Keras needs to train like tfjs: its compile_config.
 *
 * @param training tfjs's trainingConfig
 * @throws SAE_UNSUPPORTED for an optimizer, a loss or a metric that Keras would compute
 *   differently.
 */
export function kerasTraining(
  training: Json,
  isDictionary: boolean,
  onUnsupported: OnUnsupported,
): Training {
  const {
    optimizer_config: optimizer = null,
    loss = null,
    metrics = null,
  } = isObject(training) ? training : {};
  const given = serialized('trainingConfig.optimizer_config', optimizer);
  const { keras, entry } = knownToTfjs('optimizers', [TABLE.optimizers], given);
  const place = { object: called(given) };
  const config = carryOptions(entry, given.config, directionFrom('tfjs', noLayer), place);
  const rate = given.config['learningRate'];
  const name = keras.toLowerCase();
  return {
    config: {
      optimizer: kerasObject(keras, { name, ...config }, { module: 'keras.optimizers' }),
      loss: isDictionary ? null : kerasNames('losses', TABLE.losses, loss),
      metrics:
        onUnsupported('metrics', () =>
          isNone(metrics) ? null : kerasNames('metrics', TABLE.metrics, metrics),
        ) ?? null,
    },
    optimizer: {
      name,
      rate: typeof rate === 'number' ? rate : undefined,
      runs: runsOf(entry, given.config),
    },
  };
}

/**
 * Returns whether there are no metrics. tfjs writes `{}` then, which Keras takes for some that
 * `fit` never gets.
 */
const isNone = (metrics: Json): boolean =>
  metrics === null || (typeof metrics === 'object' && Object.keys(metrics).length === 0);

const kerasNames = (kind: string, names: Readonly<Record<string, string>>, json: Json): Json =>
  throughLists(json, (one) => {
    const name = typeof one === 'string' ? kerasName(names, one) : undefined;
    if (name !== undefined) return name;
    const advice = `Use one of ${Object.values(names).join(', ')}.`;
    throw noCounterpartClass(kind, JSON.stringify(one), advice);
  });
