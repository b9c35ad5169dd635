"""The newest Keras only: what it writes as several files instead of one."""

import keras
from keras import layers

from .recipe import Made, normal, randomize, recipe


def small(rng):
    """A compiled model that has taken some steps."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5, activation="tanh"),
                              layers.BatchNormalization(), layers.Dense(2)], name="small")
    randomize(model, rng)
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="mse")
    model.fit(normal(rng, 8, 4), normal(rng, 8, 2), batch_size=4, verbose=0)
    return Made(model, [normal(rng, 2, 4)])


@recipe(form="folder")
def unzipped(rng):
    return small(rng)


@recipe(form="shards")
def sharded(rng):
    return small(rng)
