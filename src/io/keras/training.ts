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

/** How a model is trained, in the terms of one side, and what its optimizer keeps. */
export interface Training {
  /** tfjs's trainingConfig, or Keras's compile_config. */
  readonly config: JsonObject;
  readonly optimizer: OptimizerLayout;
}

/** What is in the weights file of an optimizer, in this order, after the number of steps. */
export interface OptimizerLayout {
  /** What Keras calls it. */
  readonly name: string;
  /** A fixed learning rate, which Keras keeps as a variable. */
  readonly rate: number | undefined;
  /** What is kept of each weight that is trained, in runs through all of them: 'average', then 'm' and 'v'. */
  readonly runs: readonly (readonly string[])[];
}

/** Does something, and says what becomes of the model where the other side has no counterpart. */
export type OnUnsupported = <T>(
  what: 'optimizer' | 'metrics' | 'state',
  make: () => T,
) => T | undefined;

/** The base class of tfjs insists on one, and the architectures have their own. */
const NOMINAL_LOSS = 'mean_squared_error';
/** Options of compile that change what is computed, and that tfjs has not. */
const NULL_ONLY = ['loss_weights', 'weighted_metrics'];

const noLayer = (_: Json, { object }: Place): never => {
  throw badKerasConfig(`an option of ${object}`, 'no layer', 'a layer');
};

/**
 * What tfjs needs to train as Keras did; undefined for a model that was never compiled.
 *
 * @param compile the archive's compile_config
 * @param model whether the loss is the architecture's own, and the names of its outputs
 * @param onUnsupported for metrics, which training does without
 * @throws SAE_UNSUPPORTED for an optimizer, a loss or a metric that tfjs would not compute alike.
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

/** An optimizer that was given by its name alone, with the options that this stands for. */
function spelledOut(optimizer: Json): Json {
  if (typeof optimizer !== 'string') return optimizer;
  const names = Object.keys(TABLE.optimizers);
  const name = names.find((known) => known.toLowerCase() === optimizer.toLowerCase()) ?? optimizer;
  const { defaults = {} } = TABLE.optimizers[name] ?? {};
  return { class_name: name, config: { name: optimizer, ...defaults } };
}

/** The optimizer that Keras's LossScaleOptimizer steps with: float32 needs no scale of the loss. */
function insideOf(optimizer: Json): Json {
  const { class_name: className = null, config = null } = isObject(optimizer) ? optimizer : {};
  if (className !== 'LossScaleOptimizer' || !isObject(config)) return optimizer;
  return config['inner_optimizer'] ?? null;
}

/**
 * What Keras's file has of an optimizer of this library.
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

/** What an optimizer keeps of each weight, by its options in tfjs. */
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

/** tfjs takes the metrics of every output, or one by name; Keras lists them for each output. */
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

/** Keras leaves masked steps out of a loss. */
export const maskedLoss = (): SAEError =>
  noCounterpartClass('losses', 'one of masked steps', 'tfjs counts them in its losses.');

/** One for each output, in lists or by the outputs' names. */
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
 * What Keras needs to train as tfjs did: its compile_config.
 *
 * @param training tfjs's trainingConfig
 * @throws SAE_UNSUPPORTED for an optimizer, a loss or a metric that Keras would not compute alike.
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

/** tfjs says `{}` where there are no metrics. Keras takes that for some, which `fit` never gets. */
const isNone = (metrics: Json): boolean =>
  metrics === null || (typeof metrics === 'object' && Object.keys(metrics).length === 0);

const kerasNames = (kind: string, names: Readonly<Record<string, string>>, json: Json): Json =>
  throughLists(json, (one) => {
    const name = typeof one === 'string' ? kerasName(names, one) : undefined;
    if (name !== undefined) return name;
    const advice = `Use one of ${Object.values(names).join(', ')}.`;
    throw noCounterpartClass(kind, JSON.stringify(one), advice);
  });
