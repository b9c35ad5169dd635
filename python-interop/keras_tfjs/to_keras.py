"""A folder that tfjs has saved as a `.keras` file."""

import sys

import numpy as np

from .errors import Refused
from .keras_file import import_classes
from .model_json import read_model
from .table import TABLE
from .to_keras_config import keras_config
from .training import compile_arguments, names_in
from .weights import named_weights


def convert(source, path, with_optimizer=True):
    """Writes the file; says on stderr where the optimizer had to stay behind."""
    topology, training, weights, state = read_model(source)
    config = keras_config(topology, {name: array.shape for name, array in weights.items()})
    model = build(config)
    named = named_weights(model, topology)
    for name, variable in named.items():
        assign(variable, name, weights)
    if with_optimizer and training:
        try:
            compile_as(model, config, training)
            restore(model, training, named, state)
        except Refused as error:
            print(f"{source}: {error} The model is written without its optimizer.",
                  file=sys.stderr)
            model.optimizer = None
            model.compiled = False
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path)


def build(config):
    """The model, with weights."""
    import_classes()
    import keras

    try:
        model = keras.saving.deserialize_keras_object(config, safe_mode=True)
    except Exception as error:  # whatever Keras says of a configuration that it cannot build
        text = str(error).strip().split("\n")[0]
        raise Refused(f"Keras cannot build the model: {text}") from error
    if config["class_name"] in TABLE["dictionaries"]:
        # Once called it counts as built: else loading it drops the optimizer's state.
        model(np.zeros((1, config["config"]["input_dim"]), np.float32))
    return model


def assign(variable, name, arrays):
    """Gives a variable the values of that name."""
    values = arrays.get(name)
    if values is None:
        raise Refused(f"expected the weight {name}; there is none. Save the whole model.")
    if tuple(values.shape) != tuple(variable.shape):
        raise Refused(f"expected {name} of shape {list(variable.shape)}; "
                      f"received {list(values.shape)}.")
    variable.assign(values)


def compile_as(model, config, training):
    """Compiles as tfjs had."""
    import keras

    is_dictionary = config["class_name"] in TABLE["dictionaries"]
    arguments, _ = compile_arguments(training, is_dictionary)
    optimizer = keras.optimizers.deserialize(arguments.pop("optimizer"))
    model.compile(optimizer=optimizer, **arguments)


def restore(model, training, named, state):
    """Gives the optimizer the state that tfjs saved by the weights' names."""
    optimizer = model.optimizer
    if not state:
        return
    steps, *kept = state.values()  # `iter` comes first
    optimizer.iterations.assign(int(np.ravel(steps)[0]))
    if not kept:
        return  # no step has been taken, or nothing is kept of a weight
    optimizer.build(model.trainable_variables)
    _, runs = compile_arguments(training, True)
    names = {id(variable): name for name, variable in named.items()}
    trained = [names[id(variable)] for variable in model.trainable_variables]
    keys = names_in(trained, runs)
    for key, variable in zip(keys, optimizer.variables[len(optimizer.variables) - len(keys):]):
        # Adam without momentum keeps no first moment in tfjs, and does in Keras.
        if key in state:
            assign(variable, key, state)
