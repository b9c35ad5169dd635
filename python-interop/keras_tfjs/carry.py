"""Carries the options of a class over, in either direction, by the codecs of the table."""

import math

from .errors import Misused, no_option
from .table import TABLE, called, checked, find_keras, find_tfjs

PRIVATE = ("name", "trainable", "dtype")  # the caller sees to them
LEFT_OUT = ("unused", "only_at_start", "only_here")
MISSING = object()


def carry(entry, config, source, where, layer=None, shape=None):
    """The options as the other side has them.

    `layer(node)` carries a layer inside over; `shape` is that of the input where it is known.
    """
    target = "tfjs" if source == "keras" else "keras"
    rules = [rule_of(option, as_) for option, as_ in entry["options"].items()]
    private = PRIVATE + (("batch_input_shape",) if source == "tfjs" else ())
    carried = dict(entry.get("fixed", {})) if target == "tfjs" else {}
    for option, value in config.items():
        if option in private and not any(rule[source] == option for rule in rules):
            continue
        rule = next((rule for rule in rules if rule[source] == option), None)
        if rule is None:
            if value is None or (source == "tfjs" and entry.get("repeats_cell")):
                continue
            raise no_option(where, option, value, "Leave the option at its default.")
        result = carry_option(rule, option, value, source, where, layer, config, shape)
        if result is not MISSING:
            carried[rule[target]] = result
    if target == "keras":
        for rule in rules:
            if isinstance(rule["as"], dict) and rule["as"].get("write"):
                carried[rule["keras"]] = rule["as"]["only"][0]
    return carried


def rule_of(option, as_):
    """An option's name on either side and its rule, a codec's name or a restriction."""
    tfjs, codec = (as_["tfjs"], as_["as"]) if isinstance(as_, dict) else (option, as_)
    return {"keras": option, "tfjs": tfjs, "as": TABLE["rules"].get(codec, codec)}


def carry_option(rule, option, value, source, where, layer, config, shape):
    """One value; MISSING where the other side does not have the option."""
    codec = rule["as"]
    if isinstance(codec, dict):
        allowed = any(same(value, one) for one in codec["only"])
        if not allowed and not (source == "tfjs" and value is None):
            raise no_option(where, option, value, f"{sentence(codec['why'])}.")
        return value if codec.get("carry") else MISSING
    if codec in LEFT_OUT:
        return MISSING
    if codec == "backward_layer":
        return check_backward(value, config, where)
    if codec == "last_axis":
        return last_axis(value, shape, option, where)
    if codec == "target_shape":
        return target_shape(untupled(value), shape) if source == "keras" else value
    if codec in NEEDS_SHAPE:
        return NEEDS_SHAPE[codec](value, config, shape, option, where)
    if codec in ("layer", "layers"):
        return [layer(one) for one in value] if codec == "layers" else layer(value)
    if codec not in CODECS:
        raise Misused(f"{where}: layers.json carries {option} by {codec!r}, which carry.py does "
                      "not know. Update both to one release.")
    return CODECS[codec](untupled(value), source, option, where)


def sentence(text):
    """With a capital, but for tfjs, which is spelled so."""
    return text if text.startswith("tfjs") else text[0].upper() + text[1:]


def same(left, right):
    """Equality in which true is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def untupled(value):
    """Keras marks some tuples and arrays; to JSON they are lists."""
    if isinstance(value, dict) and value.get("class_name") == "__numpy__":
        return value["config"]["value"]
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        return [untupled(item) for item in value["items"]]
    return value


def last_axis(value, shape, option, where):
    """The axis of a BatchNormalization."""
    if value == -1 or (shape and value == len(shape) - 1):
        return -1
    advice = "tfjs normalises along other axes wrongly: make it the last one."
    raise no_option(where, option, value, advice)


def target_shape(value, shape):
    """tfjs would leave -1 open until it runs, and what follows may have to know it before."""
    if -1 not in value or not shape:
        return value
    sizes = shape[1:]
    unknown = -1 if None in sizes else math.prod(sizes) // -math.prod(value)
    return [unknown if size == -1 else size for size in value]


def crop_size(value, config, shape, option, where):
    """The height of a crop, and its width, of images that are known to be as large."""
    size = shape[1:3] if shape else [value, config["width"]]
    if all(known and own <= known for own, known in zip([value, config["width"]], size)):
        return value
    raise no_option(where, "height and width", [value, config["width"]],
                    f"Crop images that are known to be as large; these are {size}.")


def output_mode(value, config, shape, option, where):
    """How categories are encoded, of rows that are vectors."""
    if value in ("int", "one_hot") or len(shape or ()) <= 2:
        return value
    raise no_option(where, option, value,
                    "Keras itself mixes up axes there: encode rows that are vectors.")


def bin_boundaries(value, config, shape, option, where):
    """The boundaries of bins, once they are known."""
    if value:
        return value
    raise no_option(where, option, value, "Adapt the layer in Python first.")


NEEDS_SHAPE = {"crop_size": crop_size, "output_mode": output_mode,
               "bin_boundaries": bin_boundaries}


def activation(value, source, option, where):
    names = TABLE["activations"]
    if source == "tfjs":
        names = {tfjs: name for name, tfjs in names.items()}
    name = names.get(value or "linear") if isinstance(value, (str, type(None))) else None
    if name is None:
        raise no_option(where, option, value, f"Use one of {', '.join(names)}.")
    return name


def small_class(kind):
    """The codec of a class and its options."""

    def codec(value, source, option, where):
        if value is None:
            return None
        node = checked(value, f"{option} of {where}")
        find = find_keras if source == "keras" else find_tfjs
        entry, name = find(kind, [kind], node)
        config = carry(entry, node["config"], source, f"{called(node)} in {where}")
        return serialized(name, config, source, entry.get("module", f"keras.{kind}"), entry)

    return codec


def serialized(name, config, source, module, entry):
    """A class and its options as the side has them that they are carried to."""
    if source == "keras":
        return {"class_name": name, "config": config}
    registered = entry.get("registered_name")
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def learning_rate(value, source, option, where):
    if isinstance(value, (int, float)):
        return float(value)  # Keras takes no integer
    if source == "tfjs":  # what an optimizer is made of is in camelCase there
        value = {"class_name": value.get("className"), "config": value.get("config", {})}
    carried = small_class("schedules")(value, source, option, where)
    if source == "keras":
        return {"className": carried["class_name"], "config": carried["config"]}
    return carried


def input_dtype(value, source, option, where):
    if value is None or "float" in value:
        return "float32"
    if "int" in value:
        return "int32"
    if value == "bool":
        return "bool"
    raise no_option(where, option, value, "Use inputs of numbers.")


def check_backward(value, config, where):
    """tfjs turns the first layer round by itself; Keras may have been given another one."""
    if value is None:
        return MISSING
    forward = config["layer"]
    turned = dict(forward["config"])
    turned["go_backwards"] = not turned.get("go_backwards")
    if forward["class_name"] != value.get("class_name") or plain(turned) != plain(value["config"]):
        advice = "tfjs has the same layer both ways: leave it out."
        raise no_option(where, "backward_layer", value.get("class_name"), advice)
    return MISSING


def plain(node, top=True):
    """A configuration without its name and the ids by which Keras tells shared objects."""
    if isinstance(node, list):
        return [plain(one, False) for one in node]
    if not isinstance(node, dict):
        return node
    skipped = {"shared_object_id"} | ({"name"} if top else set())
    return {key: plain(one, False) for key, one in node.items() if key not in skipped}


CODECS = {
    "value": lambda value, *_: value,
    "numbers": lambda value, *_: value,
    "float": lambda value, source, *_: float(value) if source == "tfjs" else value,
    "activation": activation,
    "initializer": small_class("initializers"),
    "regularizer": small_class("regularizers"),
    "seed": lambda value, *_: value if isinstance(value, int) else None,
    "finite_or_null": lambda value, *_: None if value is None or math.isinf(value) else value,
    "limit": lambda value, *_: None if not value or value < 0 or math.isinf(value) else value,
    "input_dtype": input_dtype,
    "learning_rate": learning_rate,
}
