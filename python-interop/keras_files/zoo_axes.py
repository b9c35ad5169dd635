"""The newest Keras only: axes counted from either end, and models whose ends are the same tensor."""

import keras
from keras import layers

from .recipe import Made, model_of, normal, recipe


@recipe()
def concatenate_axes(rng):
    a, b = keras.Input((3, 4), name="a"), keras.Input((3, 4), name="b")
    c = keras.Input((2, 3, 4), name="c")
    shared = layers.Concatenate(axis=-1)
    y = [layers.Concatenate(axis=axis)([a, b]) for axis in (-2, -1, 1, 2)]
    y += [layers.Concatenate(axis=axis)([c, c]) for axis in (-3, -2, -1, 1)]
    y += [shared([a, b]), shared([c, c])]
    return Made(keras.Model([a, b, c], y),
                [normal(rng, 2, 3, 4), normal(rng, 2, 3, 4), normal(rng, 2, 2, 3, 4)])


@recipe()
def dot_axes(rng):
    a, b, c = keras.Input((3, 4), name="a"), keras.Input((4, 3), name="b"), keras.Input((4,), name="c")
    y = [layers.Dot(axes=axes)([a, b]) for axes in ((-1, 1), (1, -1), (-2, 2), (-1, -2))]
    y += [layers.Dot(axes=(-1, 1))([a, c]), layers.Dot(axes=(1, -2))([c, b]),
          layers.Dot(axes=-1, normalize=True)([c, a])]
    return Made(keras.Model([a, b, c], y),
                [normal(rng, 2, 3, 4), normal(rng, 2, 4, 3), normal(rng, 2, 4)])


@recipe()
def layer_normalization_axes(rng):
    x = keras.Input((3, 2, 4))
    y = [layers.LayerNormalization(axis=axis)(x)
         for axis in (-1, -2, 1, (-1, 1), (1, 2), (-3, -1), (1, 2, 3))]
    return Made(model_of(x, y, rng), [normal(rng, 2, 3, 2, 4)])


@recipe()
def last_axes(rng):
    x = keras.Input((3, 4))
    y = [layers.Softmax(axis=2)(x), layers.Softmax(axis=[-1])(x),
         layers.BatchNormalization(axis=2)(x), layers.BatchNormalization(axis=-1)(x)]
    return Made(model_of(x, y, rng), [normal(rng, 2, 3, 4)])


@recipe()
def reshape_shared(rng):
    a, b = keras.Input((6,), name="a"), keras.Input((2, 4), name="b")
    reshape, fixed = layers.Reshape((-1, 2)), layers.Reshape((2, -1, 1))
    y = [reshape(a), reshape(b), fixed(a), layers.Conv1D(2, 2)(layers.Reshape((3, -1))(a))]
    return Made(model_of([a, b], y, rng), [normal(rng, 2, 6), normal(rng, 2, 2, 4)])


@recipe()
def same_output_twice(rng):
    x = keras.Input((3,), name="x")
    d = layers.Dense(2, name="d")(x)
    inner = keras.Model(x, [d, d, x], name="inner")
    z = keras.Input((3,), name="z")
    first, second, third = inner(z)
    y = layers.Concatenate()([first, second, third])
    return Made(model_of(z, [y, first, y, z, y, z, second], rng), [normal(rng, 2, 3)])


@recipe()
def output_is_input(rng):
    x = keras.Input((3,), name="x")
    return Made(model_of(x, [x, layers.Dense(2)(x)], rng), [normal(rng, 2, 3)])


@recipe(refused=True)
def concatenate_shared_ranks(_):
    a, c, shared = keras.Input((4, 4)), keras.Input((4, 4, 4)), layers.Concatenate(axis=-2)
    return Made(keras.Model([a, c], [shared([a, a]), shared([c, c])]))


@recipe(refused=True)
def layer_normalization_shared_ranks(_):
    a, c, shared = keras.Input((4, 4)), keras.Input((4, 4, 4)), layers.LayerNormalization()
    return Made(keras.Model([a, c], [shared(a), shared(c)]))


@recipe(refused=True)
def prelu_shared_axes(_):
    x = keras.Input((3, 4))
    return Made(keras.Model(x, layers.PReLU(shared_axes=[-1])(x)))


@recipe(refused=True)
def same_input_twice(_):
    x = keras.Input((3,))
    return Made(keras.Model([x, x], layers.Dense(2)(x)))
