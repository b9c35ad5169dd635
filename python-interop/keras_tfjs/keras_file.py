"""Reads a `.keras` file: its JSON, its optimizer's arrays and the model, as Keras loads it."""

import json
import sys
import warnings
import zipfile
from pathlib import Path

import h5py

from .errors import Misused, Refused

OPTIMIZER = "optimizer/vars"
INSIDE = "optimizer/inner_optimizer/vars"  # where the loss is scaled


def read_config(path):
    """config.json."""
    if not path.is_file():
        raise Misused(f"{path}: expected a .keras file; there is none.")
    if not zipfile.is_zipfile(path):
        raise Refused(f"{path}: expected a .keras file, which is a ZIP archive. Save the model "
                      'in Keras 3 with model.save("NAME.keras").')
    with zipfile.ZipFile(path) as archive:
        if not {"config.json", "model.weights.h5"} <= set(archive.namelist()):
            raise Refused(f"{path}: expected config.json and model.weights.h5 in the archive; "
                          f"received {', '.join(archive.namelist()[:5])}.")
        try:
            return json.loads(archive.read("config.json"))
        except (ValueError, zipfile.BadZipFile) as error:
            raise Refused(f"{path}: config.json is damaged: {error}.") from error


def read_optimizer(path):
    """{"0": array, …} of the optimizer; Keras itself drops them where a model was not built."""
    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as file:
        with h5py.File(file, "r") as h5:
            group = h5.get(INSIDE) or h5.get(OPTIMIZER, {})
            return {name: group[name][()] for name in group}


def load(path):
    """The model. Only classes in the table get this far; no code in a file is ever run."""
    import_classes()
    import keras

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the optimizer's variables, which are read here
        try:
            return keras.saving.load_model(path, compile=False, safe_mode=True)
        except Exception as error:  # whatever a damaged file does inside Keras
            text = str(error).strip().split("\n")[0]
            raise Refused(f"{path}: Keras cannot load it: {text}") from error


def import_classes():
    """Registers the dictionaries' classes, those whose packages are installed."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import batchtopk_sae  # noqa: F401
    import jumprelu_sae  # noqa: F401
    import matryoshka_sae  # noqa: F401
    import relu_sae  # noqa: F401
    import saelens_gated_sae  # noqa: F401
    import topk_sae  # noqa: F401
    import warmup_linear_decay  # noqa: F401

    try:
        import gated_sae  # noqa: F401
    except ImportError:
        pass
