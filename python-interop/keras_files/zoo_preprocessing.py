"""The newest Keras only: preprocessing layers that are arithmetic."""

import keras
import numpy as np
from keras import layers

from .recipe import Made, model_of, normal, recipe
from .zoo_spatial import each_on


def adapted(rng, shape, **options):
    """A Normalization that has seen some data."""
    layer = layers.Normalization(**options)
    layer.adapt(normal(rng, 40, *shape) * 3 + 1)
    return layer


def on(shape, made_layers, data):
    """A model that hands one input to each of the layers, whose weights stay as they are."""
    x = keras.Input(shape)
    return Made(keras.Model(x, [layer(x) for layer in made_layers]), [data])


@recipe()
def normalization(rng):
    shape = (3, 4)
    made = [
        adapted(rng, shape),
        adapted(rng, shape, axis=1),
        adapted(rng, shape, axis=(2, 1)),
        adapted(rng, shape, axis=(-2, -1)),
        adapted(rng, shape, axis=None),
        adapted(rng, shape, invert=True),
        layers.Normalization(mean=3.0, variance=2.0),
        layers.Normalization(axis=None, mean=0.5, variance=0.0),
        layers.Normalization(axis=(1, 2), mean=[1.0, 2.0, 3.0, 4.0], variance=[1, 2, 3, 4]),
        layers.Normalization(axis=1, mean=[1.0, 2.0, 3.0], variance=[4.0, 5.0, 6.0], invert=True),
        layers.Normalization(),
    ]
    return on(shape, made, normal(rng, 2, *shape) * 3)


@recipe()
def normalization_trained(rng):
    model = keras.Sequential([keras.Input((4,)), adapted(rng, (4,)), layers.Dense(2)])
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="mse")
    model.fit(normal(rng, 8, 4), normal(rng, 8, 2), batch_size=4, verbose=0)
    return Made(model, [normal(rng, 2, 4)])


@recipe()
def rescaling_by_channel(rng):
    made = [layers.Rescaling([0.5, 2.0]), layers.Rescaling(2.0, offset=[1.0, -1.0]),
            layers.Rescaling(np.array([[0.1, 0.2], [0.3, 0.4]], np.float32))]
    return on((2, 2), made, normal(rng, 3, 2, 2))


@recipe()
def category_encoding(rng):
    x = keras.Input((3,), dtype="int32")
    one = keras.Input((1,), dtype="int32")
    y = [layers.CategoryEncoding(num_tokens=5, output_mode=mode)(end)
         for mode in ("multi_hot", "count", "one_hot") for end in (x, one)]
    model = model_of([x, one], y, rng)
    return Made(model, [np.array([[0, 1, 1], [4, 4, 4], [2, 0, 3]], np.int32),
                        np.array([[3], [0], [4]], np.int32)])


@recipe()
def discretization(rng):
    bounds = [-1.0, 0.0, 0.5]
    adapted_bins = layers.Discretization(num_bins=4, output_mode="one_hot")
    adapted_bins.adapt(normal(rng, 200))
    made = [layers.Discretization(bounds, output_mode=mode)
            for mode in ("int", "one_hot", "multi_hot", "count")] + [adapted_bins]
    data = np.array([[-1.0, -0.5, 0.0], [0.5, 0.7, -3.0], [0.1, 0.1, 9.0]], np.float32)
    return on((3,), made, data)


@recipe()
def center_crop(rng):
    return each_on((5, 6, 2), [layers.CenterCrop(3, 4), layers.CenterCrop(4, 3),
                               layers.CenterCrop(5, 6)], rng)


@recipe()
def resizing(rng):
    return each_on((5, 6, 2), [
        layers.Resizing(3, 4), layers.Resizing(7, 9), layers.Resizing(10, 3),
        layers.Resizing(3, 4, interpolation="nearest"),
        layers.Resizing(7, 9, interpolation="nearest"),
    ], rng)


@recipe()
def random_image_layers(rng):
    """At inference they hand on what comes in."""
    x = keras.Input((4, 5, 3))
    y = x
    for layer in (
        layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.RandomZoom(0.2, 0.3),
        layers.RandomTranslation(0.1, 0.2), layers.RandomContrast(0.3),
        layers.RandomBrightness(0.2),
    ):
        y = layer(y)
    y = layers.Dense(2)(layers.Flatten()(y))
    return Made(model_of(x, y, rng), [rng.uniform(0, 255, (2, 4, 5, 3)).astype(np.float32)])
