"""The newest Keras only: tensors that are taken more than once, as random models have shown."""

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
