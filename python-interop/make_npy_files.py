#!/usr/bin/env python3
"""Writes the `.npy` arrays that the tests read: every dtype of numbers, byte order, order and rank.

    make_npy_files.py make --out DIR         writes DIR/arrays.json
    make_npy_files.py check --against DIR    makes it afresh and compares

arrays.json is a list of {"file", "descr", "fortran", "shape", "values"}: what np.save wrote, in
base64; what its header says; and the values in C order, as ndarray.tolist gives them.
"""

import base64
import io
import json
import sys

import numpy as np

from fixture_script import folder_option, run

DTYPES = ["b1", "i1", "u1"] + [
    order + kind for kind in ["i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8"] for order in "<>"
]
SHAPES = [(5,), (3, 4), (2, 3, 2), (2, 1, 3, 2)]
NAME = "arrays.json"


def values_of(dtype, count):
    """Numbers that show a wrong order of bytes or a lost sign, the dtype's limits among them."""
    if dtype.kind == "b":
        return np.arange(count) % 3 == 0
    if dtype.kind == "f":
        limits = np.finfo(dtype)
        special = [0.1, -2.5, limits.max, limits.smallest_subnormal, -limits.tiny]
        return np.resize(np.array(special, dtype), count)
    limits = np.iinfo(dtype)
    low, high = max(limits.min, 1 - 2**53), min(limits.max, 2**53 - 1)
    return np.resize(np.array([low, 1, high, low + 2, 100], dtype), count)


def arrays():
    for name in DTYPES:
        dtype = np.dtype(name)
        for shape in SHAPES:
            for order in "CF" if len(shape) > 1 else "C":
                array = np.array(values_of(dtype, int(np.prod(shape))).reshape(shape), dtype, order=order)
                file = io.BytesIO()
                np.save(file, array)
                file.seek(0)
                np.lib.format.read_magic(file)
                _, fortran, read = np.lib.format.read_array_header_1_0(file)
                yield {
                    "file": base64.b64encode(file.getvalue()).decode(),
                    "descr": read.str,
                    "fortran": fortran,
                    "shape": shape,
                    "values": array.ravel(order="C").tolist(),
                }


def run_make(arguments):
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / NAME).write_text(json.dumps(list(arrays()), indent=2) + "\n")


def run_check(arguments):
    # As JSON gives them back: lists for tuples. How the committed file is laid out is Biome's matter.
    made = json.loads(json.dumps(list(arrays())))
    if json.loads((arguments.against / NAME).read_text()) != made:
        sys.exit(f"--against: {NAME} is not what numpy {np.__version__} writes. Look, and write it: make")


if __name__ == "__main__":
    run(__doc__, {
        "make": ("write the arrays with the installed numpy", run_make, {"--out": folder_option()}),
        "check": ("make them afresh and compare with those in DIR", run_check,
                  {"--against": folder_option()}),
    })
