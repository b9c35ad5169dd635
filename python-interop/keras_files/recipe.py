"""What a test file is made of, and the list of all of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np


@dataclass
class Made:
    """A model to save, what it is asked to predict, and batches to train on after saving."""

    model: keras.Model
    inputs: list | dict = field(default_factory=list)  # arrays in the order of model.inputs
    batches: list = field(default_factory=list)
    weights_only: bool = False  # save_weights instead of save
    more: dict = field(default_factory=dict)  # what else the JSON holds


@dataclass(frozen=True)
class Recipe:
    """A file: `make(rng)` builds the model."""

    name: str
    make: Callable
    every_version: bool  # written with each Keras, not the newest alone
    refused: bool  # holds what tfjs cannot do right
    form: str  # "file", "folder", "shards" of weights in a folder, "unloadable" by Keras,
    # "reordered" on the way back


RECIPES = {}


def recipe(every_version=False, refused=False, name=None, form="file"):
    """Decorator: the function makes the file that is named as it, or as `name` says."""

    def register(make):
        key = name or make.__name__
        if key in RECIPES:
            raise ValueError(f"two recipes are named {key}")
        RECIPES[key] = Recipe(key, make, every_version, refused, form)
        return make

    return register


def randomize(model, rng):
    """Gives each weight values of its own; variances and scales stay above zero."""
    for variable in model.weights:
        if "seed_generator" in variable.path or "int" in str(variable.dtype):
            continue
        kind = variable.path.rsplit("/", 1)[-1]
        if "variance" in kind or kind == "gamma":
            values = rng.uniform(0.5, 1.5, variable.shape)
        else:
            values = rng.normal(0, 0.4, variable.shape)
        variable.assign(values.astype(np.float32))
    return model


def normal(rng, *shape):
    """float32 from the standard normal distribution."""
    return rng.normal(size=shape).astype(np.float32)


def model_of(inputs, outputs, rng, **kwargs):
    """A functional model with random weights."""
    return randomize(keras.Model(inputs, outputs, **kwargs), rng)
