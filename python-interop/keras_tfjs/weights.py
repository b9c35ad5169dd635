"""Names that tfjs gives the weights of a Keras model."""

from .errors import Refused
from .table import CONTAINERS, TABLE

RENAMED = {"DepthwiseConv2D": {"kernel": "depthwise_kernel"}}


def named_weights(model, topology):
    """{name in tfjs: Keras variable} of a built model, in Keras's order."""
    named = {}
    for name, variable in walk(model, topology, set()):
        if name in named:
            raise Refused(f'expected weights of different names; received two of "{name}". '
                          "Rename layers so that all have names of their own.")
        named[name] = variable
    return named


def walk(model, node, seen):
    """(name, variable) of a model or layer and of all layers in it, each once."""
    if id(model) in seen:
        return
    seen.add(id(model))
    if node["class_name"] not in CONTAINERS:
        yield from of_layer(model, node, node["config"]["name"])
        return
    inner = {layer.name: layer for layer in model.layers}
    for child in node["config"]["layers"]:
        # What tfjs has besides, for a tensor that is an output twice, has no weights.
        if child["class_name"] != "InputLayer" and child["config"]["name"] in inner:
            yield from walk(inner[child["config"]["name"]], child, seen)


def of_layer(layer, node, scope):
    """The same of a layer; tfjs puts the weights of a layer inside under the outer one's name."""
    name, config = node["class_name"], node["config"]
    if name == "Bidirectional":
        inside = config["layer"]["config"]["name"]
        for side in ("forward", "backward"):
            part = getattr(layer, f"{side}_layer")
            yield from of_layer(part, config["layer"], f"{scope}/{side}_{inside}")
    elif name == "TimeDistributed":
        inside = config["layer"]
        if inside["class_name"] in CONTAINERS or inside["class_name"] in TABLE["dictionaries"]:
            yield from walk(layer.layer, inside, set())
        else:
            yield from of_layer(layer.layer, inside, scope)
    elif hasattr(layer, "cells"):
        for at, (cell, one) in enumerate(zip(layer.cells, config["cells"])):
            yield from of_layer(cell, one, f"{scope}/RNNCell_{at}")
    elif hasattr(layer, "cell"):
        yield from of_layer(layer.cell, config.get("cell", node), scope)
    else:
        names = RENAMED.get(type(layer).__name__, {})
        for variable in layer.weights:
            if "seed_generator" not in variable.path:
                yield f"{scope}/{names.get(variable.name, variable.name)}", variable
