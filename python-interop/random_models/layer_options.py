"""Layers with random options, by the rank of what they take; each is made by f(choice, shape).

`shape` is that of the input, its batch included. Keras may refuse an option for a shape: another
layer is taken then.
"""

import gated_sae
import numpy as np
from keras import layers

from jumprelu_sae import JumpReLUSAE
from relu_sae import ReluSAE
from topk_sae import TopKSAE

ACTIVATIONS = ["linear", "relu", "relu6", "elu", "selu", "sigmoid", "softmax", "log_softmax",
               "softplus", "softsign", "tanh", "mish", "gelu", "silu", None]
BOUNDED = ["tanh", "sigmoid", "softsign", "relu6"]
BY_RANK = {2: [], 3: [], 4: [], 5: []}
INTEGERS = []


def of_rank(*ranks):
    """Decorator: the function makes a layer for tensors of these ranks, floats all."""

    def register(make):
        for rank in ranks:
            BY_RANK[rank].append(make)
        return make

    return register


def activation(c):
    return c.rarely("hard_sigmoid", c.one(ACTIVATIONS))


def window(c, dims, most=3):
    """A size of each dimension, one for all of them where that is enough."""
    return c.upto(most) if c.chance(0.5) else tuple(c.upto(most) for _ in range(dims))


def data_format(c):
    return c.rarely("channels_first", c.one(["channels_last", None]))


def kernel_options(c):
    return {"activation": activation(c), "use_bias": c.chance(0.7)}


def convolution(c, dims, dilated=True):
    """Strides and dilation exclude each other."""
    options = {"kernel_size": window(c, dims), "padding": c.one(["valid", "same"]),
               "data_format": data_format(c)} | kernel_options(c)
    if dilated and c.chance(0.3):
        return options | {"dilation_rate": window(c, dims, 2)}
    return options | {"strides": window(c, dims, 2)}


def pooling(c, dims):
    return {"pool_size": window(c, dims), "padding": c.one(["valid", "same"]),
            "data_format": data_format(c)} | c.some(strides=lambda: window(c, dims))


@of_rank(2, 3, 4, 5)
def dense(c, shape):
    return layers.Dense(c.upto(5), **kernel_options(c))


@of_rank(2, 3, 4, 5)
def activation_layer(c, shape):
    return c.one([
        lambda: layers.Activation(activation(c)),
        lambda: layers.ReLU(max_value=c.one([None, 1.0, 6]), negative_slope=c.rarely(0.1, 0.0)),
        lambda: layers.LeakyReLU(negative_slope=c.one([0.0, 0.1, 0.5])),
        lambda: layers.ELU(alpha=c.rarely(0.5, 1.0)),
        lambda: layers.Softmax(axis=c.one([-1, len(shape) - 1, c.rarely(1, -1)])),
    ])()


@of_rank(2, 3, 4, 5)
def prelu(c, shape):
    # Others than the first ones tfjs computes wrongly on wasm.
    axes = np.arange(1, len(shape))
    axes = c.rarely(c.rng.permutation(axes), axes)
    shared = [int(axis) for axis in axes[:int(c.rng.integers(len(shape)))]]
    return layers.PReLU(shared_axes=c.rarely([-1], shared or None))


@of_rank(2, 3, 4, 5)
def normalization(c, shape):
    rank, own = len(shape), {"center": c.chance(0.8), "scale": c.chance(0.8)}
    return c.one([
        lambda: layers.BatchNormalization(
            axis=c.one([-1, rank - 1, c.rarely(1, -1)]), epsilon=c.one([1e-3, 1e-2]), **own),
        lambda: layers.LayerNormalization(
            axis=c.one([-1, c.axis(rank), c.axes(rank)]), epsilon=c.one([1e-3, 1e-2]), **own),
        lambda: layers.Rescaling(c.one([0.5, 2]), offset=c.one([0, -1.5])),
        lambda: layers.Normalization(axis=None, mean=0.5, variance=2.0),
    ])()


@of_rank(2, 3, 4, 5)
def only_in_training(c, shape):
    return c.one([
        lambda: layers.Dropout(0.4),
        lambda: layers.Dropout(0.4, noise_shape=(None,) + (1,) * (len(shape) - 1)),
        lambda: layers.GaussianNoise(0.3), lambda: layers.GaussianDropout(0.3),
        lambda: layers.AlphaDropout(0.2),
    ])()


@of_rank(2, 3, 4, 5)
def reshape(c, shape):
    """Into factors of what there is, one of them left open now and then."""
    dims, size = [], int(np.prod(shape[1:]))
    while size > 1 and len(dims) < 3:
        divisors = [d for d in range(1, size + 1) if size % d == 0]
        dims.append(c.one(divisors))
        size //= dims[-1]
    dims.append(size)
    if c.chance(0.5):
        dims[int(c.rng.integers(len(dims)))] = -1
    return layers.Reshape(tuple(dims))


@of_rank(3, 4, 5)
def permute(c, shape):
    return layers.Permute(tuple(int(d) for d in c.rng.permutation(len(shape) - 1) + 1))


@of_rank(2, 3, 4, 5)
def flatten(c, shape):
    if len(shape) == 2:  # which tfjs does not take
        return c.rarely(layers.Flatten(), layers.RepeatVector(2), 0.05)
    return layers.Flatten(data_format=data_format(c))


@of_rank(2)
def repeat(c, shape):
    return layers.RepeatVector(c.upto(4))


@of_rank(2)
def dictionary(c, shape):
    kind = c.one([gated_sae.GatedSAE, ReluSAE, TopKSAE, JumpReLUSAE])
    return kind(shape[-1], c.upto(6) + 1)


@of_rank(2)
def discretization(c, shape):
    mode = c.one(["int", "one_hot", "multi_hot", "count"])
    return layers.Discretization(bin_boundaries=[-0.53, 0.11, 1.07], output_mode=mode)


@of_rank(3)
def on_sequences(c, shape):
    return c.one([
        lambda: layers.Conv1D(c.upto(4), **convolution(c, 1)),
        lambda: layers.Conv1D(c.upto(4), 2, padding=c.rarely("causal", "same", 0.3)),
        lambda: layers.MaxPooling1D(**pooling(c, 1)),
        lambda: layers.AveragePooling1D(**pooling(c, 1)),
        lambda: layers.GlobalMaxPooling1D(data_format=data_format(c)),
        lambda: layers.GlobalAveragePooling1D(keepdims=c.rarely(True, False)),
        lambda: layers.SpatialDropout1D(0.3),
    ])()


@of_rank(4)
def on_images(c, shape):
    pads = [c.upto(2), (c.upto(2), c.upto(2)),
            ((c.upto(2), 0), (c.upto(2) - 1, c.upto(2)))]
    return c.one([
        lambda: layers.Conv2D(c.upto(4), groups=c.rarely(2, 1), **convolution(c, 2)),
        lambda: layers.Conv2DTranspose(c.upto(3), output_padding=c.rarely(0, None),
                                       **convolution(c, 2, False)),
        lambda: layers.SeparableConv2D(c.upto(4), depth_multiplier=c.upto(3),
                                       **(convolution(c, 2) | square(c))),
        lambda: layers.DepthwiseConv2D(depth_multiplier=c.upto(3),
                                       **(convolution(c, 2, False) | square(c))),
        lambda: layers.MaxPooling2D(**pooling(c, 2)),
        lambda: layers.AveragePooling2D(**pooling(c, 2)),
        lambda: layers.GlobalMaxPooling2D(),
        lambda: layers.GlobalAveragePooling2D(data_format=data_format(c)),
        lambda: layers.Cropping2D(c.one(pads), data_format=data_format(c)),
        lambda: layers.ZeroPadding2D(c.one(pads), data_format=data_format(c)),
        lambda: layers.UpSampling2D(window(c, 2), interpolation=c.rarely("bilinear", "nearest")),
        lambda: layers.Resizing(c.upto(6), c.upto(6),
                                interpolation=c.one(["nearest", "bilinear"])),
        lambda: layers.CenterCrop(c.upto(3), c.upto(3)),
        lambda: layers.TimeDistributed(on_sequences(c, (shape[0], *shape[2:]))),
    ])()


def square(c):
    """TensorFlow strides depthwise kernels by the same both ways."""
    return {"strides": c.upto(2)}


@of_rank(5)
def on_volumes(c, shape):
    return c.one([
        lambda: layers.Conv3D(c.upto(3), **convolution(c, 3)),
        lambda: layers.Conv3DTranspose(c.upto(2), **convolution(c, 3, False)),
        lambda: layers.MaxPooling3D(**pooling(c, 3)),
        lambda: layers.AveragePooling3D(**pooling(c, 3)),
        lambda: layers.TimeDistributed(on_images(c, (shape[0], *shape[2:]))),
        lambda: layers.ConvLSTM2D(
            c.upto(2), window(c, 2, 2), padding=c.one(["valid", "same"]),
            return_sequences=c.chance(0.5), go_backwards=c.chance(0.3),
            activation=c.one(BOUNDED), recurrent_activation=c.one(BOUNDED),
            use_bias=c.chance(0.7)),
    ])()


@of_rank(3, 4, 5)
def each_step(c, shape):
    inside = (shape[0], *shape[2:])
    return layers.TimeDistributed(c.one(BY_RANK[len(inside)])(c, inside))


def cell_options(c, gates):
    options = {"units": c.upto(4), "activation": c.one(BOUNDED), "use_bias": c.chance(0.8)}
    return options | ({"recurrent_activation": c.one(BOUNDED)} if gates else {})


def sequence_options(c):
    return {"return_sequences": c.chance(0.5), "go_backwards": c.chance(0.3),
            "unroll": c.chance(0.3), "zero_output_for_mask": c.rarely(True, False)}


def simple(c):
    return c.one([
        lambda: layers.SimpleRNN(**cell_options(c, False), **sequence_options(c)),
        lambda: layers.LSTM(**cell_options(c, True), **sequence_options(c),
                            unit_forget_bias=c.chance(0.5)),
        lambda: layers.GRU(**cell_options(c, True), **sequence_options(c),
                           reset_after=c.rarely(True, False)),
    ])()


def cell(c):
    return c.one([
        lambda: layers.SimpleRNNCell(**cell_options(c, False)),
        lambda: layers.LSTMCell(**cell_options(c, True)),
        lambda: layers.GRUCell(**cell_options(c, True), reset_after=False),
    ])()


@of_rank(3)
def recurrent(c, shape):
    return c.one([
        lambda: simple(c), lambda: simple(c),
        lambda: layers.RNN([cell(c) for _ in range(c.upto(2))], return_sequences=c.chance(0.5),
                           go_backwards=c.chance(0.3)),
        lambda: layers.RNN(cell(c), return_sequences=c.chance(0.5)),
        lambda: layers.Bidirectional(
            simple(c), merge_mode=c.one(["concat", "sum", "mul", "ave"])),
    ])()


@of_rank(3)
def masking(c, shape):
    return layers.Masking(c.one([0.0, 1.0]))


def embedding(c, most):
    return layers.Embedding(most + 1, c.upto(4), mask_zero=c.chance(0.3))


def encoding(c, most):
    return layers.CategoryEncoding(most + 1, output_mode=c.one(["one_hot", "multi_hot", "count"]))
