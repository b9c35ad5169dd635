"""Rows as the benchmark writes them: a file of bytes."""

import numpy as np


def read_rows(given, name):
    """Rows [rows, width] of the file that the settings name, as shares of 255."""
    rows = np.fromfile(given[name], np.uint8).reshape(-1, given["inputDim"])
    return rows.astype(np.float32) / 255
