"""Compares committed fixtures with freshly made ones."""

import json
import math
from types import SimpleNamespace

import numpy as np

from .arrays import decode_array, is_array
from .small import report_sharpness

TOLERANCE = 1e-6  # times max(1, max|committed|)


def compare_folders(committed, fresh):
    """Prints one line per case; returns whether all of them agree."""
    names = {path.name for folder in (committed, fresh) for path in folder.glob("*.json")}
    return all([compare_files(committed / name, fresh / name) for name in sorted(names)])


def compare_files(committed, fresh):
    """Prints the largest difference of one case, or the worst that is not allowed."""
    for path, place in ((committed, "freshly made"), (fresh, "committed")):
        if not path.is_file():
            print(f"{path.stem}: DIFFERS, there is only a {place} file")
            return False
    pairs = [json.loads(path.read_text("utf-8")) for path in (committed, fresh)]
    for record in pairs:
        record.pop("made_by", None)  # other releases may write the same numbers
    if "decoder_sharpness" in pairs[0]:
        pairs[1]["decoder_sharpness"] = sharpness_after(pairs[0])
    found = list(differences(*pairs))
    refused = [entry for entry in found if entry[1] > entry[2]]
    where, size, allowed = max(refused or found, key=lambda entry: entry[1])
    verdict = f"DIFFERS in {len(refused)} places, worst" if refused else "ok, largest difference"
    print(f"{committed.stem}: {verdict} {size:.1e} (allowed {allowed:.1e}) at {where}")
    return not refused


def sharpness_after(record):
    """What Python's function says today of the weights in a record.

    The fourth power magnifies what fifty steps on another processor round differently, so the
    function is not asked about weights of today; these are compared themselves.
    """
    last = max(record["weights_after"], key=int)
    w_dec = decode_array(record["weights_after"][last]["W_dec"])
    return report_sharpness(SimpleNamespace(W_dec=w_dec))


def differences(committed, fresh, where=""):
    """Yields (place, difference, allowed) for every leaf; what cannot be compared is inf apart."""
    if type(committed) is not type(fresh):
        yield where, math.inf, 0.0
    elif is_array(committed):
        yield array_difference(committed, fresh, where)
    elif isinstance(committed, dict):
        for key in sorted(committed.keys() | fresh.keys()):
            if key in committed and key in fresh:
                yield from differences(committed[key], fresh[key], f"{where}.{key}")
            else:
                yield f"{where}.{key}", math.inf, 0.0
    elif isinstance(committed, list):
        if len(committed) != len(fresh):
            yield f"{where}.length", math.inf, 0.0
        for at, (left, right) in enumerate(zip(committed, fresh)):
            yield from differences(left, right, f"{where}[{at}]")
    elif isinstance(committed, float):
        yield where, abs(committed - fresh), TOLERANCE * max(1.0, abs(committed))
    else:
        yield where, 0.0 if committed == fresh else math.inf, 0.0


def array_difference(committed, fresh, where):
    """One array's (place, max |difference|, allowed)."""
    if not is_array(fresh) or any(committed[key] != fresh[key] for key in ("shape", "dtype")):
        return where, math.inf, 0.0
    left, right = decode_array(committed), decode_array(fresh)
    largest = float(np.max(np.nan_to_num(np.abs(left - right), nan=np.inf), initial=0.0))
    return where, largest, TOLERANCE * max(1.0, float(np.max(np.abs(left), initial=0.0)))
