"""The newest Keras only: tensors and layers that are used more than once, as random models have
shown."""

import gated_sae
import keras
from keras import layers

from .recipe import Made, model_of, normal, recipe
from .shared_files import made


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
def batch_normalization_twice(rng):
    """Keras and tfjs call it in another order, and so keep other moving statistics."""
    shared = layers.BatchNormalization(name="shared")
    x = keras.Input((3,))
    h = layers.Dense(3, use_bias=False)(x)  # a bias here would have no gradient but rounding
    return made(model_of(x, layers.Dense(3)(layers.Add()([shared(h), shared(x)])), rng), rng)


@recipe()
def flatten_vectors(rng):
    x = keras.Input((3,))
    row = keras.Sequential([keras.Input((3,)), layers.Flatten(), layers.Dense(2)])
    return Made(model_of(x, [layers.Flatten()(x), row(x)], rng), [normal(rng, 2, 3)])


@recipe()
def names_of_objects(rng):
    """Names that every object of JavaScript has, where nothing looks them up."""
    x = keras.Input((4, 3))
    steps = layers.TimeDistributed(layers.Dense(2, name="constructor"))(x)
    y = layers.Bidirectional(layers.LSTM(2, name="__proto__"))(steps)
    return Made(model_of(x, y, rng, name="hasOwnProperty"), [normal(rng, 2, 4, 3)])


@recipe()
def p_relu_last_axis_shared(rng):
    x = keras.Input((2, 3))
    return Made(model_of(x, layers.PReLU(shared_axes=[2])(x), rng), [normal(rng, 2, 2, 3)])


@recipe()
def layer_in_bidirectional_and_outside(rng):
    """Keras makes two layers anew of the one that a Bidirectional is given."""
    shared = layers.SimpleRNN(3, name="shared")
    x = keras.Input((2, 3))
    y = layers.Concatenate()([layers.Bidirectional(shared)(x), shared(x)])
    return Made(model_of(x, y, rng), [normal(rng, 2, 2, 3)])


@recipe()
def gsae_of_rows(rng):
    """A dictionary over the last axis of a sequence."""
    x = keras.Input((3, 4))
    return Made(model_of(x, gated_sae.GatedSAE(4, 6, name="sae")(x), rng), [normal(rng, 2, 3, 4)])


@recipe(refused=True)
def layer_in_wrapper_and_outside(rng):
    shared = layers.Dense(3, name="shared")
    x = keras.Input((2, 3))
    y = layers.Add()([layers.TimeDistributed(shared)(x), layers.RepeatVector(2)(
        shared(layers.GlobalAveragePooling1D()(x)))])
    return Made(model_of(x, y, rng))


@recipe(refused=True)
def layer_outside_and_in_wrapper(rng):
    """Keras marks only the second place, within the other layer, and loads it."""
    shared = layers.Dense(3, name="shared")
    x = keras.Input((2, 3))
    return Made(model_of(x, layers.TimeDistributed(shared)(shared(x)), rng))


@recipe(refused=True)
def cell_in_two_layers(rng):
    cell = layers.LSTMCell(3, name="shared")
    x = keras.Input((2, 3))
    y = layers.RNN(cell)(layers.RNN(cell, return_sequences=True)(x))
    return Made(model_of(x, y, rng))


@recipe(refused=True)
def layer_named_constructor(_):
    x = keras.Input((3,))
    return Made(keras.Model(x, layers.Dense(2, name="constructor")(x)))


@recipe(refused=True)
def input_named_to_string(_):
    x = keras.Input((3,), name="toString")
    return Made(keras.Model(x, layers.Dense(2)(x)))


@recipe(refused=True)
def batch_normalization_rank_5(_):
    x = keras.Input((2, 2, 3, 3))
    return Made(keras.Model(x, layers.BatchNormalization()(x)))


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
