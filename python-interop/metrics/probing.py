"""Sparse probing by sae-probes' own functions, and logistic regressions by scikit-learn."""

import numpy as np
import torch
from sae_probes.run_sae_evals import get_sorted_indices, mean_act_normalization
from sae_probes.utils_training import find_best_reg, get_cv
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

KS = (1, 2, 5)
TRAIN_SIDE = 80
TEST_SIDE = 20


def split(labels, label, rng):
    """As many rows of a class as of all others, in random order: to fit to, and to test on."""
    sides = [rng.permutation(np.where(side)[0]) for side in (labels == label, labels != label)]
    count = min(len(sides[0]), len(sides[1]), TRAIN_SIDE + TEST_SIDE)
    tested = max(1, round(count * TEST_SIDE / (TRAIN_SIDE + TEST_SIDE)))
    test = np.concatenate([side[:tested] for side in sides])
    train = np.concatenate([side[tested:count] for side in sides])
    return rng.permutation(train), test


def probes(codes, labels):
    """For each class its rows, and what sae-probes says of its features."""
    rng = np.random.default_rng(0)
    found = []
    for label in np.unique(labels):
        train, test = split(labels, label, rng)
        assert len(train) >= 128, "fewer rows would be dealt into folds by scikit-learn's draw"
        sides = torch.from_numpy((labels == label).astype(np.int64))
        dense = torch.from_numpy(codes.astype(np.float32))
        ranked = get_sorted_indices(dense[train], sides[train], mean_act_normalization)
        found.append({
            "label": int(label),
            "train": train.tolist(),
            "test": test.tolist(),
            "probes": [probe(dense, sides, train, test, ranked[:k].tolist()) for k in KS],
        })
    return found


def probe(codes, sides, train, test, features):
    columns, sides = codes[:, features].numpy(), sides.numpy()
    given = (columns[train], sides[train], columns[test], sides[test])
    best = find_best_reg(*given, penalty="l2")
    return {
        "k": len(features),
        "features": features,
        "accuracy": best.metrics.test_acc,
        "auc": best.metrics.test_auc,
        "f1": best.metrics.test_f1,
        "converged": converged(*given),
    }


def converged(x_train, y_train, x_test, y_test):
    """What find_best_reg comes to where each fit goes on to its optimum, which lbfgs's default stops short of."""
    [(fitted, held)] = get_cv(x_train)
    cs = np.logspace(5, -5, 10)
    areas = [
        roc_auc_score(y_train[held], regression(c, x_train[fitted], y_train[fitted]).decision_function(x_train[held]))
        for c in cs
    ]
    # The first of the largest: scikit-learn's sums of equal areas differ in their last bits.
    c = cs[np.argmax(np.round(areas, 12))]
    odds = regression(c, x_train, y_train).decision_function(x_test)
    return {
        "accuracy": accuracy_score(y_test, odds > 0),
        "auc": roc_auc_score(y_test, odds),
        "f1": f1_score(y_test, odds > 0, average="weighted"),
        "c": float(c),
    }


def regression(c, values, sides):
    model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-13, max_iter=10000)
    return model.fit(values.astype(np.float64), sides)


def regressions():
    """Fits to convergence: of sides that overlap, and of sides that a plane divides."""
    rng = np.random.default_rng(1)
    fits = []
    for k, gap in ((1, 0.5), (2, 1.0), (5, 0.7), (2, 20.0)):
        sides = np.arange(150) % 2
        values = np.maximum(rng.normal(size=(150, k)) + gap * sides[:, None], 0)
        for c in (1e-5, 1e-2, 1.0, 1e3):
            fit = regression(c, values, sides)
            fits.append({
                "c": c,
                "k": k,
                "values": values.ravel().tolist(),
                "isPositive": sides.tolist(),
                "weights": fit.coef_[0].tolist(),
                "intercept": float(fit.intercept_[0]),
            })
    return fits
