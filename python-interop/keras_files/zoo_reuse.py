"""The newest Keras only: tensors and layers that are used more than once, as random models have
shown."""

import gated_sae
import keras
from keras import layers

from .recipe import Made, model_of, normal, recipe


@recipe()
def tensor_taken_twice(rng):
    x = keras.Input((3,))
    h = layers.Dense(3)(x)
    y = layers.Concatenate()([layers.Add()([h, h, h]), h, layers.Dense(2)(h), h])
    return Made(model_of(x, y, rng), [normal(rng, 2, 3)])


@recipe()
def output_and_state(rng):
    x = keras.Input((4, 3))
    h = layers.Dense(2)(x)
    last, *states = layers.LSTM(2, return_state=True)(h)
    y = layers.Maximum()([layers.LSTM(2)(h, initial_state=states), last])
    return Made(model_of(x, y, rng), [normal(rng, 2, 4, 3)])


@recipe(form="reordered")
def output_again_beside_another(rng):
    """Two layers of one class and shape: their arrays are told apart by their order alone."""
    x = keras.Input((3,))
    first, second = layers.Dense(3, name="first"), layers.Dense(3, name="second")
    y, z = first(x), second(x)
    return Made(model_of(x, [z, y, y], rng), [normal(rng, 2, 3)])


@recipe()
def input_of_nested_and_outer(rng):
    x = keras.Input((3,))
    base = keras.Model(x, layers.Dense(4, activation="tanh")(x), name="base")
    return Made(model_of(x, layers.Dense(2)(base(x)), rng), [normal(rng, 2, 3)])


@recipe()
def gsae_of_rows(rng):
    """A dictionary over the last axis of a sequence."""
    x = keras.Input((3, 4))
    return Made(model_of(x, gated_sae.GatedSAE(4, 6, name="sae")(x), rng), [normal(rng, 2, 3, 4)])


@recipe(refused=True)
def layer_beside_masked_ones(_):
    x = keras.Input((4, 3))
    h = layers.LSTM(2)(layers.Masking()(x))
    return Made(keras.Model(x, layers.LSTM(2)(layers.RepeatVector(4)(h))))


@recipe(refused=True)
def window_shorter_than_stride(_):
    x = keras.Input((4, 2, 3, 3))
    return Made(keras.Model(x, layers.AveragePooling3D(1, strides=2, padding="same")(x)))


@recipe(refused=True)
def layer_normalization_rank_5(_):
    x = keras.Input((2, 2, 3, 3))
    return Made(keras.Model(x, layers.LayerNormalization()(x)))


@recipe(refused=True)
def dot_rank_4(_):
    x = keras.Input((2, 3, 3))
    return Made(keras.Model(x, layers.Dot(axes=3)([x, x])))
