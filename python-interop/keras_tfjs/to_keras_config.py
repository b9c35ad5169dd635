"""What Keras 3 builds a model from, out of the topology that tfjs-layers writes."""

from .carry import carry
from .errors import damaged, no_option
from .graph import check_names
from .table import TABLE, called, checked, dictionary_of_layer, find_tfjs

GRAPHS = ("Functional", "Model")


def keras_config(topology, shapes):
    """The configuration of the whole model; `shapes` is {name of a weight: shape}."""
    return as_keras(checked(topology, "modelTopology"), shapes)


def as_keras(node, shapes, owner=None):
    """Any layer or model as Keras has it.

    `owner` is the layer around it that tfjs names its weights by, if there is one.
    """
    checked(node, "a layer")
    if node["class_name"] == "Sequential":
        return sequential(node, shapes)
    if node["class_name"] in GRAPHS:
        return functional(node, shapes)
    dictionary = dictionary_of_layer(node["class_name"])
    if dictionary:
        node = as_dictionary(node, dictionary, shapes)
    entry, name = find_tfjs("layers", ["dictionaries", "layers"], node)
    config = with_lost_options(node, shapes, owner)
    within = config.get("name") if name == "TimeDistributed" else owner
    options = carry(entry, config, "tfjs", called(node),
                    lambda one: as_keras(one, shapes, within))
    if "name" in config:
        options["name"] = config["name"]
    if name != "InputLayer" and config.get("trainable") is False:
        options["trainable"] = False
    return keras_object(name, options, entry.get("module", "keras.layers"),
                        entry.get("registered_name"))


def with_lost_options(node, shapes, owner):
    """The options with what tfjs loses when it saves; ../../src/io/keras/lostOptions.ts says more."""
    config = node["config"]
    if node["class_name"] == "SeparableConv2D":
        kernel = shapes.get(f"{owner or config.get('name')}/depthwise_kernel", (0, 0, 0, 1))
        return {"depth_multiplier": kernel[3]} | config
    if node["class_name"] == "DepthwiseConv2D":
        return config | {"depthwise_constraint": None}
    return config


def keras_object(name, config, module="keras", registered=None):
    return {"module": module, "class_name": name, "config": config,
            "registered_name": registered}


def as_dictionary(node, dictionary, shapes):
    """A dictionary's layer as the model that Python has in its place."""
    config = dict(node["config"])
    returns = config.pop("returns", "reconstruction")
    if returns != "reconstruction":
        advice = f"Python's {dictionary} hands its reconstruction on."
        raise no_option(called(node), "returns", returns, advice)
    weight = f"{config.get('name')}/b_dec"
    if weight not in shapes:
        raise damaged(f"the weight {weight}", "in the files of weights", None)
    return node | {"class_name": dictionary,
                   "config": config | {"input_dim": shapes[weight][0]}}


def layers_in(node):
    """The serialised layers of a container; a Sequential of old is a bare list."""
    layers = node["config"].get("layers")
    if not isinstance(layers, list):
        raise damaged("the layers of a model", "a list", layers)
    check_names(layers, called(node))
    return layers


def sequential(node, shapes):
    """A Sequential with an input layer of its own."""
    layers = layers_in(node)
    carried = [as_keras(layer, shapes) for layer in layers]
    if layers and layers[0]["class_name"] != "InputLayer":
        shape, dtype = input_of(layers[0])
        if shape:
            config = {"batch_shape": shape, "dtype": dtype,
                      "name": f"{layers[0]['config']['name']}_input"}
            carried.insert(0, keras_object("InputLayer", config, "keras.layers"))
    return keras_object("Sequential", {"name": node["config"].get("name"), "layers": carried})


def input_of(node):
    """(shape with its batch, dtype) that a layer says it takes; (None, …) where it does not."""
    config = node["config"]
    if node["class_name"] in TABLE["dictionaries"] and "input_dim" in config:
        return [None, config["input_dim"]], "float32"
    if "batch_input_shape" in config:
        is_index = node["class_name"] in ("Embedding", "CategoryEncoding")
        return config["batch_input_shape"], "int32" if is_index else "float32"
    if config.get("layers"):
        return input_of(config["layers"][0])
    return None, "float32"


def functional(node, shapes):
    """A graph of layers, its calls counted as Keras does."""
    layers = layers_in(node)
    classes = {layer["config"]["name"]: layer["class_name"] for layer in layers}
    models = {name for name, kind in classes.items()
              if kind in (*GRAPHS, "Sequential") or kind in TABLE["dictionaries"]}

    def tensor(end):
        name, call, place = end[:3]
        for option, value in (end[3] if len(end) > 3 and end[3] else {}).items():
            if value:
                raise no_option(name, option, value, "Call the layer with its inputs only.")
        history = [name, call - (name in models), place]
        # Keras goes by the history; the shape is not looked at.
        config = {"shape": [], "dtype": "float32", "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": config}

    def call_of(ends, extra):
        first, *others = [tensor(end) for end in ends]
        if not others:
            return {"args": [first], "kwargs": {}}
        if extra is None:
            return {"args": [[first, *others]], "kwargs": {}}
        return {"args": [first], "kwargs": {extra: others}}

    carried = []
    for layer in layers:
        name = layer["config"]["name"]
        extra = TABLE["layers"].get(layer["class_name"], {}).get("extra_inputs")
        calls = [call_of(ends, extra) for ends in layer.get("inbound_nodes", [])]
        carried.append(as_keras(layer, shapes) | {"name": name, "inbound_nodes": calls})

    def end_of(end):  # Keras counts the making of its own graphs here
        counted = end[0] in models and classes[end[0]] not in GRAPHS
        return [end[0], end[1] - counted, end[2]]

    config = node["config"]
    return keras_object("Functional", {
        "name": config.get("name"), "trainable": True, "layers": carried,
        "input_layers": [end_of(end) for end in config["input_layers"]],
        "output_layers": [end_of(end) for end in config["output_layers"]],
    }, "keras.src.models.functional", "Functional")
