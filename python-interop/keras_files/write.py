"""Writes a recipe's `.keras` file, and beside it what Keras reads and computes from it."""

import importlib
import json
import tempfile
import zipfile
import zlib
from pathlib import Path

import keras
import numpy as np

from .arrays import encode_array, read_h5
from .recipe import RECIPES

FOR_EVERY_VERSION = ("sae_files", "plain_files")
FOR_THE_NEWEST = (
    "zoo_simple", "zoo_spatial", "zoo_recurrent", "zoo_graphs", "zoo_training", "zoo_preprocessing",
    "zoo_axes", "zoo_reuse", "unzipped", "shared_files",
    "refused_files",
)


def installed():
    """Major and minor version of the Keras that is installed, as in the names of the folders."""
    return ".".join(keras.__version__.split(".")[:2])


def recipes(everything):
    """The recipes to make: those for every version, or all."""
    for module in FOR_EVERY_VERSION + (FOR_THE_NEWEST if everything else ()):
        importlib.import_module(f"{__package__}.{module}")
    return [recipe for recipe in RECIPES.values() if everything or recipe.every_version]


def write_all(folder, everything):
    """Makes the files in `folder`, those that tfjs must refuse in its subfolder `refused`."""
    for recipe in recipes(everything):
        place = folder / "refused" if recipe.refused else folder
        place.mkdir(parents=True, exist_ok=True)
        write(recipe, place)
        print(f"keras {keras.__version__}: {recipe.name}", flush=True)


def write(recipe, folder):
    """One file, and its JSON unless tfjs must refuse it."""
    keras.backend.clear_session(free_memory=False)  # of TensorFlow, that takes longer than a file
    seed = zlib.crc32(recipe.name.encode())
    keras.utils.set_random_seed(seed)
    made = recipe.make(np.random.default_rng(seed))
    if recipe.form in ("unloadable", "reordered"):
        folder = folder / recipe.form
        folder.mkdir(exist_ok=True)
    elif recipe.form != "file":
        write_several(recipe, made, folder / recipe.name)
        return
    path = folder / f"{recipe.name}.{'weights.h5' if made.weights_only else 'keras'}"
    save(made, path)
    if not recipe.refused:
        record = expected(made, path, loads=recipe.form != "unloadable")
        content = json.dumps(record, allow_nan=False, separators=(",", ":"))
        path.with_name(f"{recipe.name}.json").write_text(content + "\n", "utf-8")


SHARD_BYTES = 128  # as much as the largest of the arrays takes


def write_several(recipe, made, folder):
    """A folder, and beside it the JSON of the same model as one file."""
    folder.mkdir(parents=True, exist_ok=True)
    if recipe.form == "folder":
        made.model.save(folder, zipped=False)
    else:
        made.model.save_weights(folder / "parts.weights.json", max_shard_size=SHARD_BYTES / 2**30)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "whole.keras"
        made.model.save(path)
        content = json.dumps(expected(made, path), allow_nan=False, separators=(",", ":"))
    folder.with_name(f"{folder.name}.json").write_text(content + "\n", "utf-8")


def save(made, path):
    """Saves the model, or its weights alone."""
    if made.weights_only:
        made.model.save_weights(path)
    else:
        made.model.save(path)


def arrays_in(path):
    """{path in the HDF5: JSON array} of a `.keras` file or a `.weights.h5`."""
    if path.suffix == ".h5":
        return read_h5(path)
    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as h5:
        return read_h5(h5)


def expected(made, path, loads=True):
    """What stands beside a file: its arrays, and what the model loaded from it predicts."""
    model = keras.saving.load_model(path) if loads and not made.weights_only else made.model
    inputs = made.inputs
    outputs = model(inputs[0] if isinstance(inputs, list) and len(inputs) == 1 else inputs,
                    training=False)
    record = {"keras": keras.__version__, "arrays": arrays_in(path)}
    record |= named("input", inputs) | named("output", outputs)
    if made.batches:
        record["resume"] = resume(made)
    return record | made.more


def named(kind, values):
    """{inputs: [...]} and, where the model takes or gives a dict, {input_names: [...]}."""
    if isinstance(values, dict):
        arrays = [to_array(value) for value in values.values()]
        return {f"{kind}s": arrays, f"{kind}_names": list(values)}
    values = values if isinstance(values, (list, tuple)) else [values]
    return {f"{kind}s": [to_array(value) for value in values]}


def to_array(value):
    """The JSON array of a tensor or an array."""
    return encode_array(np.asarray(value))


def resume(made):
    """Trains the model that was saved on its further batches, without loading it in between."""
    for batch in made.batches:
        made.model.fit(batch, batch_size=len(batch), shuffle=False, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "after.keras"
        made.model.save(path)
        return {"batches": [to_array(batch) for batch in made.batches],
                "arrays_after": arrays_in(path)}
