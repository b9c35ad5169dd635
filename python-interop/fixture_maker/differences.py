"""Compares a committed fixture with a freshly made one, number by number."""

import json
import math

import numpy as np

from .arrays import decode_array, is_array

TOLERANCE = 1e-6  # times max(1, max|committed|)


def compare_folders(committed, fresh, tolerance=TOLERANCE, prepare=lambda committed, fresh: None):
    """Prints one line per case; returns whether all of them agree.

    `prepare` may change the two records before they are compared.
    """
    names = {path.name for folder in (committed, fresh) for path in folder.glob("*.json")}
    return all([
        compare_files(committed / name, fresh / name, tolerance, prepare) for name in sorted(names)
    ])


def compare_files(committed, fresh, tolerance, prepare):
    """Prints the largest difference of one case, or the worst that is not allowed."""
    for path, place in ((committed, "freshly made"), (fresh, "committed")):
        if not path.is_file():
            print(f"{path.stem}: DIFFERS, there is only a {place} file")
            return False
    pairs = [json.loads(path.read_text("utf-8")) for path in (committed, fresh)]
    for record in pairs:
        record.pop("made_by", None)  # other releases may write the same numbers
    prepare(*pairs)
    found = list(differences(*pairs, tolerance))
    refused = [entry for entry in found if entry[1] > entry[2]]
    where, size, allowed = max(refused or found, key=lambda entry: entry[1])
    verdict = f"DIFFERS in {len(refused)} places, worst" if refused else "ok, largest difference"
    print(f"{committed.stem}: {verdict} {size:.1e} (allowed {allowed:.1e}) at {where}")
    return not refused


def differences(committed, fresh, tolerance, where=""):
    """Yields (place, difference, allowed) for every leaf; what cannot be compared is inf apart."""
    if type(committed) is not type(fresh):
        yield where, math.inf, 0.0
    elif is_array(committed):
        yield array_difference(committed, fresh, tolerance, where)
    elif isinstance(committed, dict):
        for key in sorted(committed.keys() | fresh.keys()):
            if key in committed and key in fresh:
                yield from differences(committed[key], fresh[key], tolerance, f"{where}.{key}")
            else:
                yield f"{where}.{key}", math.inf, 0.0
    elif isinstance(committed, list):
        if len(committed) != len(fresh):
            yield f"{where}.length", math.inf, 0.0
        for at, (left, right) in enumerate(zip(committed, fresh)):
            yield from differences(left, right, tolerance, f"{where}[{at}]")
    elif isinstance(committed, float):
        yield where, abs(committed - fresh), tolerance * max(1.0, abs(committed))
    else:
        yield where, 0.0 if committed == fresh else math.inf, 0.0


def array_difference(committed, fresh, tolerance, where):
    """One array's (place, max |difference|, allowed)."""
    if not is_array(fresh) or any(committed[key] != fresh[key] for key in ("shape", "dtype")):
        return where, math.inf, 0.0
    left, right = decode_array(committed), decode_array(fresh)
    largest = float(np.max(np.nan_to_num(np.abs(left - right), nan=np.inf), initial=0.0))
    return where, largest, tolerance * max(1.0, float(np.max(np.abs(left), initial=0.0)))
