"""Files of ordinary models, with every Keras release."""

import gated_sae
import keras
import numpy as np
from keras import layers

from .recipe import Made, model_of, normal, randomize, recipe


def fit(model, x, classes, rng, **compile_options):
    """Compiles for classification and takes some steps."""
    options = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy",
               "metrics": ["accuracy"]} | compile_options
    model.compile(**options)
    model.fit(x, rng.integers(0, classes, len(x)), batch_size=8, epochs=2, verbose=0)
    return model


def mlp(rng):
    """Dense, Dropout and BatchNormalization in a Sequential."""
    model = keras.Sequential([
        keras.Input((5,)),
        layers.Dense(6, activation="relu"),
        layers.Dropout(0.2),
        layers.BatchNormalization(),
        layers.Dense(3, activation="softmax"),
    ], name="mlp")
    return randomize(model, rng)


@recipe(every_version=True)
def sequential_mlp(rng):
    return Made(fit(mlp(rng), normal(rng, 16, 5), 3, rng), [normal(rng, 3, 5)])


@recipe(every_version=True, name="mlp_compiled_weights")
def mlp_compiled_weights(rng):
    made = sequential_mlp(rng)
    return Made(made.model, made.inputs, weights_only=True)


@recipe(every_version=True, name="mlp_uncompiled_weights")
def mlp_uncompiled_weights(rng):
    return Made(mlp(rng), [normal(rng, 3, 5)], weights_only=True)


@recipe(every_version=True)
def functional_gsae(rng):
    x = keras.Input((5,), name="activations")
    h = layers.Dense(4, name="before")(x)
    h = gated_sae.GatedSAE(4, 7, name="inner_sae")(h)
    y = layers.Dense(2, activation="tanh", name="after")(h)
    return Made(model_of(x, y, rng, name="with_sae"), [normal(rng, 3, 5)])


@recipe(every_version=True)
def cnn(rng):
    model = keras.Sequential([
        keras.Input((6, 6, 1)),
        layers.Conv2D(3, 3, activation="relu", padding="same"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(2, activation="softmax"),
    ])
    fit(randomize(model, rng), normal(rng, 16, 6, 6, 1), 2, rng)
    return Made(model, [normal(rng, 2, 6, 6, 1)])


@recipe(every_version=True)
def lstm(rng):
    model = keras.Sequential([
        keras.Input((5,), dtype="int32"),
        layers.Embedding(7, 3),
        layers.LSTM(4),
        layers.Dense(2),
    ])
    model = randomize(model, rng)
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="mse")
    tokens = rng.integers(0, 7, (16, 5)).astype(np.int32)
    model.fit(tokens, normal(rng, 16, 2), batch_size=8, verbose=0)
    return Made(model, [tokens[:3]])
