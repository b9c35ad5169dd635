"""src/io/keras/layers.json: classes and options of both sides. ../../src/io/keras/layerTable.ts
explains it."""

import json
import re
from pathlib import Path

from .errors import damaged, no_class

FILE = Path(__file__).resolve().parents[2] / "src" / "io" / "keras" / "layers.json"
TABLE = json.loads(FILE.read_text("utf-8"))
KERAS_MODULE = re.compile(r"keras(\.|$)")

OPERATIONS = "keras.src.ops"

CONTAINERS = ("Sequential", "Functional", "Model")


def called(node):
    """How messages call a serialised object: `Dense "feat"`."""
    name = node.get("name") or node["config"].get("name")
    return f'{node["class_name"]} "{name}"' if name else node["class_name"]


def checked(node, what):
    """A serialised object whose class and options are there."""
    if not isinstance(node, dict) or not isinstance(node.get("class_name"), str):
        raise damaged(what, "an object with a class_name", node)
    if not isinstance(node.setdefault("config", {}), dict):
        raise damaged(f"{what}.config", "an object", node["config"])
    return node


def find_keras(kind, sections, node):
    """The entry of an object that Keras has serialised, with its name in tfjs."""
    name = node["class_name"]
    registered = node.get("registered_name")
    for section in sections:
        entry = TABLE[section].get(name)
        if entry is None:
            continue
        own = entry.get("registered_name")
        module = node.get("module") or "keras"
        # An operation in the graph may have a layer's name: keras.ops.average, Average.
        is_layer = KERAS_MODULE.match(module) and not module.startswith(OPERATIONS)
        from_keras = registered in (None, name) and is_layer
        if registered == own if own else from_keras:
            return entry, entry.get("tfjs", name)
    raise unknown(kind, node, registered if registered != name else None)


def find_tfjs(kind, sections, node):
    """The entry of an object that tfjs has serialised, with its name in Keras.

    Where classes share a name in tfjs it is the one that its fixed options tell, or the first.
    """
    for section in sections:
        found = [(entry, name) for name, entry in TABLE[section].items()
                 if entry.get("tfjs", name) == node["class_name"]]
        for entry, name in found:
            fixed = entry.get("fixed", {}).items()
            if entry.get("told_by_fixed") and all(
                    node["config"].get(option) == value for option, value in fixed):
                return entry, name
        if found:
            return found[0]
    raise unknown(kind, node, None)


def unknown(kind, node, registered):
    """The error for a class that is not in the table."""
    received = called(node) + (f', which is "{registered}"' if registered else "")
    advice = TABLE["refused"].get(node["class_name"])
    return no_class(kind, received, f"{advice}." if advice else "Replace it by others.")


def dictionary_of_layer(class_name):
    """`GatedSAE` for `GatedSAELayer`; None for what is no dictionary's layer."""
    name = class_name.removesuffix("Layer")
    return name if name != class_name and name in TABLE["dictionaries"] else None
