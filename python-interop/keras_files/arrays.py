"""Arrays in JSON, {"shape", "dtype", "base64"}: little-endian, C order, every dtype of a file."""

import base64

import h5py
import numpy as np


def encode_array(values):
    """Any numeric array, numpy's or ml_dtypes', as a JSON object; bfloat16 as its raw bits."""
    values = np.asarray(values)
    name = values.dtype.name
    if name == "bfloat16":
        raw = values.view(np.uint16).astype("<u2")
    elif values.dtype.kind in "fiub":
        raw = values.astype(values.dtype.newbyteorder("<"))
    else:
        raise TypeError(f"encode_array: expected numbers; received {values.dtype}.")
    return encode_bytes(values.shape, name, raw.tobytes())


def encode_bytes(shape, dtype, raw):
    """The JSON object of an array that is bytes already."""
    base64_text = base64.b64encode(raw).decode("ascii")
    return {"shape": list(shape), "dtype": dtype, "base64": base64_text}


def decode_array(node):
    """The numpy array behind a JSON object; bfloat16 becomes float32, which holds it exactly."""
    raw = base64.b64decode(node["base64"])
    if node["dtype"] == "bfloat16":
        bits = np.frombuffer(raw, "<u2").astype(np.uint32) << 16
        return bits.view(np.float32).reshape(node["shape"])
    dtype = np.dtype(node["dtype"]).newbyteorder("<")
    return np.frombuffer(raw, dtype).reshape(node["shape"])


def read_h5(file):
    """{path: JSON array} of every dataset in an HDF5 file, a path or an open binary file."""
    found = {}

    def visit(path, item):
        if not isinstance(item, h5py.Dataset):
            return
        if item.dtype.kind == "V":  # Keras stores bfloat16 as two opaque bytes
            found[path] = encode_bytes(item.shape, item.attrs["dtype"], item[()].tobytes())
        else:
            found[path] = encode_array(item[()])

    with h5py.File(file, "r") as h5:
        h5.visititems(visit)
    return found
