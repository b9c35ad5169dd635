"""The fixture: what the judges and the peers say of one case."""

import json
from importlib.metadata import version

import numpy as np

from fixture_maker.arrays import encode_array
from . import cases, judge, peers, probing

NAME = "metrics.json"
MADE_BY = (
    "numpy", "scipy", "scikit-learn", "torch", "sae-lens", "dictionary-learning", "sae-bench",
    "sae-probes",
)
SHIFT = 5


def fixture(start=0):
    """Of the first steady case from a seed on."""
    for case in cases.cases(start):
        judged = judged_of(case, case["weights"])
        if is_steady(case, judged):
            return jsonable(content(case, judged))


def is_steady(case, judged, moves=8):
    """Whether rounding decides nothing: neither an order, a bin, a rank, nor a probe's answer."""
    probes = [probe for each in judged["probing"] for probe in each["probes"]]
    if any(probe["accuracy"] != probe["converged"]["accuracy"] for probe in probes):
        return False
    for draw in range(moves):
        other = judged_of(case, cases.moved(case["weights"], draw))
        if differences(jsonable(judged), jsonable(other), tolerance=1e-3):
            return False
    return True


def judged_of(case, weights):
    """What the judges say where the dictionary has these weights."""
    rows, positions = case["rows"], case["positions"]
    codes, made = cases.passed(rows, weights)
    mixed_codes, mixed_made = cases.passed(case["mixed_rows"], weights)
    decoder, truth = weights["W_dec"], case["true_features"]
    return {
        "expected": {
            "sparsity": judge.sparsity(codes) | judge.firing(codes),
            "reconstruction": judge.reconstruction(rows, made),
            "weights": judge.weights(weights["W_enc"], decoder),
            "truth": judge.truth(codes, decoder, truth, case["true_codes"]),
            "mixed": row_metrics(case["mixed_rows"], mixed_codes, mixed_made),
            "positions": {
                name: row_metrics(*(of[positions == name] for of in (case["mixed_rows"], mixed_codes, mixed_made)))
                for name in dict.fromkeys(positions.tolist())
            },
            "matching": judge.matching(decoder, case["other_decoder"]),
        },
        "probing": probing.probes(codes, case["labels"]),
    }


def content(case, judged):
    weights, rows, truth = case["weights"], case["rows"], case["true_features"]
    return {
        "made_by": {name: version(name) for name in MADE_BY},
        "seed": case["seed"],
        "weights": weights,
        "rows": rows,
        "true_features": truth,
        "true_codes": case["true_codes"],
        "labels": case["labels"],
        "mixed_rows": case["mixed_rows"],
        "positions": case["positions"],
        "other_decoder": case["other_decoder"],
        **judged,
        "regressions": probing.regressions(),
        "peers": {
            "sae_lens": peers.by_sae_lens(weights, rows, truth, case["true_codes"]),
            "dictionary_learning": peers.by_dictionary_learning(weights, rows),
            "sae_bench": peers.by_sae_bench(weights, rows),
        },
        "constant": {
            "shift": SHIFT,
            "mean": of_constant(case, 0),
            "shifted": of_constant(case, SHIFT),
        },
    }


def of_constant(case, shift):
    """What each peer makes of reconstructions that are all one row."""
    rows = case["rows"]
    weights = peers.constant(case["weights"], rows, shift)
    lens = peers.by_sae_lens(weights, rows, case["true_features"], case["true_codes"])
    return {
        "b_dec": weights["b_dec"],
        "expected": judge.reconstruction(rows, np.tile(weights["b_dec"].astype(np.float64), (len(rows), 1))),
        "sae_lens": lens["explained_variance"],
        "dictionary_learning": peers.by_dictionary_learning(weights, rows)["frac_variance_explained"],
        "sae_bench": peers.by_sae_bench(weights, rows)["explained_variance"],
    }


def row_metrics(rows, codes, made):
    return {
        "rows": len(rows),
        "sparsity": judge.sparsity(codes),
        "reconstruction": judge.reconstruction(rows, made),
    }


def jsonable(node):
    if isinstance(node, dict):
        return {name: jsonable(value) for name, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [jsonable(value) for value in node]
    if isinstance(node, np.ndarray) and node.dtype == np.float32:
        return encode_array(node)
    if isinstance(node, np.ndarray):
        return node.tolist()
    return node.item() if isinstance(node, np.generic) else node


def differences(committed, made, path="", tolerance=1e-5):
    """Where two fixtures differ by more than rounding does."""
    if isinstance(committed, dict) and isinstance(made, dict):
        if committed.keys() != made.keys():
            return [f"{path}: other entries"]
        return [d for name in committed if name != "made_by"
                for d in differences(committed[name], made[name], f"{path}.{name}", tolerance)]
    if isinstance(committed, list) and isinstance(made, list):
        if len(committed) != len(made):
            return [f"{path}: {len(committed)} and {len(made)} entries"]
        return [d for i, pair in enumerate(zip(committed, made))
                for d in differences(*pair, f"{path}[{i}]", tolerance)]
    if isinstance(committed, float) and isinstance(made, (int, float)):
        return [] if abs(committed - made) <= tolerance * max(1, abs(committed)) else [f"{path}: {committed}, {made}"]
    return [] if committed == made else [f"{path}: {committed!r}, {made!r}"]


def text(content):
    return json.dumps(content, allow_nan=False, separators=(",", ":")) + "\n"
