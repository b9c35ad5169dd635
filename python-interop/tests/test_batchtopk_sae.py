"""BatchTopKSAE and MatryoshkaSAE in Keras, and the revival of dead features: what a step computes."""

import keras
import numpy as np
import pytest

from batchtopk_sae import BatchTopKSAE, largest_of_all
from matryoshka_sae import MatryoshkaSAE
from topk_sae import TopKSAE


def rows(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 5)).astype(np.float32)


def made(cls, **options):
    keras.utils.set_random_seed(1)
    sae = cls(5, 8, k=2, clip_norm=None, **options)
    sae.compile(optimizer=keras.optimizers.Adam(1e-2, beta_1=0.5))
    return sae


def chosen_by_sorting(z, count):
    """Where the largest numbers are, of equal ones those of lower columns, then of earlier rows."""
    order = np.argsort(-z.T.ravel(), kind="stable")[:count]
    chosen = np.zeros(z.size, bool)
    chosen[order] = True
    return chosen.reshape(z.T.shape).T


def test_of_equal_codes_those_of_lower_features_stay_then_those_of_earlier_rows():
    x = np.random.default_rng(1).integers(0, 4, size=(6, 7)).astype(np.float32)
    for k in (1, 2, 7):
        np.testing.assert_array_equal(largest_of_all(x, k), chosen_by_sorting(x, 6 * k))


@pytest.mark.parametrize("prefixes", [None, [2, 5]])
def test_a_step_is_that_of_the_formulas_and_moves_the_threshold(prefixes):
    sae = made(BatchTopKSAE if prefixes is None else MatryoshkaSAE, threshold_rate=0.25,
               **({} if prefixes is None else {"prefixes": prefixes}))
    x = rows(6)
    least = []
    for _ in range(2):
        w_enc, b_enc, w_dec, b_dec, threshold = (w.numpy().astype(np.float64) for w in sae.weights)
        z = np.maximum((x - b_dec) @ w_enc + b_enc, 0)
        codes = z * chosen_by_sorting(z, 12)
        least.append(codes[codes > 0].min())
        loss = sum(
            np.mean(np.sum((codes[:, :m] @ w_dec[:m] + b_dec - x) ** 2, 1))
            for m in [*(prefixes or []), 8]
        )
        logs = sae.train_on_batch(x, return_dict=True)
        assert float(logs["loss"]) == pytest.approx(loss, rel=1e-5)
    expected = 0.75 * least[0] + 0.25 * least[1]
    assert float(sae.threshold) == pytest.approx(expected, rel=1e-5)
    codes = np.asarray(sae.encode(x))
    assert ((codes == 0) | (codes > float(sae.threshold))).all()


def test_dead_features_take_over_what_is_left():
    sae = made(TopKSAE, aux_k=2, aux_k_weight=0.5, dead_after=10)
    x = rows(6)
    sae.since_fired.assign([0, 0, 0, 0, 0, 20, 20, 20])
    w_enc, b_enc, w_dec, b_dec, _ = (w.numpy().astype(np.float64) for w in sae.weights)
    z = np.maximum((x - b_dec) @ w_enc + b_enc, 0)
    codes = z * np.stack([chosen_by_sorting(row[None], 2)[0] for row in z])
    error = codes @ w_dec + b_dec - x
    asleep = z * ([0] * 5 + [1] * 3)
    revived = asleep * np.stack([chosen_by_sorting(row[None], 2)[0] for row in asleep])
    left = np.mean(np.sum((revived @ w_dec + error) ** 2, 1))
    share = left / np.mean(np.sum((error - error.mean(0)) ** 2, 1))
    logs = sae.train_on_batch(x, return_dict=True)
    assert float(logs["L_auxk"]) == pytest.approx(share, rel=1e-5)
    assert float(logs["loss"]) == pytest.approx(np.mean(np.sum(error**2, 1)) + share / 2, rel=1e-5)
    fired = (codes > 0).any(0)
    np.testing.assert_array_equal(
        np.asarray(sae.since_fired), np.where(fired, 0, [6] * 5 + [26] * 3)
    )


@pytest.mark.parametrize("prefixes", [[], [0], [3, 3], [9]])
def test_wrong_prefixes(prefixes):
    with pytest.raises(ValueError, match="prefixes: expected to rise up to encoding_dim"):
        MatryoshkaSAE(5, 8, prefixes=prefixes)
