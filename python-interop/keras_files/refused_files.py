"""One file for each thing that tfjs lacks, or would compute differently without a word."""

import gated_sae
import keras
import numpy as np
from keras import layers

from .recipe import Made, normal, recipe

VECTOR, SEQUENCE, IMAGE = (4,), (3, 4), (4, 4, 2)

LAYERS = {  # file: (shape of the input, a function that makes the layer)
    "gru_reset_after": (SEQUENCE, lambda: layers.GRU(2)),
    # Compiled from text, for the code of a function names the file that it is in.
    "lambda": (VECTOR, lambda: layers.Lambda(eval(compile("lambda x: x + 1", "lambda", "eval")))),
    "hard_sigmoid": (VECTOR, lambda: layers.Dense(2, activation="hard_sigmoid")),
    "exponential": (VECTOR, lambda: layers.Dense(2, activation="exponential")),
    "leaky_relu_activation": (VECTOR, lambda: layers.Dense(2, activation="leaky_relu")),
    "relu_negative_slope": (VECTOR, lambda: layers.ReLU(negative_slope=0.2)),
    "relu_threshold": (VECTOR, lambda: layers.ReLU(threshold=0.5)),
    "conv2d_groups": (IMAGE, lambda: layers.Conv2D(2, 2, groups=2)),
    "conv2d_channels_first": (IMAGE, lambda: layers.Conv2D(2, 2, data_format="channels_first")),
    "upsampling2d_bilinear": (IMAGE, lambda: layers.UpSampling2D(2, interpolation="bilinear")),
    "group_normalization": (IMAGE, lambda: layers.GroupNormalization(2)),
    "rms_normalization": (VECTOR, lambda: layers.RMSNormalization()),
    "einsum_dense": (VECTOR, lambda: layers.EinsumDense("ab,bc->ac", output_shape=3)),
    "kernel_constraint": (VECTOR, lambda: layers.Dense(2, kernel_constraint="max_norm")),
    "activity_regularizer": (VECTOR, lambda: layers.Dense(2, activity_regularizer="l1")),
    "resizing_antialias": (IMAGE, lambda: layers.Resizing(2, 2, antialias=True)),
    "resizing_crop": (IMAGE, lambda: layers.Resizing(2, 3, crop_to_aspect_ratio=True)),
    "resizing_bicubic": (IMAGE, lambda: layers.Resizing(2, 2, interpolation="bicubic")),
    "random_crop": (IMAGE, lambda: layers.RandomCrop(2, 2)),
    "pooling_keepdims": (IMAGE, lambda: layers.GlobalAveragePooling2D(keepdims=True)),
    "batch_normalization_renorm": (VECTOR, lambda: layers.BatchNormalization(renorm=True)),
    "bidirectional_backward_layer": (SEQUENCE, lambda: layers.Bidirectional(
        layers.LSTM(2), backward_layer=layers.LSTM(2, activation="relu", go_backwards=True))),
    "unit_normalization": (VECTOR, lambda: layers.UnitNormalization()),
    "conv1d_transpose": (SEQUENCE, lambda: layers.Conv1DTranspose(2, 2)),
    "elu_alpha": (VECTOR, lambda: layers.ELU(alpha=0.7)),
    "batch_normalization_axis_1": (IMAGE, lambda: layers.BatchNormalization(axis=1)),
    "conv1d_causal": (SEQUENCE, lambda: layers.Conv1D(2, 2, padding="causal")),
    "depthwise_dilation": (IMAGE, lambda: layers.DepthwiseConv2D(2, dilation_rate=2)),
    "center_crop_of_less": (IMAGE, lambda: layers.CenterCrop(5, 3)),
    "softmax_axis_1": (SEQUENCE, lambda: layers.Softmax(axis=1)),
    "softmax_two_axes": (SEQUENCE, lambda: layers.Softmax(axis=(1, 2))),
    "space in name": (VECTOR, lambda: layers.Dense(2, name="my dense")),
    "zero_padding_1d": (SEQUENCE, lambda: layers.ZeroPadding1D(1)),
    "layer_normalization_rms_scaling": (
        VECTOR, lambda: layers.LayerNormalization(rms_scaling=True)),
}


def of_layer(name, shape, make_layer):
    def make(_):
        x = keras.Input(shape)
        return Made(keras.Model(x, make_layer()(x)))

    recipe(refused=True, name=name.replace(" ", "_"))(make)


for layer_name, (input_shape, factory) in LAYERS.items():
    of_layer(layer_name, input_shape, factory)


@keras.saving.register_keras_serializable(package="some_package")
class Twice(layers.Layer):
    """A layer of somebody's own."""

    def call(self, x):
        return x * 2


@keras.saving.register_keras_serializable(package="some_package")
class Subclassed(keras.Model):
    """A model whose graph is Python code."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)


@recipe(refused=True)
def custom_layer(_):
    x = keras.Input(VECTOR)
    return Made(keras.Model(x, Twice()(x)))


@recipe(refused=True)
def subclassed_model(rng):
    model = Subclassed()
    model(normal(rng, 2, 4))
    return Made(model)


@recipe(refused=True)
def multi_head_attention(_):
    x = keras.Input(SEQUENCE)
    return Made(keras.Model(x, layers.MultiHeadAttention(2, 2)(x, x)))


@recipe(refused=True)
def lstm_stateful(_):
    x = keras.Input(batch_shape=(2, 3, 4))
    return Made(keras.Model(x, layers.LSTM(2, stateful=True)(x)))


@recipe(refused=True)
def category_encoding_weights(_):
    x, w = keras.Input((3,), dtype="int32"), keras.Input((3,))
    encoding = layers.CategoryEncoding(num_tokens=4, output_mode="count")
    return Made(keras.Model([x, w], encoding(x, count_weights=w)))


@recipe(refused=True)
def integer_lookup(_):
    x = keras.Input((3,), dtype="int64")
    return Made(keras.Model(x, layers.IntegerLookup(vocabulary=[7, 8, 9])(x)))


@recipe(refused=True)
def hashing(_):
    x = keras.Input((3,), dtype="int64")
    return Made(keras.Model(x, layers.Hashing(4)(x)))


@recipe(refused=True)
def subtract(_):
    a, b = keras.Input(VECTOR), keras.Input(VECTOR)
    return Made(keras.Model([a, b], layers.Subtract()([a, b])))


@recipe(refused=True)
def ops_node(_):
    x = keras.Input(VECTOR)
    return Made(keras.Model(x, layers.Dense(2)(x) + 1))


@recipe(refused=True)
def dropout_training_true(_):
    x = keras.Input(VECTOR)
    return Made(keras.Model(x, layers.Dropout(0.5)(x, training=True)))


@recipe(refused=True)
def quantized_dense(_):
    x = keras.Input(VECTOR)
    model = keras.Model(x, layers.Dense(2)(x))
    model.quantize("int8")
    return Made(model)


@recipe(refused=True)
def lora_dense(_):
    dense = layers.Dense(3)
    x = keras.Input(VECTOR)
    model = keras.Model(x, dense(x))
    dense.enable_lora(1)
    return Made(model)


def compiled(name, make_optimizer, loss="mse"):
    """A file whose layers are fine, and whose training is not."""

    def make(rng):
        model = keras.Sequential([keras.Input(VECTOR), layers.Dense(2)])
        model.compile(optimizer=make_optimizer(), loss=loss() if callable(loss) else loss)
        y = np.zeros(4, np.int32) if callable(loss) else normal(rng, 4, 2)
        model.fit(normal(rng, 4, 4), y, verbose=0)
        return Made(model)

    recipe(refused=True, name=name)(make)


optimizers = keras.optimizers
compiled("rmsprop", lambda: optimizers.RMSprop(1e-3))
compiled("adam_amsgrad", lambda: optimizers.Adam(amsgrad=True))
compiled("adam_gradient_accumulation",
         lambda: optimizers.Adam(gradient_accumulation_steps=2))
compiled("exponential_decay", lambda: optimizers.Adam(
    optimizers.schedules.ExponentialDecay(1e-2, 10, 0.9)))
compiled("loss_from_logits", lambda: "adam",
         loss=lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True))


@recipe(refused=True)
def gsae_adam_amsgrad(rng):
    model = gated_sae.GatedSAE(4, 5)
    model.compile(optimizer=optimizers.Adam(amsgrad=True))
    model.fit(normal(rng, 4, 4), verbose=0)
    return Made(model)
