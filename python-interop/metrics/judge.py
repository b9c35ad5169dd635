"""The metrics by numpy and scipy, in double precision, on whole matrices."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def sparsity(codes):
    active = codes > 0
    l0 = active.sum(axis=1)
    return {
        "l0Mean": l0.mean(),
        "l0Median": np.median(l0),
        "l1Mean": codes.sum(axis=1).mean(),
    }


def firing(codes):
    density = (codes > 0).mean(axis=0)
    alive = density > 0
    lowest = -np.ceil(2 * np.log10(len(codes))) / 2
    counts, edges = np.histogram(
        np.log10(density[alive]), bins=np.arange(2 * -lowest + 1) / 2 + lowest
    )
    return {
        "alive": alive.sum(),
        "dead": (~alive).sum(),
        "denseFrac": (density > 0.1).mean(),
        "densityHistogram": {"edges": edges, "counts": counts},
    }


def reconstruction(rows, made):
    x = rows.astype(np.float64)
    error = ((x - made) ** 2).sum(axis=1)
    norms = np.linalg.norm(x, axis=1)
    made_norms = np.linalg.norm(made, axis=1)
    others = norms > 0
    varies = (rows != rows[0]).any()
    fvu = error.sum() / ((x - x.mean(axis=0)) ** 2).sum() if varies else None
    cosines = (x * made).sum(axis=1)[others] / norms[others] / made_norms[others]
    return {
        "mse": error.mean(),
        "explainedVariance": None if fvu is None else 1 - fvu,
        "fvu": fvu,
        "nmse": (error[others] / norms[others] ** 2).mean(),
        "cosine": cosines.mean(),
        "relativeReconstructionBias": (made_norms**2).mean() / (x * made).sum(axis=1).mean(),
        "normRatio": (made_norms[others] / norms[others]).mean(),
        "zeroRows": (~others).sum(),
    }


def cosines(a, b):
    """Between the rows of two matrices."""
    unit = [m.astype(np.float64) / np.linalg.norm(m.astype(np.float64), axis=1, keepdims=True) for m in (a, b)]
    return unit[0] @ unit[1].T


def weights(encoder, decoder):
    among = cosines(decoder, decoder)
    np.fill_diagonal(among, -np.inf)
    most = among.max(axis=1)
    counts, edges = np.histogram(most, bins=40, range=(-1, 1))
    return {
        "encoderDecoderCosine": np.diag(cosines(encoder.T, decoder)).mean(),
        "maxDecoderCosine": most.mean(),
        "maxDecoderCosineHistogram": {"edges": edges, "counts": counts},
    }


def matching(decoder, other):
    between = cosines(decoder, other)
    rows, columns = linear_sum_assignment(between, maximize=True)
    nearest = between.argmax(axis=1)
    most = between.max(axis=1)
    return {
        "nearest": nearest,
        "meanNearest": most.mean(),
        "above": [{"threshold": t, "share": (most > t).mean()} for t in (0.5, 0.7, 0.9)],
        "pairs": np.stack([rows, columns], axis=1),
        "meanCosine": between[rows, columns].sum() / min(between.shape),
    }


def truth(codes, decoder, true_features, true_codes):
    between = np.abs(cosines(decoder, true_features))
    rows, columns = linear_sum_assignment(between, maximize=True)
    nearest = between.argmax(axis=1)
    fires, there = codes > 0, true_codes[:, nearest] > 0
    hits = (fires & there).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.nan_to_num(hits / fires.sum(axis=0))
        recall = np.nan_to_num(hits / there.sum(axis=0))
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
    return {
        "mcc": between[rows, columns].mean(),
        "uniqueness": len(set(nearest)) / len(decoder),
        "detection": {
            "precision": precision.mean(),
            "recall": recall.mean(),
            "f1": f1.mean(),
            "accuracy": (fires == there).mean(),
        },
    }
