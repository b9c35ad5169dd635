#!/usr/bin/env python3
"""Reads every array of a .keras file by h5py, in the way Keras does, for `npm run bench`."""

import io
import sys
import zipfile

import h5py
import numpy as np
from answers import greet, serve


def main():
    (path,) = sys.argv[1:]
    greet(h5py=h5py.__version__, numpy=np.__version__)
    serve(lambda: read(path))


def read(path):
    """How many values there are, a fixed learning rate left out as it is no array of the model."""
    with zipfile.ZipFile(path) as archive:
        # Keras too has the whole member in memory before h5py sees it.
        member = io.BytesIO(archive.open("model.weights.h5").read())
    arrays = []
    with h5py.File(member, "r") as file:
        file.visititems(lambda _, item: keep(arrays, item))
    return sum(array.size for array in arrays)


def keep(arrays, item):
    if isinstance(item, h5py.Dataset):
        arrays.append(item[()])


if __name__ == "__main__":
    main()
