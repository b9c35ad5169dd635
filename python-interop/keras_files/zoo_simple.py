"""The newest Keras only: layers that look at one vector or reshape it."""

import keras
import numpy as np
from keras import layers

from .recipe import Made, model_of, normal, recipe

ACTIVATIONS = ("elu relu relu6 selu sigmoid softmax softplus softsign tanh linear silu mish "
               "gelu").split()


@recipe()
def dense_activations(rng):
    x = keras.Input((4,))
    y = [layers.Dense(3, activation=name, name=f"dense_{name}")(x) for name in ACTIVATIONS]
    y.append(layers.Dense(2, use_bias=False)(x))
    y.append(layers.Dense(2, activation=None)(x))
    return Made(model_of(x, y, rng), [normal(rng, 3, 4) * 3])


@recipe()
def activation_layers(rng):
    x = keras.Input((3, 4))
    y = [layers.Activation(name)(x) for name in ("tanh", "silu", "gelu", "softmax")]
    y += [
        layers.ReLU()(x),
        layers.ReLU(max_value=1.0)(x),
        layers.LeakyReLU(negative_slope=0.1)(x),
        layers.LeakyReLU()(x),
        layers.PReLU(shared_axes=[1])(x),
        layers.PReLU()(x),
        layers.ELU()(x),
        layers.Softmax(axis=2)(x),
        layers.Softmax()(x),
    ]
    return Made(model_of(x, y, rng), [normal(rng, 2, 3, 4) * 3])


@recipe()
def noise_layers(rng):
    x = keras.Input((5, 4))
    y = layers.Dropout(0.3, noise_shape=(None, 1, 4), seed=3)(x)
    y = layers.SpatialDropout1D(0.2)(y)
    y = layers.GaussianNoise(0.1)(y)
    y = layers.Dense(3)(y)
    y = layers.GaussianDropout(0.25, seed=7)(y)
    y = layers.AlphaDropout(0.1)(y)
    return Made(model_of(x, y, rng), [normal(rng, 2, 5, 4)])


@recipe()
def shape_layers(rng):
    x = keras.Input((3, 4))
    y = layers.Permute((2, 1))(x)
    y = layers.Reshape((2, -1))(y)
    y = layers.Dense(2)(y)
    y = layers.Flatten()(y)
    y = layers.RepeatVector(3)(y)
    y = layers.Reshape((3, 2, 2))(y)
    wide = layers.ZeroPadding2D(((1, 0), (2, 1)))(y)
    cut = layers.Cropping2D(((1, 0), (0, 1)))(wide)
    up = layers.UpSampling2D((2, 3))(cut)
    flat = layers.Flatten(data_format="channels_last")(up)
    model = model_of(x, [wide, cut, up, flat, layers.Cropping2D(1)(wide)], rng)
    return Made(model, [normal(rng, 2, 3, 4)])


@recipe()
def rescaling(rng):
    x = keras.Input((4, 5, 2))
    y = layers.Rescaling(1 / 127.5, offset=-1.0)(x)
    return Made(keras.Model(x, y), [rng.uniform(0, 255, (2, 4, 5, 2)).astype(np.float32)])


@recipe()
def batch_normalization(rng):
    x = keras.Input((3, 4, 2))
    y = layers.BatchNormalization()(x)
    y = layers.BatchNormalization(axis=3, epsilon=1e-2)(y)
    y = layers.BatchNormalization(scale=False)(y)
    y = layers.BatchNormalization(center=False, momentum=0.8)(y)
    y = layers.BatchNormalization(center=False, scale=False)(y)
    y = layers.Dense(1)(layers.Flatten()(y))
    model = model_of(x, y, rng)
    model.compile(optimizer="sgd", loss="mse")
    data = normal(rng, 8, 3, 4, 2)
    model.fit(data, normal(rng, 8, 1), batch_size=4, verbose=0)
    return Made(model, [data[:2]])


@recipe()
def layer_normalization(rng):
    x = keras.Input((3, 4))
    y = layers.LayerNormalization()(x)
    y = layers.LayerNormalization(axis=[1, 2], epsilon=1e-2)(y)
    y = layers.LayerNormalization(scale=False)(y)
    y = layers.LayerNormalization(center=False)(y)
    return Made(model_of(x, y, rng), [normal(rng, 2, 3, 4)])


@recipe()
def regularizers_and_initializers(rng):
    kinds = keras.initializers
    x = keras.Input((4,))
    regularized = [
        layers.Dense(3, kernel_regularizer="l1")(x),
        layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.02))(x),
        layers.Dense(3, kernel_regularizer=keras.regularizers.L1(0.02), bias_regularizer="l2")(x),
        layers.Dense(3, kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2))(x),
        layers.Dense(3, bias_regularizer=keras.regularizers.L1L2(0.0, 0.3))(x),
    ]
    pairs = (
        ("he_normal", "ones"), ("he_uniform", "zeros"), ("lecun_normal", kinds.Constant(0.5)),
        ("lecun_uniform", kinds.RandomNormal(0.1, 0.3, 4)),
        ("glorot_normal", kinds.RandomUniform(-0.2, 0.2)),
        (kinds.Orthogonal(2.0), kinds.TruncatedNormal(0.0, 0.2)),
        (kinds.VarianceScaling(2.0, "fan_avg", "uniform", 9), "zeros"),
        (kinds.Identity(3.0), "ones"),
    )
    started = [layers.Dense(4, kernel_initializer=kernel, bias_initializer=bias)(x)
               for kernel, bias in pairs]
    y = layers.Concatenate()(regularized + started)
    return Made(keras.Model(x, y), [normal(rng, 2, 4)])
