"""The newest Keras only: layers inside a nested model and outside it. It saves them and cannot load
them, so what a file holds is predicted by the model that was saved."""

import tempfile
from pathlib import Path

import keras
from keras import layers

from .arrays import encode_array, read_h5
from .recipe import Made, model_of, normal, recipe


def trained(model, rng, outputs=1):
    """Takes some steps; and what two more on one batch come to."""
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="mse")

    def data():
        y = [normal(rng, 4, 3) for _ in range(outputs)]
        return normal(rng, 4, 3), y[0] if outputs == 1 else y

    model.fit(*data(), batch_size=4, epochs=3, shuffle=False, verbose=0)
    return data()


def made(model, rng):
    """The model after some steps, and the arrays after two more."""
    x, y = trained(model, rng)
    twin = Made(model, [normal(rng, 2, 3)])
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.weights.h5", Path(folder) / "after.weights.h5"
        model.save_weights(before)
        model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
        model.save_weights(after)
        arrays = read_h5(after)
        model.load_weights(before)
    twin.more = {"trains_on": {"x": encode_array(x), "y": encode_array(y), "arrays_after": arrays}}
    return twin


@recipe(form="unloadable")
def layer_inside_and_outside(rng):
    shared = layers.Dense(3, activation="tanh", name="shared")
    inside = keras.Input((3,))
    inner = keras.Model(inside, layers.Dense(3)(shared(shared(inside))), name="inner")
    x = keras.Input((3,))
    outside = shared(x)
    y = layers.Add()([inner(x), outside, shared(outside)])
    return made(model_of(x, layers.Dense(3)(y), rng, name="outer"), rng)


@recipe(form="unloadable")
def layer_in_two_nested_models(rng):
    shared = layers.LayerNormalization(name="shared")
    towers = []
    for name in ("left", "right"):
        x = keras.Input((3,))
        towers.append(keras.Model(x, shared(layers.Dense(3, activation="relu")(x)), name=name))
    x = keras.Input((3,))
    y = layers.Concatenate()([tower(x) for tower in towers])
    return made(model_of(x, layers.Dense(3)(y), rng), rng)


@recipe(form="unloadable")
def model_inside_and_outside(rng):
    a = keras.Input((3,))
    tower = keras.Model(a, layers.Dense(3, activation="tanh")(a), name="tower")
    b = keras.Input((3,))
    inner = keras.Model(b, layers.Dense(3)(tower(b)), name="inner")
    x = keras.Input((3,))
    y = layers.Add()([inner(x), tower(x)])
    return made(model_of(x, [tower(y)], rng), rng)
