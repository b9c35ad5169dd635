import { getBackend } from '@tensorflow/tfjs-core';
import { noCounterpart } from '../../errors';
import type { CarryValue, Place, Side } from './carry';
import type { Json, JsonObject } from './layerTable';

/**
 * Axes, which Keras counts from either end, and some layers of tfjs-layers only from the front:
 * there any negative axis means the last one, or has no effect.
 */

const isAxis = (value: Json): value is number => Number.isSafeInteger(value);
const refused = ({ object }: Place, option: string, value: Json, advice: string) =>
  noCounterpart(object, option, value, advice);

/** Returns the rank of a layer's input; undefined if it is unknown, or varies. */
function rankOf({ calls = [] }: Place, input: number): number | undefined {
  const ranks = new Set(calls.map((shapes) => shapes[input]?.length));
  return ranks.size === 1 ? [...ranks][0] : undefined;
}

/** Returns whether an axis is the last one by its number in every call. */
const isLast = (value: Json, place: Place): boolean =>
  isAxis(value) && (value === -1 || rankOf(place, 0) === value + 1);

/** An axis that must be the last one in tfjs. */
const lastAxis: CarryValue = (value, place) => {
  const axis = Array.isArray(value) && value.length === 1 ? (value[0] as Json) : value;
  if (isLast(axis, place)) return -1;
  const advice = 'tfjs is wrong along other axes, or knows none: make it the last one.';
  throw refused(place, 'axis', value, advice);
};

/** A single axis; the only negative value that tfjs supports is -1. */
const axis =
  (from: Side): CarryValue =>
  (value, place) => {
    if (isAxis(value) && value >= -1) return value;
    if (from === 'tfjs') {
      const advice = 'tfjs joins along the last axis there: count the axis from the front.';
      throw refused(place, 'axis', value, advice);
    }
    const rank = rankOf(place, 0);
    if (isAxis(value) && rank !== undefined && rank + value >= 0) return rank + value;
    throw refused(place, 'axis', value, 'Count the axis from the front.');
  };

/** Axes that tfjs counts from the front once, at the first call; Keras sorts them by value. */
const axes =
  (from: Side): CarryValue =>
  (value, place) => {
    const list = Array.isArray(value) ? (value as readonly Json[]) : [value];
    if (!list.every(isAxis)) throw refused(place, 'axis', value, 'Give whole numbers.');
    if (from === 'tfjs') return inRisingOrder(list, place);
    const isOneRank = (place.calls ?? []).length === 0 || rankOf(place, 0) !== undefined;
    if (isOneRank || list.every((one) => one >= 0)) return value;
    const advice = 'tfjs counts axes from the front, for inputs of one rank: give each a layer.';
    throw refused(place, 'axis', value, advice);
  };

/** Returns axes numbered such that Keras, which sorts them, keeps their order. */
function inRisingOrder(list: readonly number[], place: Place): readonly number[] {
  const falls = list.findIndex((one, i) => i > 0 && one < (list[i - 1] as number));
  const rank = rankOf(place, 0) ?? 0;
  // Those counted from the back come first.
  const rising = list.map((one, i) => (i < falls ? one - rank : one));
  if (rising.every((one, i) => i === 0 || (rising[i - 1] as number) < one)) return rising;
  throw refused(place, 'axis', list, 'Keras sorts axes: give them in rising order.');
}

/** One axis for each of several inputs; tfjs misinterprets negative ones beside others. */
const axisOfEach: CarryValue = (value, place) => {
  if (!Array.isArray(value)) return value;
  return value.map((one: Json, input) => {
    const rank = rankOf(place, input);
    return isAxis(one) && one < 0 && rank !== undefined ? one + rank : one;
  });
};

/**
 * Axes numbered from 1, excluding the batch: tfjs ignores others, Keras interprets them
 * differently.
 */
const axesFrom1 =
  (from: Side): CarryValue =>
  (value, place) => {
    if (value === null) return value;
    const list = Array.isArray(value) ? (value as readonly Json[]) : [value];
    if (!list.every((one) => isAxis(one) && one >= 1)) {
      const advice = 'Number the axes from 1, which comes after the batch.';
      throw refused(place, 'shared_axes', value, advice);
    }
    // The kernel is broadcast, whichever axes its weights belong to.
    const isFirstOnes = list.every((_, i) => list.includes(i + 1));
    if (from === 'keras' && !isFirstOnes && getBackend() === 'wasm') {
      const advice = 'tfjs computes it wrongly on wasm: load it on another, by tf.setBackend.';
      throw refused(place, 'shared_axes', value, advice);
    }
    return value;
  };

/** Returns the sizes of windows along each axis, and whether one is shorter than its stride. */
function windowsOf({ strides = null, pool_size: pool = null, kernel_size = pool }: JsonObject) {
  const each = (sizes: Json) => (Array.isArray(sizes) ? (sizes as readonly Json[]) : [sizes]);
  const windows = each(kernel_size);
  const steps = strides === null ? [] : each(strides);
  const isShort = steps.some((step, i) => Number(step) > Number(windows[i] ?? windows[0]));
  return { windows, isShort };
}

/**
 * tfjs pads by a negative amount if a window is shorter than its stride, and so begins inside the
 * input.
 */
const paddingOfVolumes: CarryValue = (value, place, siblings) => {
  if (value !== 'same' || !windowsOf(siblings).isShort) return value;
  const advice = 'tfjs is wrong there for windows shorter than their strides: use "valid".';
  throw refused(place, 'padding', value, advice);
};

/** The kernels of the wasm backend do the same, except for windows of a single value. */
const paddingOfImages =
  (from: Side): CarryValue =>
  (value, place, siblings) => {
    if (value === 'causal') {
      throw refused(place, 'padding', value, 'tfjs has no causal padding.');
    }
    if (from === 'tfjs' || value !== 'same' || getBackend() !== 'wasm') return value;
    const { windows, isShort } = windowsOf(siblings);
    if (!isShort || windows.every((size) => size === 1)) return value;
    const advice =
      'tfjs computes it wrongly on wasm for windows shorter than their strides: load it on another, by tf.setBackend.';
    throw refused(place, 'padding', value, advice);
  };

/** tfjs would leave -1 open until it runs, but later layers may need the size before. */
const targetShape =
  (from: Side): CarryValue =>
  (value, { calls = [] }) => {
    if (!Array.isArray(value)) return value;
    const isOpen = (dim: Json) => dim === null || (isAxis(dim) && dim < 0);
    const given = value.map((dim: Json) => (isOpen(dim) ? -1 : dim));
    if (from === 'tfjs' || !given.includes(-1)) return given;
    const product = (dims: readonly Json[]) => dims.reduce<number>((n, dim) => n * Number(dim), 1);
    // A layer may be called on inputs of several sizes.
    const sizes = new Set(
      calls.map(([shape = []]) => {
        const dims = shape.slice(1);
        return dims.includes(null) ? -1 : product(dims) / -product(given);
      }),
    );
    const [open = -1] = sizes;
    return sizes.size === 1 ? given.map((dim) => (dim === -1 ? open : dim)) : given;
  };

/** Returns the codecs of options that name axes, in one direction. */
export const axisCodecs = (from: Side) => ({
  last_axis: lastAxis,
  axis: axis(from),
  axes: axes(from),
  axis_of_each: axisOfEach,
  axes_from_1: axesFrom1(from),
  padding_of_images: paddingOfImages(from),
  padding_of_volumes: paddingOfVolumes,
  target_shape: targetShape(from),
});
