"""The newest Keras only: convolution and pooling in one, two and three dimensions."""

import keras
from keras import layers

from .recipe import Made, model_of, normal, recipe


def each_on(shape, made_layers, rng):
    """A model that hands one input to each of the layers."""
    x = keras.Input(shape)
    return Made(model_of(x, [layer(x) for layer in made_layers], rng), [normal(rng, 2, *shape)])


@recipe()
def conv1d(rng):
    return each_on((7, 2), [
        layers.Conv1D(3, 3, padding="same", activation="relu"),
        layers.Conv1D(2, 2, strides=2),
        layers.Conv1D(2, 3, padding="same", dilation_rate=2, use_bias=False),
        layers.Conv1D(2, 2, dilation_rate=3),
        layers.Conv1D(2, 3, strides=3, padding="same"),
    ], rng)


@recipe()
def conv2d(rng):
    return each_on((6, 5, 2), [
        layers.Conv2D(2, 3),
        layers.Conv2D(2, (2, 3), padding="same", activation="tanh"),
        layers.Conv2D(3, 3, strides=(2, 1)),
        layers.Conv2D(2, 3, strides=2, padding="same", use_bias=False),
        layers.Conv2D(2, 2, dilation_rate=(2, 2)),
        layers.Conv2D(2, 2, dilation_rate=2, padding="same"),
    ], rng)


@recipe()
def conv3d(rng):
    return each_on((4, 5, 4, 1), [
        layers.Conv3D(2, 2),
        layers.Conv3D(1, (1, 2, 3), padding="same", activation="elu"),
        layers.Conv3D(2, 2, strides=2, use_bias=False),
    ], rng)


@recipe()
def conv_transpose(rng):
    return each_on((3, 4, 2), [
        layers.Conv2DTranspose(2, 3),
        layers.Conv2DTranspose(3, 2, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(2, 3, strides=2),
        layers.Conv2DTranspose(1, 3, strides=2, padding="same", use_bias=False),
        layers.Conv2DTranspose(1, (3, 2), strides=(1, 2)),
    ], rng)


@recipe()
def conv3d_transpose(rng):
    return each_on((2, 3, 2, 2), [
        layers.Conv3DTranspose(1, 2),
        layers.Conv3DTranspose(2, 2, strides=2, padding="same"),
    ], rng)


@recipe()
def separable_and_depthwise(rng):
    return each_on((5, 5, 2), [
        layers.SeparableConv2D(3, 3),
        layers.SeparableConv2D(2, 2, depth_multiplier=2, padding="same", activation="relu"),
        layers.SeparableConv2D(2, 3, strides=2, use_bias=False),
        layers.DepthwiseConv2D(3, depth_multiplier=2),
        layers.DepthwiseConv2D(2, padding="same", activation="relu"),
        layers.DepthwiseConv2D(3, strides=2, use_bias=False),
    ], rng)


@recipe()
def pooling_1d(rng):
    return each_on((7, 2), [
        layers.MaxPooling1D(),
        layers.MaxPooling1D(3, strides=2, padding="same"),
        layers.AveragePooling1D(2),
        layers.AveragePooling1D(3, strides=2, padding="same"),
        layers.GlobalAveragePooling1D(),
        layers.GlobalMaxPooling1D(),
    ], rng)


@recipe()
def pooling_2d(rng):
    return each_on((5, 6, 2), [
        layers.MaxPooling2D(),
        layers.MaxPooling2D((2, 3), strides=1, padding="same"),
        layers.AveragePooling2D(2),
        layers.AveragePooling2D(3, strides=2, padding="same"),
        layers.GlobalAveragePooling2D(),
        layers.GlobalMaxPooling2D(),
    ], rng)


@recipe()
def pooling_3d(rng):
    return each_on((4, 3, 4, 2), [
        layers.MaxPooling3D(),
        layers.MaxPooling3D(2, strides=1, padding="same"),
        layers.AveragePooling3D(2),
        layers.AveragePooling3D(3, strides=2, padding="same"),
    ], rng)


SHORT = {  # windows that are shorter than their strides, and leave something over
    "conv1d": ((5, 2), lambda: layers.Conv1D(2, 2, strides=3, padding="same")),
    "conv2d": ((8, 4, 2), lambda: layers.Conv2D(2, (2, 1), strides=(1, 2), padding="same")),
    "separable": ((8, 4, 2), lambda: layers.SeparableConv2D(
        2, (2, 1), strides=2, padding="same")),
    "depthwise": ((8, 4, 2), lambda: layers.DepthwiseConv2D((2, 1), strides=2, padding="same")),
    "conv_lstm": ((2, 8, 4, 1), lambda: layers.ConvLSTM2D(
        2, (2, 1), strides=(1, 2), padding="same")),
}


def of_short_windows(name, shape, make_layer):
    def make(rng):
        return each_on(shape, [make_layer()], rng)

    recipe(name=f"short_windows_{name}")(make)


for layer_name, (input_shape, factory) in SHORT.items():
    of_short_windows(layer_name, input_shape, factory)


@recipe()
def single_numbers_with_strides(rng):
    return each_on((8, 4, 2), [
        layers.Conv2D(2, 1, strides=2, padding="same"),
        layers.Conv2D(2, 1, strides=(1, 3), padding="same"),
        layers.SeparableConv2D(2, 1, strides=2, padding="same"),
        layers.DepthwiseConv2D(1, strides=2, padding="same"),
    ], rng)
