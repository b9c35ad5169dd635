"""What a dictionary in files is made by, and how it is written."""

import json
import shutil
import zlib
from importlib.metadata import version

import numpy as np
import torch

WIDTH, FEATURES, ROWS = 6, 10, 5
WIDTH_OUT = 4  # of a transcoder

STEADY = 2e-5  # of a row's deviation: moved by so little, no code of it opens or shuts
COPIES = 64  # moved to as many sides

RECIPES = {}


def recipe(format_name, *packages):
    """Registers a function (folder, rng) -> expected entries, under its own name."""

    def register(make):
        RECIPES[make.__name__] = (format_name, packages, make)
        return make

    return register


def write(folder, name, entry, seed=None):
    """Makes one dictionary in a folder of its own: that of the fixtures, or another for each seed."""
    format_name, packages, make = entry
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    own = zlib.crc32(name.encode())
    rng = np.random.default_rng(own if seed is None else [own, seed])
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


def computed(sae, rng):
    """Rows, and what a model makes of them."""
    with torch.no_grad():
        x = steady_rows(sae.encode, rng)
        return {"x": x, "codes": sae.encode(x), "reconstruction": sae(x)}


def steady_rows(encode, rng, scale=1.0, change=lambda x: x, wanted=None, steady=STEADY):
    """Rows of which no code opens or shuts where they move by little, as rounding moves them.

    `change` makes rows of random numbers; `wanted` says by their codes which rows will do.
    """
    x = change(normal(rng, ROWS, WIDTH, scale=scale))
    for _ in range(100):
        will_do = is_steady(encode, x, steady)
        if wanted:
            will_do &= wanted(encode(x))
        if will_do.all():
            return x
        x = torch.where(will_do[:, None], x, change(normal(rng, ROWS, WIDTH, scale=scale)))
    raise RuntimeError("of 100 draws none is far enough from every threshold")


def is_steady(encode, x, steady):
    """Of each row, whether the same features fire where all rows move by `steady` of their deviations."""
    # Draws of its own: the next rows do not depend on it.
    sides = normal(np.random.default_rng(0), COPIES, *x.shape).to(x.dtype)
    fires = encode(x) != 0
    will_do = torch.ones(len(x), dtype=torch.bool)
    for moved in x + steady * x.std(-1, keepdim=True) * sides:
        will_do &= ((encode(moved) != 0) == fires).all(-1)
    return will_do
