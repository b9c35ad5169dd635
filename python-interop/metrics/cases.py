"""Rows that are made of known directions, and a dictionary that has found most of them."""

import numpy as np

INPUT_DIM = 12
FEATURES = 40
TRUE_FEATURES = 20
ROWS = 600
ZERO_ROWS = 3
PADDING_ROWS = 15
CLASSES = 3
# With fewer a probe's folds would be dealt by scikit-learn's draw.
ROWS_OF_CLASS = 80
# No pre-activation is nearer to 0: rounding in float32 opens and shuts nothing.
MARGIN = 2e-5
MOVED = 5e-6  # of each weight


def cases(start):
    """The cases, from a seed on, whose pre-activations keep their distance from 0 and whose classes are large."""
    for seed in range(start, start + 1000):
        case = draw(seed)
        of_classes = np.bincount(case["labels"], minlength=CLASSES)
        if np.abs(case["pre"]).min() > MARGIN and of_classes.min() >= ROWS_OF_CLASS:
            yield case
    raise RuntimeError(f"of 1,000 seeds from {start} none is steady")


def moved(weights, draw):
    """The same weights as rounding might have left them; another for each draw."""
    rng = np.random.default_rng(draw)
    sides = {name: rng.uniform(-1, 1, values.shape) for name, values in weights.items()}
    return {name: values * (1 + MOVED * sides[name]) for name, values in weights.items()}


def draw(seed):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(TRUE_FEATURES, INPUT_DIM))
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    is_there = rng.random((ROWS, TRUE_FEATURES)) < 0.12
    true_codes = is_there * rng.uniform(0.5, 2.0, (ROWS, TRUE_FEATURES))
    offset = rng.normal(size=INPUT_DIM)
    rows = true_codes @ truth + offset + 0.02 * rng.normal(size=(ROWS, INPUT_DIM))

    # Features 0-17 are true ones with noise, 18-19 are twins of two of them, 38-39 are dead.
    decoder = rng.normal(size=(FEATURES, INPUT_DIM))
    decoder[:18] = truth[:18] + 0.15 * rng.normal(size=(18, INPUT_DIM))
    decoder[18:20] = truth[:2] + 0.05 * rng.normal(size=(2, INPUT_DIM))
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    encoder = decoder.T * rng.uniform(0.4, 0.8, FEATURES) + 0.1 * rng.normal(size=(INPUT_DIM, FEATURES))
    b_enc = -rng.uniform(0.1, 0.5, FEATURES)
    b_enc[38:] = -50
    b_dec = offset + 0.05 * rng.normal(size=INPUT_DIM)
    weights = {"W_enc": encoder, "b_enc": b_enc, "W_dec": decoder, "b_dec": b_dec}
    weights = {name: values.astype(np.float32) for name, values in weights.items()}
    rows = rows.astype(np.float32)
    other = rng.normal(size=(FEATURES + 6, INPUT_DIM))
    other[:25] = decoder[5:30] + 0.2 * rng.normal(size=(25, INPUT_DIM))
    return {
        "seed": seed,
        "rows": rows,
        "weights": weights,
        "true_features": truth.astype(np.float32),
        "true_codes": true_codes.astype(np.float32),
        "other_decoder": other.astype(np.float32),
        "pre": pre_activations(rows, weights),
        # No feature tells a class alone: it is of two true ones.
        "labels": np.where(is_there[:, [0, 3]].any(1), 0, np.where(is_there[:, [5, 7]].any(1), 1, 2)),
        **positions(rows, rng),
    }


def positions(rows, rng):
    """Other rows, some of which are alike or zero, each with a class of position."""
    padding = np.tile(rng.normal(size=INPUT_DIM).astype(np.float32), (PADDING_ROWS, 1))
    zeros = np.zeros((ZERO_ROWS, INPUT_DIM), np.float32)
    mixed = np.concatenate([rows[:100], padding, zeros])
    names = np.array(["other"] * 60 + ["first"] * 40 + ["padding"] * PADDING_ROWS + ["other"] * ZERO_ROWS)
    order = rng.permutation(len(mixed))
    return {"mixed_rows": mixed[order], "positions": names[order]}


def pre_activations(rows, weights):
    w = {name: values.astype(np.float64) for name, values in weights.items()}
    return (rows.astype(np.float64) - w["b_dec"]) @ w["W_enc"] + w["b_enc"]


def passed(rows, weights):
    """Codes and reconstructions in double precision."""
    codes = np.maximum(pre_activations(rows, weights), 0)
    return codes, codes @ weights["W_dec"].astype(np.float64) + weights["b_dec"].astype(np.float64)
