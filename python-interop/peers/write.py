"""Writes the fixtures and compares them: see make_peer_fixtures.py."""

import json
from importlib.metadata import version

import numpy as np

from fixture_maker.arrays import encode_array, write_json
from fixture_maker.differences import compare_folders

from . import counterexamples, dictionary_learning_peer, projection, sae_lens_peer, schedules
from .cases import CASES, STEPS, draw_batches, draw_weights

SEEDS = range(200)
SHAKES = 4  # times that the weights are moved a little, to see what it changes
SHAKEN_BY = 2e-6  # more than what rounding does to a step
# What may change then. A pair that opens or shuts, or another feature among the k, changes more.
LARGEST_CHANGE = {"weights": 2e-5, "gradients": 1e-4, "codes": 1e-4}
# Of a fixture that is computed afresh, on another processor too; times max(1, max|committed|).
TOLERANCE = 1e-5


def write_all(folder, seeds=None):
    """Writes every case into `folder`, from the seeds by case name where they are given."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        seed = (seeds or {}).get(case.name)
        write(folder, case.name, steady(case) if seed is None else record(case, seed))
    both = made_by("sae_lens", "dictionary_learning")
    write(folder, "counterexamples", counterexamples.all_of_them() | both)
    write(folder, "projection", projection.all_of_it() | made_by("dictionary_learning"))
    write(folder, "schedules", schedules.all_of_them() | both)


def write(folder, name, content):
    path = folder / f"{name}.json"
    write_json(path, as_json(content))
    print(f"{path.name}: {path.stat().st_size} bytes, seed {content.get('seed', '-')}")


def seeds_in(folder):
    """The seeds of the cases in a folder, by name."""
    records = [json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")]
    return {record["case"]: record["seed"] for record in records if "seed" in record}


def compare(committed, fresh):
    """Prints a line a case; returns whether all agree."""
    return compare_folders(committed, fresh, TOLERANCE)


def steady(case):
    """The record of the first seed whose run rounding cannot change."""
    for seed in SEEDS:
        made = record(case, seed)
        # Where features are to be dead, some are, at the first step and at the last.
        if case.dead and not all(step["dead"] for step in made["recorded"].values()):
            continue
        if all(same(made, record(case, seed, shake)) for shake in range(1, SHAKES + 1)):
            return made
    raise SystemExit(f"{case.name}: no seed in {SEEDS} that small changes of the weights leave alone.")


def same(made, shaken):
    """Whether a run from weights moved a little went the same way."""
    if "recorded" not in made:
        return near(made["gradients"], shaken["gradients"], "gradients")
    return (
        counters(made) == counters(shaken)
        and near(made["weights_after"][str(STEPS)], shaken["weights_after"][str(STEPS)], "weights")
        and all(
            now.get("dead") == then.get("dead")
            and near(now["codes"], then["codes"], "codes")
            and near(now["gradients"], then["gradients"], "gradients")
            for now, then in zip(made["recorded"].values(), shaken["recorded"].values(), strict=True)
        )
    )


def counters(made):
    """How long ago each feature fired, at the end."""
    return [value for value in made["state_after"].values() if isinstance(value, list)]


def near(left, right, what):
    """Whether two arrays, or arrays by name, differ by no more than `what` may change.

    Times the largest of an array, where that is above 1.
    """
    if isinstance(left, np.ndarray):
        return np.abs(left - right).max() <= LARGEST_CHANGE[what] * max(1.0, np.abs(left).max())
    return all(near(left[name], right[name], what) for name in left)


def record(case, seed, shake=0):
    """A case from a seed; its weights moved a little where `shake` is not 0."""
    rng = np.random.default_rng(seed)
    batches = draw_batches(rng)
    weights = draw_weights(case, rng)
    if shake:
        little = np.random.default_rng(shake)
        weights = {name: (values + SHAKEN_BY * little.uniform(-1, 1, values.shape)).astype(np.float32)
                   for name, values in weights.items()}
    peer = {"sae_lens": sae_lens_peer, "dictionary_learning": dictionary_learning_peer}[case.peer]
    transcodes = case.architecture in sae_lens_peer.TRANSCODERS
    did = (peer.transcode if transcodes else peer.train)(case, weights, batches, rng)
    if not transcodes:
        used = did["recorded"]["0"]["gradients"]
        did |= {"weights": {name: weights[name] for name in used}, "batches": batches}
        if case.peer == "dictionary_learning":
            did["first_step"] = case.first_step
    return {
        "case": case.name, "peer": case.peer, "architecture": case.architecture, "seed": seed,
        "options": case.options,
    } | made_by(case.peer) | did


def made_by(*peers):
    """The releases that compute."""
    packages = [peer.replace("_", "-") for peer in peers] + ["torch", "numpy"]
    return {"made_by": {name: version(name).split("+")[0] for name in packages}}


def as_json(node):
    """A record with its arrays as JSON's."""
    if isinstance(node, np.ndarray):
        return encode_array(node)
    if isinstance(node, dict):
        return {name: as_json(value) for name, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [as_json(value) for value in node]
    return node
