"""The calls of a functional model's layers, which both sides number differently."""

import re

from .errors import Refused, damaged, no_option

NAME = re.compile(r"[A-Za-z0-9][-A-Za-z0-9._]*")
# tfjs looks names up in plain objects, which have names of their own; those with _ NAME refuses.
OF_OBJECTS = {"constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable",
              "toLocaleString", "toString", "valueOf"}


def check_names(nodes, where):
    """The layers' names: tfjs makes them parts of variables' names."""
    names = [node["config"].get("name") for node in nodes]
    for name in names:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise Refused(f"expected names of layers in letters, digits and . _ -; "
                          f"received {name!r} in {where}. Rename the layer.")
        if name in OF_OBJECTS:
            raise Refused(f"expected names of layers that tfjs can look up; received {name!r} in "
                          f"{where}, which JavaScript's objects have themselves. Rename the layer.")
        if names.count(name) > 1:
            raise Refused(f'expected layers of different names in {where}; '
                          f'received two of "{name}". Rename one of them.')
    return names


def tensors_in(node, where, entry, masks):
    """(layer, call, tensor) of what one of Keras's inbound nodes goes in with."""
    if not isinstance(node, dict) or not isinstance(node.get("args"), list):
        raise damaged(f"inbound_nodes of {where}", "calls with args and kwargs", node)
    first, *others = node["args"] or [None]
    if not all(map(is_nothing, others)):
        raise no_option(where, "arguments", len(node["args"]), "tfjs layers take one input.")
    tensors = required(first, where)
    for name, value in node.get("kwargs", {}).items():
        if is_nothing(value) or name in entry.get("ignored", ()):
            continue
        found = tensors_of(value)
        if (name == "training" and value is False) or (
                name == "mask" and found and all(end[0] in masks for end in found)):
            continue
        if name != entry.get("extra_inputs"):
            shown = "a tensor" if found else value
            raise no_option(where, name, shown, "tfjs calls layers with their inputs only.")
        tensors += required(value, where)
    return tensors


def is_nothing(value):
    """None, or a list of it for a layer of several inputs."""
    return value is None or (isinstance(value, list) and all(map(is_nothing, value)))


def tensors_of(value):
    """The tensors in nested lists or tuples; None for anything else."""
    if isinstance(value, list):
        parts = [tensors_of(one) for one in value]
        return None if None in parts else [tensor for part in parts for tensor in part]
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        return tensors_of(value["items"])
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return [tuple(value["config"]["keras_history"])]
    return None


def required(value, where):
    """The same, where there have to be some."""
    tensors = tensors_of(value)
    if tensors is None:
        raise no_option(where, "an input", value, "tfjs layers take tensors of other layers.")
    return tensors


def call_shapes(node):
    """[[shape of an input, …] of a call, …]; none where Keras does not say."""
    calls = [shapes_in((call.get("args") or [None])[0])
             for call in node.get("inbound_nodes") or [] if isinstance(call, dict)]
    if any(calls):
        return [shapes for shapes in calls if shapes]
    shape = (node.get("build_config") or {}).get("input_shape")
    if not shape:
        return []
    return [shape if isinstance(shape[0], list) else [shape]]


def shapes_in(value):
    """The shapes of the tensors in nested lists or tuples."""
    if isinstance(value, list):
        return [shape for one in value for shape in shapes_in(one)]
    if not isinstance(value, dict):
        return []
    if value.get("class_name") == "__tuple__":
        return shapes_in(value["items"])
    config = value.get("config")
    return [config["shape"]] if isinstance(config, dict) and "shape" in config else []


def ends(value, where):
    """A model's inputs or outputs, one or nested; of a dict in the order of its sorted keys."""
    if isinstance(value, dict):
        return [end for key in sorted(value) for end in ends(value[key], where)]
    if isinstance(value, list):
        if len(value) == 3 and isinstance(value[0], str):
            return [tuple(value)]
        return [end for one in value for end in ends(one, where)]
    raise damaged(f"inputs and outputs of {where}", "lists of layers", value)


def renumbered(names, models, nodes, inputs, outputs, where):
    """The same graph with each layer's calls in the order in which tfjs makes them.

    tfjs goes over the layers again and again and makes every call whose inputs are there. A
    model's making is its call 0.
    """
    numbers = {name: {0: 0} if name in models or not calls else {}
               for name, calls in zip(names, nodes)}
    made = {name: [] for name in names}
    waiting = [(name, at + (name in models), call)
               for name, calls in zip(names, nodes) for at, call in enumerate(calls)]

    def is_there(end):
        return end[1] in numbers.get(end[0], {})

    def number(end):
        return [end[0], numbers[end[0]][end[1]], end[2]]

    while waiting:
        left = []
        for name, at, call in waiting:
            if all(map(is_there, call)):
                made[name].append([number(end) for end in call])
                numbers[name][at] = len(numbers[name])
            else:
                left.append((name, at, call))
        if len(left) == len(waiting):
            break
        waiting = left
    lost = [name for name, *_ in waiting] + [end[0] for end in inputs + outputs
                                             if not is_there(end)]
    if lost or not outputs:
        raise Refused(f"expected a graph of layers in {where}; received no way from the inputs "
                      f"to {lost[:1]}. Save it again with Keras 3.")
    return made, [number(end) for end in inputs], [number(end) for end in outputs]
