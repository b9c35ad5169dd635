"""TopKSAE in Keras: what it computes, and that a saved one trains on."""

import json

import gated_sae  # noqa: F401  the files in git have its schedule
import keras
import numpy as np
import pytest
from conftest import FIXTURES

from keras_files.arrays import decode_array
from topk_sae import TopKSAE, largest_of_rows


def rows(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 5)).astype(np.float32)


def made(**options):
    keras.utils.set_random_seed(1)
    sae = TopKSAE(5, 8, k=3, **options)
    sae.compile(optimizer=keras.optimizers.Adam(1e-2, beta_1=0.5))
    return sae


def weights_of(sae):
    return [weight.numpy() for weight in sae.weights]


def chosen_by_sorting(z, k):
    """Where the k largest of each row are, lower features before higher ones."""
    order = np.argsort(-z, axis=1, kind="stable")[:, :k]
    chosen = np.zeros(z.shape, bool)
    np.put_along_axis(chosen, order, True, axis=1)
    return chosen


def test_registered_name():
    assert keras.saving.get_registered_name(TopKSAE) == "gated_sae_tfjs>TopKSAE"


def test_weights_are_there_in_order_before_any_call():
    names = [(weight.name, tuple(weight.shape)) for weight in TopKSAE(5, 8).weights]
    assert names == [("W_enc", (5, 8)), ("b_enc", (8,)), ("W_dec", (8, 5)), ("b_dec", (5,))]


def test_k_is_32_or_all_by_default_and_checked():
    assert (TopKSAE(5, 8).k, TopKSAE(5, 40).k) == (8, 32)
    for k in (0, 9):
        with pytest.raises(ValueError, match="k: expected 1 to encoding_dim, 8"):
            TopKSAE(5, 8, k=k)


@pytest.mark.parametrize("k", [1, 3, 7, 12])
def test_of_equal_features_the_lower_ones_fire(k):
    x = np.random.default_rng(k).integers(0, 4, size=(50, 12)).astype(np.float32)
    np.testing.assert_array_equal(largest_of_rows(x, k), chosen_by_sorting(x, k))


def test_a_step_is_that_of_the_formulas():
    sae = made(clip_norm=0.1)
    sae.b_dec.assign(np.full(5, 0.1, np.float32))
    x = rows(4)
    w_enc, b_enc, w_dec, b_dec = (w.astype(np.float64) for w in weights_of(sae))
    z = (x - b_dec) @ w_enc + b_enc
    codes = np.maximum(z, 0) * chosen_by_sorting(z, 3)
    assert (codes > 0).sum() < (z > 0).sum()
    error = codes @ w_dec + b_dec - x
    d_x = 2 * error / len(x)
    d_p = (d_x @ w_dec.T) * (codes > 0)
    gradients = [(x - b_dec).T @ d_p, d_p.sum(0), codes.T @ d_x,
                 d_x.sum(0) - d_p.sum(0) @ w_enc.T]
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
    np.testing.assert_allclose(sae.encode(x), codes, atol=1e-6)
    logs = sae.train_on_batch(x, return_dict=True)
    assert float(logs["loss"]) == pytest.approx(np.mean(np.sum(error**2, 1)), rel=1e-5)
    assert float(logs["grad_norm"]) == pytest.approx(norm, rel=1e-5)
    first_moments = [v.numpy() for v in sae.optimizer.variables[2::2]]
    for moment, gradient in zip(first_moments, gradients, strict=True):
        np.testing.assert_allclose(moment, 0.5 * gradient * min(1, 0.1 / norm), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(sae.W_dec.numpy(), axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("clip_norm", [1.0, None])
def test_a_saved_one_trains_on_as_if_it_had_not_been_saved(tmp_path, clip_norm):
    sae = made(clip_norm=clip_norm)
    sae.fit(rows(16), batch_size=4, shuffle=False, verbose=0)
    sae.save(tmp_path / "topk.keras")
    again = keras.saving.load_model(tmp_path / "topk.keras")
    assert again.k == 3
    assert int(again.optimizer.iterations) == 4
    for one in (sae, again):
        one.fit(rows(8, 1), batch_size=4, shuffle=False, verbose=0)
    for ours, theirs in zip(weights_of(again), weights_of(sae), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_evaluate_names_the_terms():
    logs = made().evaluate(rows(6), verbose=0, return_dict=True)
    assert set(logs) == {"loss", "L_reconstruct"}


def test_the_file_in_git_predicts_as_it_did():
    expected = json.loads((FIXTURES / "topk_trained.json").read_text())
    sae = keras.saving.load_model(FIXTURES / "topk_trained.keras")
    outputs = sae(decode_array(expected["inputs"][0])).numpy()
    np.testing.assert_allclose(outputs, decode_array(expected["outputs"][0]), atol=1e-5)
