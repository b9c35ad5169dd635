"""A state of training as the benchmark writes it: meta.json beside raw float32 files."""

import json
from pathlib import Path

import numpy as np

WEIGHT_NAMES = ("W_gate", "b_gate", "r_mag", "b_mag", "W_dec", "b_dec")


class State:
    """Weights and the batch by name, read when they are asked for; the recipe of a step."""

    def __init__(self, folder):
        self.folder = Path(folder)
        meta = json.loads((self.folder / "meta.json").read_text("utf-8"))
        self.shapes = meta["shapes"]
        self.recipe = {name: float(value) for name, value in meta["recipe"].items()}
        self.rows, self.input_dim = self.shapes["x"]
        self.features = self.shapes["W_dec"][0]
        self.sae_lens = meta["saeLens"]

    def array(self, name):
        """A weight, or x [rows, input_dim]."""
        values = np.fromfile(self.folder / f"{name}.f32", "<f4")
        return values.reshape(self.shapes[name])
