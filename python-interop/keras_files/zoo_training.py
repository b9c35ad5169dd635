"""The newest Keras only: what an optimizer keeps where the loss is scaled."""

import tempfile
from pathlib import Path

import keras
from keras import layers

from .arrays import encode_array, read_h5
from .recipe import Made, normal, randomize, recipe


def dense(rng, dtype):
    """Two layers that compute in `dtype`."""
    model = keras.Sequential([
        keras.Input((4,)),
        layers.Dense(3, activation="tanh", dtype=dtype, name="hidden"),
        layers.Dense(2, dtype="float32", name="out"),
    ], name="scaled")
    return randomize(model, rng)


def scaled(rng, dtype, inner):
    """Trained with a LossScaleOptimizer; and what two steps of `inner` in float32 come to after."""
    model = dense(rng, dtype)
    model.compile(optimizer=keras.optimizers.LossScaleOptimizer(inner()), loss="mse")
    model.fit(normal(rng, 12, 4), normal(rng, 12, 2), batch_size=4, shuffle=False, verbose=0)
    twin = dense(rng, "float32")
    twin.set_weights(model.get_weights())
    twin.compile(optimizer=inner(), loss="mse")
    twin.optimizer.build(twin.trainable_variables)
    kept = model.optimizer.inner_optimizer.variables
    for variable, value in zip(twin.optimizer.variables, kept, strict=True):
        variable.assign(value)
    x, y = normal(rng, 4, 4), normal(rng, 4, 2)
    for _ in range(2):
        twin.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "after.weights.h5"
        twin.save_weights(path)
        after = {"x": encode_array(x), "y": encode_array(y), "arrays_after": read_h5(path)}
    return Made(model, [normal(rng, 2, 4)], more={"trains_on": after})


@recipe()
def loss_scale_mixed_float16(rng):
    return scaled(rng, "mixed_float16", lambda: keras.optimizers.Adam(1e-2))


@recipe()
def loss_scale_mixed_bfloat16(rng):
    return scaled(rng, "mixed_bfloat16", lambda: keras.optimizers.SGD(1e-2, momentum=0.9))
