"""Masks, which both sides hand from layer to layer, but not through the same layers.

Keras and tfjs agree where a mask goes from an Embedding or a Masking layer through the layers that
the table marks, into recurrent ones. Whatever else a mask comes to is refused.
"""

import json

from .errors import no_class, no_option
from .graph import tensors_of
from .table import TABLE, called

OPERATIONS = ("NotEqual", "Any")
MODELS = ("Sequential", "Functional")


def is_operation(node):
    """Whether a layer in a graph only computes a mask, which tfjs's layers do by themselves."""
    module = node.get("module") or ""
    return module.startswith("keras.src.ops.") and node["class_name"] in OPERATIONS


def masked_output(config):
    """Follows the masks through a model; whether one comes out of it."""
    if not has_masks(config):
        return False
    for node in objects_in(config):
        if node.get("zero_output_for_mask") is True:
            raise no_option(node.get("name"), "zero_output_for_mask", True,
                            "tfjs repeats the last output where a step is masked.")
    return of_model(config)


def of_model(node):
    layers = node["config"].get("layers", [])
    if node["class_name"] == "Functional":
        return in_graph(node, layers)
    origin, was_masked = None, False
    for layer in layers:
        if was_masked and origin is None and heeds_masks(layer):
            raise stale(layer)
        origin = behind(layer, [origin], "the step before")
        was_masked = was_masked or origin is not None
    return origin is not None


def behind(node, origins, first):
    """What the mask is of that a layer puts out: a tensor and the value in it; None for none."""
    value = masked_value(node)
    if value is not None:
        return f"{first} {json.dumps(value)}"
    origin = next((one for one in origins if one is not None), None)
    if node["class_name"] in MODELS:
        if origin is None and not of_model(node):
            return None
        raise refused(node)
    if has_masks(node["config"]):
        raise refused(node)
    if origin is None:
        return None
    use = TABLE["layers"].get(node["class_name"], {}).get("mask")
    if use is None or len(origins) > 1:
        raise refused(node)
    return origin if use == "passes" or returns_sequences(node["config"]) else None


def masked_value(node):
    """The value that a layer masks; None for a layer that masks nothing."""
    if node["class_name"] == "Masking":
        return node["config"].get("mask_value", 0)
    return 0 if node["config"].get("mask_zero") is True else None


def returns_sequences(config):
    inner = config.get("layer")
    return (inner["config"] if isinstance(inner, dict) else config).get("return_sequences") is True


def refused(node):
    advice = "tfjs hands masks on otherwise there: let a recurrent layer end it before."
    return no_class("layers", f"a mask at {called(node)}", advice)


def heeds_masks(node):
    """Whether a layer, or one within it, computes otherwise where tfjs gives it a mask."""
    names = [one.get("class_name") for one in objects_in(node)]
    return any(name == "Softmax" or isinstance(name, str)
               and TABLE["layers"].get(name, {}).get("mask") == "uses" for name in names)


def stale(node):
    advice = "tfjs gives it the mask of layers before it: mask its input as well, or none."
    return no_class("layers", f"{called(node)} beside masked ones", advice)


def refuse_stale(calls, origins):
    """Refuses a layer without a mask that tfjs may come to after a masked one."""
    before = set()  # what masked tensors come of, which is made before them
    waiting = [call for call in calls if call[1] in origins]
    while waiting:
        for end in waiting.pop()[2]:
            if end[:2] not in before:
                before.add(end[:2])
                waiting += [call for call in calls if call[1] == end[:2]]
    for node, key, inputs, _ in calls:
        is_masked = any(end[:2] in origins for end in inputs)
        is_after = key not in before or key in origins
        if origins and not is_masked and is_after and heeds_masks(node):
            raise stale(node)


def in_graph(model, layers):
    calls = [call for node in layers if not is_operation(node) for call in calls_of(node)]
    operations = {}
    for node in filter(is_operation, layers):
        tensor, *value = node["inbound_nodes"][0]["args"]
        read = tensors_of(tensor)[0]
        operations[node["name"]] = (
            operations.get(read[0]) if node["class_name"] == "Any"
            else f"{read} {json.dumps(value[0])}")
    origins, before = {}, -1
    while before != len(origins):
        before = len(origins)
        for node, key, inputs, _ in calls:
            found = [origins.get(end[:2]) for end in inputs]
            origin = behind(node, found, str(inputs[0]) if inputs else str(key))
            if origin is not None:
                origins[key] = origin
    for node, _, inputs, mask in calls:
        if mask and (not inputs or origins.get(inputs[0][:2]) != operations.get(mask)):
            raise no_option(called(node), "mask", mask,
                            "tfjs gives a layer the mask of its input only.")
    refuse_stale(calls, origins)
    return any(end[:2] in origins for end in ends_in(model["config"].get("output_layers")))


def calls_of(node):
    """(layer, its name and number, tensors that go in, the operation that gives a mask) a call."""
    name = node.get("name", node["config"].get("name"))
    for number, call in enumerate(node.get("inbound_nodes", [])):
        arguments = dict(call.get("kwargs", {}))
        mask = tensors_of(arguments.pop("mask", None))
        given = [*call.get("args", []), *arguments.values()]
        inputs = [end for one in given for end in tensors_of(one) or []]
        yield node, (name, number), inputs, mask[0][0] if mask else None


def ends_in(value):
    """The (layer, call, tensor) of nested lists or dicts of them."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return []
    if value and isinstance(value[0], str):
        return [tuple(value)]
    return [end for one in value for end in ends_in(one)]


def has_masks(value):
    return any(node.get("mask_zero") is True or node.get("class_name") == "Masking"
               for node in objects_in(value))


def objects_in(value):
    """Every object in a JSON value."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from objects_in(one)
