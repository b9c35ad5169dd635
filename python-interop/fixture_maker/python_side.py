"""The real thing on the Python side: gated-sae-tf's model under keras' Adam."""

import gated_sae
import keras
import numpy as np
import tensorflow as tf

WEIGHT_NAMES = ("W_gate", "b_gate", "r_mag", "b_mag", "W_dec", "b_dec")


def made_by():
    """The releases that computed a fixture."""
    return {
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "gated_sae_tf": gated_sae.__version__,
    }


def make_adam(learning_rate, **options):
    """keras.optimizers.Adam; a dict as learning rate holds the arguments of WarmupCosineDecay."""
    if isinstance(learning_rate, dict):
        learning_rate = gated_sae.WarmupCosineDecay(**learning_rate)
    return keras.optimizers.Adam(learning_rate=learning_rate, **options)


def make_model(config, optimizer, weights):
    """A compiled GatedSAE that holds the given weights."""
    model = gated_sae.GatedSAE(**config)
    model.compile(optimizer=make_adam(**optimizer))
    for name, values in weights.items():
        getattr(model, name).assign(values)
    return model


def read_weights(model):
    """The six weights as numpy arrays by name."""
    return {name: np.array(getattr(model, name)) for name in WEIGHT_NAMES}


def as_floats(logs):
    """A step's logs as Python floats (exact: every float32 is a float64)."""
    return {name: float(value) for name, value in logs.items()}
