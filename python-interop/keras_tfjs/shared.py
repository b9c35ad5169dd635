"""Layers that stand in several places, as Keras writes them.

../../src/io/keras/sharedLayers.ts does the same.
"""


def also_in_wrapper(root):
    """A layer that stands within another, which is no model, and elsewhere too; None without one."""
    first = {}

    def look(node, is_within):
        config = node.get("config") or {}
        known, was_within = first.setdefault(config.get("name"), (node, is_within))
        if known is not node and is_one(known, node):
            # What is in it was seen at its first place.
            return [node] if was_within or is_within else []
        parts = [config.get("layer"), config.get("cell"), *listed(config.get("cells"))]
        return [found for inner, within in ((listed(config.get("layers")), is_within), (parts, True))
                for one in inner if isinstance(one, dict) for found in look(one, within)]

    return next(iter(look(root, False)), None)


def listed(value):
    return value if isinstance(value, list) else []


def is_one(first, other):
    """Whether two places are of one layer: Keras marks the later ones; an input shares nothing."""
    mark = other.get("shared_object_id")
    if mark is None or other["class_name"] == "InputLayer":
        return False
    return first.get("shared_object_id", mark) == mark and plain(first) == plain(other)


def plain(node):
    """A layer's class and options, without the ids by which Keras tells shared objects."""
    return without_ids([node.get("class_name"), node.get("config")])


def without_ids(node):
    if isinstance(node, list):
        return [without_ids(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {key: without_ids(one) for key, one in node.items() if key != "shared_object_id"}
