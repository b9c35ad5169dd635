"""How a model is trained: compile_config there, trainingConfig here, and the optimizer's state."""

import numpy as np

from .carry import carry, small_class
from .errors import Refused, no_class, no_option
from .table import TABLE, called, checked, find_keras, find_tfjs

NOMINAL_LOSS = "mean_squared_error"  # tfjs insists on one; dictionaries have their own
NOT_IN_TFJS = ("loss_weights", "weighted_metrics")


def tfjs_training(compile_config, is_dictionary):
    """(trainingConfig, what the optimizer keeps of each weight, in runs), of a compiled model."""
    node = checked(inside_of(spelled_out(compile_config["optimizer"])), "compile_config.optimizer")
    entry, name = find_keras("optimizers", ["optimizers"], node)
    config = carry(entry, node["config"], "keras", called(node))
    for option in NOT_IN_TFJS:
        if compile_config.get(option) is not None:
            raise no_option("compile", option, compile_config[option], "Leave it out.")
    loss, metrics = compile_config.get("loss"), compile_config.get("metrics")
    training = {
        "optimizer_config": {"class_name": name, "config": config},
        "loss": NOMINAL_LOSS if is_dictionary and loss is None
        else through_lists(loss, lambda one: tfjs_function("losses", "loss_classes", one)),
        "metrics": None if metrics is None
        else through_lists(metrics, lambda one: tfjs_function("metrics", "metric_classes", one)),
    }
    return training, runs_of(entry, config)


def spelled_out(optimizer):
    """An optimizer by its name alone, as older releases of Keras wrote it, with its defaults."""
    if not isinstance(optimizer, str):
        return optimizer
    known = {name.lower(): name for name in TABLE["optimizers"]}
    name = known.get(optimizer.lower(), optimizer)
    defaults = TABLE["optimizers"].get(name, {}).get("defaults", {})
    return {"class_name": name, "config": {"name": optimizer} | defaults}


def inside_of(optimizer):
    """The optimizer that a LossScaleOptimizer steps with: float32 needs no scale of the loss."""
    if isinstance(optimizer, dict) and optimizer.get("class_name") == "LossScaleOptimizer":
        return optimizer["config"].get("inner_optimizer")
    return optimizer


def runs_of(entry, tfjs_config):
    """What an optimizer keeps of each weight, in runs through all of them."""
    where = entry.get("slots_where")
    slots = entry.get("slots", []) if where is None or tfjs_config.get(where) else []
    return ([["average"]] if tfjs_config.get("useEma") else []) + [slots]


def names_in(weights, runs):
    """The names of all that an optimizer keeps, in its order."""
    return [f"{weight}/{slot}" for slots in runs for weight in weights for slot in slots]


def through_lists(value, carry_one):
    """One for each output, in lists or by the outputs' names."""
    if isinstance(value, list):
        return [through_lists(one, carry_one) for one in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {name: through_lists(one, carry_one) for name, one in value.items()}
    return carry_one(value)


def tfjs_function(kind, classes, value):
    """A loss or a metric by its name, or as an object of a class."""
    if value is None and kind == "metrics":
        return None
    if isinstance(value, dict):
        return small_class(classes)(value, "keras", kind, "compile")["class_name"]
    if value not in TABLE[kind]:
        raise no_class(kind, "none" if value is None else repr(value),
                       f"Use one of {', '.join(TABLE[kind])}.")
    return TABLE[kind][value]


def compile_arguments(training_config, is_dictionary):
    """(arguments for Keras's compile with the optimizer serialised, what it keeps of each weight, in runs)."""
    node = checked(training_config.get("optimizer_config"), "trainingConfig.optimizer_config")
    entry, name = find_tfjs("optimizers", ["optimizers"], node)
    config = carry(entry, node["config"], "tfjs", called(node))
    optimizer = {"module": "keras.optimizers", "class_name": name, "config": config,
                 "registered_name": None}
    arguments = {"optimizer": optimizer}
    if not is_dictionary:
        for kind, option in (("losses", "loss"), ("metrics", "metrics")):
            arguments[option] = keras_names(kind, training_config.get(option))
    return arguments, runs_of(entry, node["config"])


def keras_names(kind, value):
    """A loss or metrics by the names that Keras has for them."""
    names = {}
    for keras_name, tfjs_name in TABLE[kind].items():
        names.setdefault(tfjs_name, keras_name)

    def one(name):
        if name not in names:
            raise no_class(kind, repr(name), f"Use one of {', '.join(names)}.")
        return names[name]

    return None if not value else through_lists(value, one)


def state_from_keras(arrays, weights, runs, has_rate):
    """(steps, rate or None, {"weight/slot": array}) from optimizer/vars of model.weights.h5.

    `weights` is {name in tfjs: shape} of those that are trained, in Keras's order.
    """
    if "0" not in arrays:
        return None
    rate = float(arrays["1"]) if has_rate and "1" in arrays else None
    first = 2 if has_rate else 1
    kept = {}
    names = names_in(weights, runs)
    expected = (first, first + len(names))
    if len(arrays) not in expected:
        raise Refused(f"expected an optimizer with {expected[-1]} variables; received "
                      f"{len(arrays)}. Compile the model anew after freezing or thawing layers.")
    if len(arrays) > first:
        for at, name in enumerate(names):
            kept[name] = np.asarray(arrays[str(first + at)], np.float32)
            shape = tuple(weights[name.rsplit("/", 1)[0]])
            if kept[name].shape != shape:
                raise Refused(f"expected {name} of shape {shape}; received {kept[name].shape}.")
    return int(arrays["0"]), rate, kept
