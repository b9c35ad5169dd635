"""A tfjs layers model on disk: model.json and the files of weights beside it."""

import json
from pathlib import Path, PurePosixPath

import numpy as np

from .errors import Misused, Refused, damaged

WEIGHTS_FILE = "weights.bin"
DTYPES = {"float32": np.dtype("<f4"), "int32": np.dtype("<i4"), "bool": np.dtype("?")}


def write_model(folder, topology, weights, training=None, state=None, made_by="Keras 3"):
    """Writes the folder. `weights` and `state` are {name: float32 array}; `iter` is of int32."""
    specs, chunks = [], []
    for group, arrays in ((None, weights), ("optimizer", state or {})):
        for name, values in arrays.items():
            dtype = "int32" if name == "iter" else "float32"
            values = np.asarray(values, DTYPES[dtype])
            spec = {"name": name, "shape": list(values.shape), "dtype": dtype}
            specs.append(spec | ({"group": group} if group else {}))
            chunks.append(values.tobytes())
    content = {
        "modelTopology": topology | {"keras_version": "tfjs-layers 4.22.0",
                                     "backend": "tensor_flow.js"},
        "format": "layers-model",
        "generatedBy": made_by,
        "convertedBy": "gated-sae-tfjs, keras_to_tfjs.py",
        "weightsManifest": [{"paths": [WEIGHTS_FILE], "weights": specs}],
    }
    if training:
        content["trainingConfig"] = training
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS_FILE).write_bytes(b"".join(chunks))
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    (folder / "model.json").write_text(text, "utf-8")


def read_model(path):
    """(topology, trainingConfig or None, weights, optimizer's state) of a folder or model.json."""
    file = path / "model.json" if path.is_dir() else path
    if not file.is_file():
        raise Misused(f"{path}: expected a folder with a model.json; there is none.")
    try:
        content = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise Refused(f"{file}: expected JSON; {error}.") from error
    topology = content.get("modelTopology") if isinstance(content, dict) else None
    if not isinstance(topology, dict) or content.get("format") == "graph-model":
        raise Refused(f"{file}: expected the model.json of a tfjs layers model. Save it with "
                      "model.save in TensorFlow.js.")
    weights, state = {}, {}
    for group in content.get("weightsManifest") or []:
        read_group(file.parent, group, weights, state)
    return (topology.get("model_config") or topology, content.get("trainingConfig"), weights,
            state)


def read_group(folder, group, weights, state):
    """Adds the arrays of one group of files, to the weights or to the optimizer's state."""
    data = b"".join(inside(folder, path).read_bytes() for path in group["paths"])
    at = 0
    for spec in group["weights"]:
        if "quantization" in spec or spec["dtype"] not in DTYPES:
            raise Refused(f"expected weights of float32; received {spec['name']} of "
                          f"{'quantized values' if 'quantization' in spec else spec['dtype']}. "
                          "Load the model in TensorFlow.js and save it again.")
        dtype = DTYPES[spec["dtype"]]
        end = at + dtype.itemsize * int(np.prod(spec["shape"], dtype=np.int64))
        if end > len(data):
            raise Refused(f"expected {end} bytes of weights; received {len(data)}. "
                          "Copy the whole folder again.")
        values = np.frombuffer(data[at:end], dtype).reshape(spec["shape"])
        (state if spec.get("group") == "optimizer" else weights)[spec["name"]] = values
        at = end
    if at != len(data):
        raise Refused(f"expected {at} bytes of weights; received {len(data)}.")


def inside(folder, path):
    """A file of weights; one outside the folder is refused."""
    pure = PurePosixPath(str(path).replace("\\", "/"))
    if pure.is_absolute() or ".." in pure.parts or ":" in pure.parts[0]:
        raise damaged("weightsManifest.paths", "paths inside the folder", path)
    file = Path(folder, *pure.parts)
    if not file.is_file():
        raise Refused(f"expected the file of weights {file}; there is none. "
                      "Copy the whole folder.")
    return file
