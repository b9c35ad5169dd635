"""Writes the models, and compares those that come back."""

import json

import keras
import numpy as np

from keras_files.arrays import decode_array
from keras_files.write import to_array

from .choice import Choice
from .graph import random_model


def make_all(folder, count, seed):
    folder.mkdir(parents=True, exist_ok=True)
    for at in range(count):
        model, inputs, outputs = predicting(Choice(seed, at))
        model.save(folder / f"{at}.keras")
        outputs = [to_array(one) for one in outputs]
        record = {"inputs": [to_array(one) for one in inputs], "outputs": outputs}
        (folder / f"{at}.json").write_text(json.dumps(record), "utf-8")


def predicting(choice):
    """(a model, inputs, outputs): one that Keras itself does not fail on."""
    while True:
        model, inputs = random_model(choice)
        try:
            outputs = predict(model, inputs)
        except Exception:  # TensorFlow has no kernel for some options that Keras lets pass
            continue
        if all(np.isfinite(np.asarray(one)).all() for one in outputs):
            return model, inputs, outputs


def predict(model, inputs):
    """The outputs in a list."""
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return outputs if isinstance(outputs, (list, tuple)) else [outputs]


def compare_all(folder, count):
    """{number: how far apart, in units of the largest value above 1, or why it does not load}."""
    found = {}
    for at in range(count):
        path = folder / "back" / f"{at}.keras"
        if path.is_file():
            keras.backend.clear_session(free_memory=False)
            found[at] = compare(path, json.loads((folder / f"{at}.json").read_text("utf-8")))
    return found


def compare(path, record):
    inputs, expected = ([decode_array(one) for one in record[key]] for key in ("inputs", "outputs"))
    try:
        outputs = predict(keras.saving.load_model(path), inputs)
        if [one.shape for one in outputs] != [one.shape for one in expected]:
            return f"outputs of {[tuple(one.shape) for one in outputs]}"
        return max(apart(np.asarray(one), other) for one, other in zip(outputs, expected))
    except Exception as error:  # whatever Keras says of a file that is not as it should be
        return f"{type(error).__name__}: {error}"[:300]


def apart(ours, theirs):
    if ours.size == 0:
        return 0.0
    scale = max(1.0, float(np.max(np.abs(theirs))))
    return float(np.max(np.abs(ours.astype(np.float64) - theirs))) / scale
