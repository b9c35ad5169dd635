"""A `.keras` file as a folder that tf.loadLayersModel reads."""

import sys

import numpy as np

from .errors import Refused, no_class
from .from_keras import tfjs_topology
from .keras_file import load, read_config, read_optimizer
from .masks import masked_output
from .model_json import write_model
from .table import TABLE
from .training import state_from_keras, tfjs_training
from .weights import named_weights


def convert(source, folder, with_optimizer=True):
    """Writes the folder; says on stderr where the optimizer had to stay behind."""
    config = read_config(source)
    topology = tfjs_topology(config)
    model = load(source)
    named = named_weights(model, topology)
    weights = {name: to_float32(name, variable) for name, variable in named.items()}
    training = state = None
    if with_optimizer and (config.get("compile_config") or {}).get("optimizer"):
        try:
            training, state = convert_training(source, config, model, named)
        except Refused as error:
            print(f"{source}: {error} The model is written without its optimizer.",
                  file=sys.stderr)
    write_model(folder, topology, weights, training, state)


def to_float32(name, variable):
    """A variable's values, in the one float type of tfjs."""
    import keras

    values = np.asarray(keras.ops.convert_to_numpy(variable)).astype(np.float32)
    if not np.isfinite(values).all():
        raise Refused(f"expected finite weights; received NaN or Infinity in {name}.")
    return values


def convert_training(source, config, model, named):
    """(trainingConfig, {name: array} of the optimizer's state)."""
    if masked_output(config):  # Keras leaves masked steps out of a loss
        raise no_class("losses", "one of masked steps", "tfjs counts them in its losses.")
    is_dictionary = config["class_name"] in TABLE["dictionaries"]
    training, runs = tfjs_training(config["compile_config"], is_dictionary)
    options = training["optimizer_config"]["config"]
    names = {id(variable): name for name, variable in named.items()}
    trained = {names[id(variable)]: variable.shape for variable in model.trainable_variables}
    has_rate = not isinstance(options["learningRate"], dict)
    state = state_from_keras(read_optimizer(source), trained, runs, has_rate)
    if state is None:
        return training, None
    steps, rate, kept = state
    if rate is not None and np.float32(rate) != np.float32(options["learningRate"]):
        options["learningRate"] = rate
    return training, {"iter": steps} | kept
