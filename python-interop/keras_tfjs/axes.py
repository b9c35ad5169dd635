"""Axes, which Keras counts from either end, and tfjs-layers from the front alone in some layers.

Each codec gets the option, the side it comes from, the shapes of the layer's inputs call by call,
and what errors say. ../../src/io/keras/axes.ts does the same.
"""

import math

from .errors import no_option


def rank_of(calls, place):
    """The rank of a layer's input; None where it is unknown, or not always the same."""
    ranks = {len(shapes[place]) if place < len(shapes) else None for shapes in calls}
    return ranks.pop() if len(ranks) == 1 else None


def is_axis(value):
    return isinstance(value, int) and not isinstance(value, bool)


def listed(value):
    return value if isinstance(value, list) else [value]


def last_axis(value, source, calls, option, where):
    """An axis that in tfjs has to be the last one."""
    axis = listed(value)[0] if len(listed(value)) == 1 else None
    if is_axis(axis) and (axis == -1 or rank_of(calls, 0) == axis + 1):
        return -1
    advice = "tfjs is wrong along other axes, or knows none: make it the last one."
    raise no_option(where, option, value, advice)


def axis(value, source, calls, option, where):
    """One axis of which tfjs knows only -1 as a negative one."""
    if is_axis(value) and value >= -1:
        return value
    if source == "tfjs":
        advice = "tfjs joins along the last axis there: count the axis from the front."
        raise no_option(where, option, value, advice)
    rank = rank_of(calls, 0)
    if is_axis(value) and rank is not None and rank + value >= 0:
        return rank + value
    raise no_option(where, option, value, "Count the axis from the front.")


def axes(value, source, calls, option, where):
    """Axes that tfjs counts from the front once, at the first call; Keras sorts them as they stand."""
    several = listed(value)
    if not all(map(is_axis, several)):
        raise no_option(where, option, value, "Give whole numbers.")
    if source == "tfjs":
        if several != sorted(set(several)):
            raise no_option(where, option, value, "Keras sorts axes: give them in rising order.")
        return value
    if min(several) < 0 and calls and rank_of(calls, 0) is None:
        raise no_option(where, option, value, "tfjs counts axes from the front, for inputs of one "
                        "rank: give each a layer.")
    return value


def axis_of_each(value, source, calls, option, where):
    """An axis of each of several inputs; tfjs mistakes negative ones beside others."""
    if not isinstance(value, list):
        return value
    ranks = [rank_of(calls, place) for place in range(len(value))]
    return [one + rank if one < 0 and rank is not None else one
            for one, rank in zip(value, ranks)]


def axes_from_1(value, source, calls, option, where):
    """Axes numbered from 1, the batch being none: tfjs does nothing for others."""
    if value is None or all(is_axis(one) and one >= 1 for one in listed(value)):
        return value
    raise no_option(where, option, value, "Number the axes from 1, which comes after the batch.")


def target_shape(value, source, calls, option, where):
    """tfjs would leave -1 open until it runs, and what follows may have to know it before."""
    given = [-1 if size is None or size < 0 else size for size in value]
    if source == "tfjs" or -1 not in given:
        return given
    sizes = {-1 if None in shape[1:] else math.prod(shape[1:]) // -math.prod(given)
             for shape, *_ in calls}
    return [sizes.copy().pop() if size == -1 and len(sizes) == 1 else size for size in given]


AXES = {
    "last_axis": last_axis,
    "axis": axis,
    "axes": axes,
    "axis_of_each": axis_of_each,
    "axes_from_1": axes_from_1,
    "target_shape": target_shape,
}
