"""The topology that tfjs-layers loads, from what Keras 3 writes into config.json."""

import re

from . import masks
from .carry import carry
from .errors import damaged, no_class, no_option
from .graph import call_shapes, check_names, ends, renumbered, tensors_in
from .repeats import without_repeats, without_twins
from .shared import also_in_wrapper
from .table import KERAS_MODULE, TABLE, called, checked, find_keras

FLOATS = re.compile(r"(mixed_)?b?float(16|32|64)")


def tfjs_topology(config):
    """class_name and config of the whole model."""
    root = checked(config, "config.json")
    masks.masked_output(root)
    shared = also_in_wrapper(root)
    if shared:
        raise no_class("layers", f"{called(shared)}, which stands within another layer and "
                       "elsewhere too", "Give each place a layer of its own.")
    found = as_model(root, frozen=False)
    if found is None:
        raise no_class("models", called(root), "Save it as a Sequential or a functional model: "
                       "code of a subclass cannot travel.")
    return found


def as_model(node, frozen):
    """A container or a dictionary as tfjs has it; None for a layer."""
    name = node["class_name"]
    of_keras = KERAS_MODULE.match(node.get("module") or "keras")
    if node.get("registered_name") in (None, name) and of_keras:
        if name == "Sequential":
            return sequential(node, frozen)
        if name == "Functional":
            return functional(node, frozen)
    if name in TABLE["dictionaries"]:
        entry, tfjs_name = find_keras("models", ["dictionaries"], node)
        return with_options(entry, tfjs_name, node, frozen)
    return None


def as_layer(node, frozen):
    """Any layer or model as tfjs has it."""
    checked(node, "a layer")
    model = as_model(node, frozen)
    if model:
        return model
    entry, tfjs_name = find_keras("layers", ["layers"], node)
    return with_options(entry, tfjs_name, node, frozen)


def with_options(entry, tfjs_name, node, frozen):
    """A layer with its options, its name and whether it is frozen."""
    config, where = node["config"], called(node)
    if node["class_name"] != "InputLayer":
        check_dtype(config.get("dtype"), where)
    frozen = frozen or config.get("trainable") is False
    calls = call_shapes(node)
    ranks = {len(shape) for shapes in calls for shape in shapes}
    other = entry.get("of_rank", {}).get(str(*ranks)) if len(ranks) == 1 else None
    if other is None:
        check_ranks(entry, ranks, where)
    options = carry(entry, config, "keras", where, lambda inner: as_layer(inner, frozen), calls)
    if other:
        tfjs_name, options = other["tfjs"], dict(other["config"])
    if "name" in config:
        options["name"] = config["name"]
    if frozen:
        options["trainable"] = False
    return {"class_name": tfjs_name, "config": options}


def check_ranks(entry, ranks, where):
    """tfjs would say so when it builds the model, or only when that predicts."""
    fewest, most = entry.get("ranks", (0, 99))
    for rank in ranks:
        if not fewest <= rank <= most:
            raise no_option(where, "an input of rank", rank, f"tfjs takes tensors of rank {fewest} "
                            f"to {most} there: reshape them before.")


def check_dtype(dtype, where):
    """tfjs computes in float32; a policy for integers is another computation."""
    name = dtype["config"].get("name") if isinstance(dtype, dict) else dtype
    if name is not None and not FLOATS.fullmatch(str(name)):
        raise no_option(where, "dtype", dtype, "Save it in a floating-point type.")


def layers_in(node):
    """The serialised layers of a container."""
    layers = node["config"].get("layers")
    if not isinstance(layers, list):
        raise damaged("the layers of a model", "a list", layers)
    return [checked(layer, f"a layer of {called(node)}") for layer in layers]


def is_frozen(node, frozen):
    return frozen or node["config"].get("trainable") is False


def sequential(node, frozen):
    """A Sequential; its input layer may be in build_input_shape alone."""
    name, shape = node["config"].get("name"), node["config"].get("build_input_shape")
    layers = [as_layer(layer, is_frozen(node, frozen)) for layer in layers_in(node)]
    check_names(layers, called(node))
    if isinstance(shape, list) and layers and layers[0]["class_name"] != "InputLayer":
        config = {"batch_input_shape": shape, "name": f"{name}_input"}
        layers.insert(0, {"class_name": "InputLayer", "config": config})
    return {"class_name": "Sequential", "config": {"name": name, "layers": layers}}


def functional(node, frozen):
    """A graph of layers, its calls numbered as tfjs does."""
    where, all_layers = called(node), layers_in(node)
    given = [layer for layer in all_layers if not masks.is_operation(layer)]
    operations = {layer.get("name") for layer in all_layers if masks.is_operation(layer)}
    layers = [as_layer(layer, is_frozen(node, frozen)) for layer in given]
    names = check_names(layers, where)
    classes = {name: layer["class_name"] for name, layer in zip(names, given)}
    models = {name for name, kind in classes.items()
              if kind in ("Sequential", "Functional") or kind in TABLE["dictionaries"]}

    def shifted(end):  # tfjs counts the making of a model as its first call, Keras does not
        return (end[0], end[1] + (end[0] in models), end[2])

    def shifted_end(end):  # and here Keras does, for its own models of layers
        return end if classes.get(end[0]) == "Functional" else shifted(end)

    nodes = []
    for name, layer in zip(names, given):
        entry = TABLE["layers"].get(layer["class_name"], {})
        calls = layer.get("inbound_nodes", [])
        nodes.append([[shifted(end) for end in tensors_in(call, f'"{name}"', entry, operations)]
                      for call in calls])
    config = node["config"]
    inputs = [shifted_end(end) for end in ends(config.get("input_layers"), where)]
    outputs = [shifted_end(end) for end in ends(config.get("output_layers"), where)]
    for end in inputs:
        if inputs.count(end) > 1:
            raise no_option(where, "the same input twice", end[0],
                            "tfjs feeds each input once: give the model each of them once.")
    nodes, outputs = without_twins(nodes, outputs, set(filter(None, map(last_only, layers))))
    nodes, outputs, again = without_repeats(names, nodes, inputs, outputs)
    made, inputs, outputs = renumbered(
        [*names, *again], models, nodes + [[[end]] for end in again.values()], inputs, outputs, where)
    layers += [{"class_name": "Activation", "config": {"name": name, "activation": "linear"}}
               for name in again]
    for layer in layers:
        name = layer["name"] = layer["config"]["name"]
        layer["inbound_nodes"] = [[[*end, {}] for end in call] for call in made[name]]
    return {"class_name": "Functional", "config": {
        "name": config.get("name"), "layers": layers,
        "input_layers": inputs, "output_layers": outputs}}


def last_only(layer):
    """The name of a recurrent layer that puts out its last step and its states; None of another."""
    config = layer["config"]
    if config.get("return_state") is True and config.get("return_sequences") is not True:
        return config["name"]
    return None
