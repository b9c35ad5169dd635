"""Takes a `.keras` file to tfjs and back, and compares what comes out with what went in."""

import shutil
import subprocess
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import h5py
import numpy as np

from . import to_keras, to_tfjs
from .errors import Refused
from .keras_file import INSIDE, OPTIMIZER, load

CLI = Path(__file__).resolve().parents[2] / "dist" / "cli.mjs"
TOLERANCE = 1e-6  # times max(1, max|prediction|)


def has_cli():
    """Whether the TypeScript command line is built, and knows `convert`."""
    if not (CLI.is_file() and shutil.which("node")):
        return False
    return "convert" in run_cli("--help").stdout


def run_cli(*arguments):
    words = ["node", str(CLI), *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


def verify(path, work, with_cli):
    """(counts of what was compared, what differs in words) of one file."""
    counts, wrong = Counter(files=1), []
    folder = work / "tfjs"
    to_tfjs.convert(path, folder)
    ways = {"there and back": lambda out: to_keras.convert(folder, out)}
    if with_cli:
        ways["TypeScript back"] = lambda out: convert_by_cli(folder, out)

        def both_by_cli(out):
            convert_by_cli(path, work / "cli")
            convert_by_cli(work / "cli", out)

        ways["TypeScript there and back"] = both_by_cli
    before = Contents(path)
    for at, (name, convert) in enumerate(ways.items()):
        out = work / f"{at}.keras"
        convert(out)
        after = Contents(out, before.inputs)
        wrong += [f"{name}: {text}" for text in compare(before, after, counts)]
    return counts, wrong


def convert_by_cli(source, target):
    done = run_cli("convert", source, target)
    if done.returncode != 0:
        raise Refused(f"the TypeScript command line: {(done.stderr or done.stdout).strip()}")


class Contents:
    """What a file holds: its arrays, and what its model predicts from inputs."""

    def __init__(self, path, inputs=None):
        model = load(path)
        self.arrays = arrays_of(path)
        self.inputs = some_inputs(model) if inputs is None else inputs
        self.predictions = predict(model, self.inputs)
        self.tolerance = tolerance_of(path)


def compare(before, after, counts):
    """Yields what differs, of the arrays and of the predictions."""
    left, right = before.arrays, after.arrays
    # Values of other float types are equal where they are the same after rounding to float32.
    for name in sorted(left.keys() | right.keys()):
        if name not in left and is_fresh(name, right[name]):
            continue
        if name not in left or name not in right:
            yield f"{name} is only {'before' if name in left else 'after'}"
            continue
        a, b = left[name], right[name]
        counts["arrays"] += 1
        identical = a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        counts["bit-identical"] += identical
        if not identical and not np.array_equal(a.astype(b.dtype), b):
            yield f"{name} differs"
    for a, b in zip(before.predictions, after.predictions, strict=True):
        counts["predictions"] += 1
        apart = float(np.max(np.abs(a - b), initial=0.0))
        allowed = before.tolerance * max(1.0, float(np.max(np.abs(a), initial=0.0)))
        if not apart <= allowed:
            yield f"a prediction differs by {apart:.1e}"


def is_fresh(name, array):
    """Whether it is what an optimizer has of a weight before its first step, as good as nothing."""
    return name.startswith("optimizer/vars/") and not array.any()


def tolerance_of(path):
    """Models of half precision are computed in float32 after."""
    with zipfile.ZipFile(path) as archive:
        half = b"float16" in archive.read("config.json")
    return 2e-2 if half else TOLERANCE


def arrays_of(path):
    """{path in the HDF5: array}; opaque bfloat16 as float32, of a scaled loss what it scales for."""
    arrays = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and "seed_generator" not in name:
            values = item[()]
            if item.dtype.kind == "V":
                bits = values.view(np.uint16).astype(np.uint32) << 16
                values = bits.view(np.float32).reshape(item.shape)
            arrays[name] = np.asarray(values)

    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as file:
        with h5py.File(file, "r") as h5:
            h5.visititems(visit)
    if not any(name.startswith(INSIDE) for name in arrays):
        return arrays
    kept = {name: values for name, values in arrays.items() if not name.startswith(OPTIMIZER)}
    return {name.replace(INSIDE, OPTIMIZER): values for name, values in kept.items()}


def some_inputs(model):
    """Random rows for each input; integers are 0 or 1, which every vocabulary has."""
    rng = np.random.default_rng(0)
    inputs = getattr(model, "inputs", None)
    shapes = [(tensor.shape, tensor.dtype) for tensor in inputs or ()]
    if not shapes:  # a dictionary has a width and no input layer
        shapes = [((None, model.input_dim), "float32")]
    made = []
    for shape, dtype in shapes:
        sizes = [size or 2 for size in shape]
        values = rng.integers(0, 2, sizes) if "int" in dtype else rng.normal(size=sizes)
        made.append(values.astype(dtype if "int" in dtype else np.float32))
    return made


def predict(model, inputs):
    """The outputs of a model as float32 arrays."""
    import keras

    warnings.filterwarnings("ignore", message="The structure of `inputs`")
    names = getattr(model, "input_names", None)
    structure = getattr(model, "_inputs_struct", None)
    if isinstance(structure, dict):
        order = [tensor.name for tensor in model.inputs]
        inputs = {key: inputs[order.index(tensor.name)] for key, tensor in structure.items()}
    dtype = getattr(model, "compute_dtype", "float32")
    if names is None and dtype != "float32":
        inputs = [keras.ops.cast(one, dtype) for one in inputs]
    single = isinstance(inputs, list) and len(inputs) == 1
    outputs = model(inputs[0] if single else inputs, training=False)
    flat = keras.tree.flatten(outputs)
    return [np.asarray(keras.ops.convert_to_numpy(one)).astype(np.float32) for one in flat]
