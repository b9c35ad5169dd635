"""Carries the options of a class over, in either direction, by the codecs of the table."""

import math

from .axes import AXES
from .errors import Misused, no_option
from .table import TABLE, called, checked, find_keras, find_tfjs

PRIVATE = ("name", "trainable", "dtype")  # the caller sees to them
LEFT_OUT = ("unused", "only_at_start", "only_here")
MISSING = object()


def carry(entry, config, source, where, layer=None, calls=()):
    """The options as the other side has them.

    `layer(node)` carries a layer inside over; `calls` are the shapes of its inputs, call by call,
    where they are known.
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
        result = carry_option(rule, option, value, source, where, layer, config, calls)
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


def carry_option(rule, option, value, source, where, layer, config, calls):
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
    if codec == "padding_of_images" and value == "causal":
        raise no_option(where, option, value, "tfjs has no causal padding.")
    if codec == "padding_of_volumes":
        return padding_of_volumes(value, config, option, where)
    if codec in AXES:
        return AXES[codec](untupled(value), source, calls, option, where)
    if codec in NEEDS_SHAPE:
        return NEEDS_SHAPE[codec](value, config, calls, option, where)
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


def padding_of_volumes(value, config, option, where):
    """tfjs pads by less than nothing where a window is shorter than its stride."""
    strides, windows = config.get("strides"), config.get("kernel_size", config.get("pool_size"))
    if value != "same" or not strides:
        return value
    strides, windows = (size if isinstance(size, list) else [size] * 3
                        for size in (strides, windows))
    if any(step > window for step, window in zip(strides, windows)):
        advice = 'tfjs is wrong there for windows shorter than their strides: use "valid".'
        raise no_option(where, option, value, advice)
    return value


def crop_size(value, config, calls, option, where):
    """The height of a crop, and its width, of images that are known to be as large."""
    size = [value, config["width"]]
    sizes = [shape[1:3] for shape, *_ in calls]
    if all(known and own <= known for one in sizes for own, known in zip(size, one)):
        return value
    raise no_option(where, "height and width", size,
                    f"Crop images that are known to be as large; these are {sizes}.")


def output_mode(value, config, calls, option, where):
    """How categories are encoded, of rows that are vectors."""
    if value in ("int", "one_hot") or all(len(shape) <= 2 for shape, *_ in calls):
        return value
    raise no_option(where, option, value,
                    "Keras itself mixes up axes there: encode rows that are vectors.")


def bin_boundaries(value, config, calls, option, where):
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
    "padding_of_images": lambda value, *_: value,  # a backend of tfjs alone mistakes some
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
