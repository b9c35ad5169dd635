"""What a dictionary in files is made by, and how it is written."""

import json
import shutil
import zlib
from importlib.metadata import version

import numpy as np
import torch

WIDTH, FEATURES, ROWS = 6, 10, 5
WIDTH_OUT = 4  # of a transcoder

RECIPES = {}


def recipe(format_name, *packages):
    """Registers a function (folder, rng) -> expected entries, under its own name."""

    def register(make):
        RECIPES[make.__name__] = (format_name, packages, make)
        return make

    return register


def write(folder, name, entry):
    """Makes one dictionary in a folder of its own."""
    format_name, packages, make = entry
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    expected = make(folder, rng)
    made_by = {package: version(package) for package in ("torch", *packages)}
    content = {"format": format_name, "made_by": made_by, **expected}
    (folder / "expected.json").write_text(json.dumps(content, indent=1, default=listed) + "\n", "utf-8")
    print(f"{name}: {sum(path.stat().st_size for path in folder.rglob('*') if path.is_file())} bytes")


def listed(value):
    """Tensors and arrays as nested lists of what float32 holds."""
    if isinstance(value, torch.Tensor):
        value = value.detach().float().numpy()
    return np.asarray(value, np.float32).tolist()


def normal(rng, *shape, scale=1.0):
    """Random numbers as a tensor."""
    return torch.tensor(rng.normal(0, scale, shape), dtype=torch.float32)


def computed(sae, rng, *shape):
    """Rows, and what a model makes of them."""
    x = normal(rng, *(shape or (ROWS, WIDTH)))
    with torch.no_grad():
        codes = sae.encode(x)
        return {"x": x, "codes": codes, "reconstruction": sae(x)}
