"""The newest Keras only: how layers and models are put together."""

import gated_sae
import keras
import numpy as np
from keras import layers

from jumprelu_sae import JumpReLUSAE
from relu_sae import ReluSAE
from saelens_gated_sae import SAELensGatedSAE
from topk_sae import TopKSAE

from .recipe import Made, model_of, normal, randomize, recipe


@recipe()
def merge_layers(rng):
    a, b, c = (keras.Input((3,), name=name) for name in "abc")
    y = [layers.Add()([a, b, c]), layers.Multiply()([a, b]), layers.Average()([a, b, c]),
         layers.Maximum()([a, b]), layers.Minimum()([a, b, c]), layers.Concatenate()([a, b]),
         layers.Dot(axes=1)([a, b]), layers.Dot(axes=-1, normalize=True)([a, b])]
    return Made(keras.Model([a, b, c], y), [normal(rng, 2, 3) for _ in range(3)])


@recipe()
def merge_matrices(rng):
    a, b = keras.Input((3, 4), name="a"), keras.Input((5, 4), name="b")
    y = [layers.Concatenate(axis=1)([a, b]), layers.Dot(axes=(2, 2))([a, b]),
         layers.Dot(axes=2, normalize=True)([a, b])]
    return Made(keras.Model([a, b], y), [normal(rng, 2, 3, 4), normal(rng, 2, 5, 4)])


@recipe()
def nested_sequential(rng):
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="relu"),
                              layers.BatchNormalization(), layers.Dense(3)], name="inner")
    x = keras.Input((2,))
    y = layers.Dense(1)(inner(layers.Dense(3)(x)))
    return Made(model_of(x, y, rng), [normal(rng, 3, 2)])


@recipe()
def functional_in_functional(rng):
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    joined = layers.Concatenate()([layers.Dense(2)(a), b])
    core = keras.Model([a, b], [layers.Dense(3)(joined), layers.Dense(1)(joined)], name="core")
    x = keras.Input((3,), name="x")
    first, second = core([x, layers.Dense(2)(x)])
    third, _ = core([first, layers.Dense(2)(first)])
    y = layers.Dense(2)(layers.Concatenate()([first, second, third]))
    return Made(model_of(x, y, rng, name="outer"), [normal(rng, 2, 3)])


@recipe()
def sequential_in_sequential(rng):
    inner = keras.Sequential([layers.Dense(3, activation="tanh"), layers.Dense(2)], name="inner")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2), inner, layers.Dense(1)])
    return Made(randomize(model, rng), [normal(rng, 2, 4)])


@recipe()
def shared_nested_model(rng):
    tower = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="relu"),
                              layers.Dense(2)], name="tower")
    left, right = keras.Input((3,), name="left"), keras.Input((3,), name="right")
    y = layers.Dot(axes=1, normalize=True)([tower(left), tower(right)])
    return Made(model_of([left, right], y, rng), [normal(rng, 2, 3), normal(rng, 2, 3)])


@recipe()
def shared_layers(rng):
    dense, scale = layers.Dense(3, activation="tanh"), layers.BatchNormalization()
    x = keras.Input((3,))
    first = scale(dense(x))
    second = scale(dense(first))
    y = layers.Add()([first, second, dense(second), first])
    return Made(model_of(x, [y, first], rng), [normal(rng, 2, 3)])


@recipe()
def several_inputs_outputs(rng):
    wide, deep = keras.Input((3,), name="wide"), keras.Input((2,), name="deep")
    h = layers.Dense(4, activation="relu")(deep)
    y = [layers.Dense(1, name="rate")(layers.Concatenate()([wide, h])),
         layers.Dense(2, name="kind", activation="softmax")(h)]
    model = model_of([wide, deep], y, rng)
    model.compile(optimizer="adam", loss={"rate": "mse", "kind": "categorical_crossentropy"},
                  metrics={"kind": ["accuracy"]})
    data = [normal(rng, 8, 3), normal(rng, 8, 2)]
    kinds = np.eye(2, dtype=np.float32)[rng.integers(0, 2, 8)]
    model.fit(data, [normal(rng, 8, 1), kinds], batch_size=4, verbose=0)
    return Made(model, [part[:2] for part in data])


@recipe()
def dict_inputs(rng):
    parts = {name: keras.Input((size,), name=name) for name, size in (("b", 2), ("a", 3))}
    y = layers.Dense(2)(layers.Concatenate()([parts["b"], parts["a"]]))
    model = model_of(parts, y, rng)
    return Made(model, {"b": normal(rng, 2, 2), "a": normal(rng, 2, 3)})


@recipe()
def dict_outputs(rng):
    x = keras.Input((3,))
    y = {"second": layers.Dense(2)(x), "first": layers.Dense(1)(x)}
    return Made(model_of(x, y, rng), [normal(rng, 2, 3)])


@recipe()
def frozen_layers(rng):
    model = keras.Sequential([
        keras.Input((4,)),
        layers.Dense(3, trainable=False, name="frozen"),
        layers.BatchNormalization(trainable=False),
        layers.Dense(3, activation="relu", name="free"),
        keras.Sequential([keras.Input((3,)), layers.Dense(2)], name="head"),
    ])
    randomize(model, rng).get_layer("head").trainable = False
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="mse", metrics=["mae"])
    model.fit(normal(rng, 8, 4), normal(rng, 8, 2), batch_size=4, verbose=0)
    return Made(model, [normal(rng, 2, 4)])


@recipe()
def two_gated_saes(rng):
    nested = keras.Sequential([keras.Input((3,)), layers.Dense(4),
                               gated_sae.GatedSAE(4, 6, name="deep_sae")], name="nested")
    x = keras.Input((3,))
    y = nested(gated_sae.GatedSAE(3, 5, clip_norm=None, name="first_sae")(x))
    return Made(model_of(x, layers.Dense(2)(y), rng), [normal(rng, 2, 3)])


@recipe()
def relu_sae_inside(rng):
    x = keras.Input((4,))
    y = layers.Dense(2)(ReluSAE(3, 5, lambda_sparse=0.02)(layers.Dense(3)(x)))
    return Made(model_of(x, y, rng), [normal(rng, 2, 4)])


@recipe()
def saelens_gated_inside(rng):
    x = keras.Input((4,))
    y = layers.Dense(2)(SAELensGatedSAE(3, 5, lambda_sparse=0.02)(layers.Dense(3)(x)))
    return Made(model_of(x, y, rng), [normal(rng, 2, 4)])


@recipe()
def topk_and_jumprelu_inside(rng):
    x = keras.Input((4,))
    h = TopKSAE(4, 7, k=3)(layers.Dense(4)(x))
    return Made(model_of(x, layers.Dense(2)(JumpReLUSAE(4, 5)(h)), rng), [normal(rng, 2, 4)])


@recipe()
def names_with_digits_and_dots(rng):
    model = keras.Sequential([
        keras.Input((3,), name="0.input"),
        layers.Dense(4, name="1st.dense"),
        layers.Dense(4, name="blocks.0.hook_mlp_out"),
        layers.Dense(2, name="camelCase-and-dash"),
    ], name="Model.2")
    return Made(randomize(model, rng), [normal(rng, 2, 3)])


@recipe()
def eleven_dense(rng):
    """Numbers beyond 9: HDF5 sorts dense_10 before dense_2."""
    model = keras.Sequential([keras.Input((2,))] + [layers.Dense(2) for _ in range(12)])
    return Made(randomize(model, rng), [normal(rng, 2, 2) * 5])


@recipe()
def mixed_float16(rng):
    x = keras.Input((4,))
    h = layers.Dense(3, activation="relu", dtype="mixed_float16")(x)
    h = layers.BatchNormalization(dtype="mixed_float16")(h)
    y = layers.Dense(2, dtype="float32")(h)
    return Made(model_of(x, y, rng), [normal(rng, 2, 4)])
