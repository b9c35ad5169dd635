"""Compares committed `.keras` files and their JSON with freshly made ones."""

import json
import zipfile

import numpy as np

from .arrays import decode_array
from .write import arrays_in

TOLERANCE = 1e-5  # times max(1, max|committed|)
OF_LOW_PRECISION = 1e-2  # of float16 and bfloat16
# Of weights that were trained in those: a processor with instructions for them sums in another way.
TRAINED_IN_LOW_PRECISION = 1e-3
CHANGES_EACH_TIME = ("shared_object_id", "date_saved")


def compare_folders(committed, fresh):
    """Prints one line per file that differs and one in the end; returns whether none does."""
    names = sorted({path.relative_to(folder) for folder in (committed, fresh)
                    for path in folder.rglob("*") if path.is_file()})
    differing = 0
    for name in names:
        reason = difference(committed / name, fresh / name)
        if reason:
            differing += 1
            print(f"{name}: DIFFERS, {reason}")
    print(f"{len(names)} files compared, {differing} differ")
    return differing == 0


def difference(committed, fresh):
    """What is different between two files, in words; None where nothing is."""
    for path, place in ((committed, "freshly made"), (fresh, "committed")):
        if not path.is_file():
            return f"there is only a {place} file"
    tolerance = TRAINED_IN_LOW_PRECISION if "mixed_" in committed.name else TOLERANCE
    if committed.suffix == ".json":
        pair = [json.loads(path.read_text("utf-8")) for path in (committed, fresh)]
        return between(*pair, tolerance)
    pair = [(config_of(path), arrays_in(path)) for path in (committed, fresh)]
    return between(pair[0][0], pair[1][0]) or between(pair[0][1], pair[1][1], tolerance)


def config_of(path):
    """config.json and metadata.json of a `.keras` file; None for weights alone."""
    if path.suffix != ".keras":
        return None
    with zipfile.ZipFile(path) as archive:
        return [json.loads(archive.read(f"{name}.json")) for name in ("config", "metadata")]


def between(left, right, tolerance=TOLERANCE, where=""):
    """The first place where two parsed JSON values differ, numbers of arrays by more than the tolerance, or None."""
    if type(left) is not type(right):
        return f"{where}: {left!r:.60} and {right!r:.60}"
    if isinstance(left, dict):
        if "base64" in left:
            return between_arrays(left, right, tolerance, where)
        keys = (left.keys() | right.keys()) - set(CHANGES_EACH_TIME)
        missing = [key for key in sorted(keys) if key not in left or key not in right]
        if missing:
            return f"{where}: only one has {missing[0]}"
        found = (between(left[key], right[key], tolerance, f"{where}.{key}") for key in sorted(keys))
        return next(filter(None, found), None)
    if isinstance(left, list):
        if len(left) != len(right):
            return f"{where}: {len(left)} and {len(right)} entries"
        found = (between(*pair, tolerance, f"{where}[{at}]") for at, pair in enumerate(zip(left, right)))
        return next(filter(None, found), None)
    same = left == right or (left != left and right != right)
    return None if same else f"{where}: {left!r:.60} and {right!r:.60}"


def between_arrays(left, right, tolerance, where):
    """As between, of two arrays."""
    for key in ("shape", "dtype"):
        if left[key] != right.get(key):
            return f"{where}.{key}: {left[key]} and {right.get(key)}"
    a, b = (decode_array(node) for node in (left, right))
    if a.dtype.kind != "f":
        return None if np.array_equal(a, b) else f"{where}: other integers"
    if left["dtype"] not in ("float32", "float64"):
        tolerance = OF_LOW_PRECISION
    allowed = tolerance * max(1.0, float(np.max(np.abs(a), initial=0.0)))
    apart = float(np.max(np.abs(a.astype(np.float64) - b), initial=0.0))
    return None if apart <= allowed else f"{where}: {apart:.1e} apart, {allowed:.1e} allowed"
