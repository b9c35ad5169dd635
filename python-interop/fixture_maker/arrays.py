"""Arrays in JSON: {"shape": [...], "dtype": "float32", "base64": "..."}, little-endian, C order."""

import base64
import json

import numpy as np


def encode_array(values):
    """A finite float32 or float64 array of any shape, as a JSON object."""
    values = np.ascontiguousarray(values)
    if values.dtype not in (np.float32, np.float64):
        raise TypeError(f"encode_array: expected float32 or float64; received {values.dtype}.")
    if not np.isfinite(values).all():
        raise ValueError("encode_array: expected finite values; received NaN or Infinity.")
    raw = values.astype(values.dtype.newbyteorder("<")).tobytes()
    return {
        "shape": list(values.shape),
        "dtype": values.dtype.name,
        "base64": base64.b64encode(raw).decode("ascii"),
    }


def is_array(node):
    """Whether a parsed JSON node is what encode_array writes."""
    return isinstance(node, dict) and set(node) == {"shape", "dtype", "base64"}


def decode_array(node):
    """The numpy array that encode_array was given."""
    dtype = np.dtype(node["dtype"]).newbyteorder("<")
    return np.frombuffer(base64.b64decode(node["base64"]), dtype).reshape(node["shape"])


def write_json(path, content):
    """Compact JSON, a newline at the end; NaN and Infinity, which JSON lacks, are errors."""
    path.write_text(json.dumps(content, allow_nan=False, separators=(",", ":")) + "\n", "utf-8")
