"""ReluSAE in Keras: what it computes, and that a saved one trains on."""

import json

import gated_sae  # noqa: F401  the files in git have its schedule
import keras
import numpy as np
import pytest
from conftest import FIXTURES

from keras_files.arrays import decode_array
from relu_sae import ReluSAE


def rows(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 5)).astype(np.float32)


def made(**options):
    keras.utils.set_random_seed(1)
    sae = ReluSAE(5, 8, lambda_sparse=0.05, **options)
    sae.compile(optimizer=keras.optimizers.Adam(1e-2, beta_1=0.5))
    return sae


def weights_of(sae):
    return [weight.numpy() for weight in sae.weights]


def test_registered_name():
    name = keras.saving.get_registered_name(ReluSAE)
    assert name == "gated_sae_tfjs>ReluSAE"


def test_weights_are_there_in_order_before_any_call():
    names = [(weight.name, tuple(weight.shape)) for weight in ReluSAE(5, 8).weights]
    assert names == [("W_enc", (5, 8)), ("b_enc", (8,)), ("W_dec", (8, 5)), ("b_dec", (5,))]


def test_a_step_is_that_of_the_formulas():
    sae = made(clip_norm=0.1)
    sae.b_dec.assign(np.full(5, 0.1, np.float32))
    x = rows(4)
    w_enc, b_enc, w_dec, b_dec = (w.astype(np.float64) for w in weights_of(sae))
    codes = np.maximum((x - b_dec) @ w_enc + b_enc, 0)
    error = codes @ w_dec + b_dec - x
    loss = np.mean(np.sum(error**2, 1)) + 0.05 * np.mean(np.sum(codes, 1))
    d_x = 2 * error / len(x)
    d_p = (d_x @ w_dec.T + 0.05 / len(x)) * (codes > 0)
    gradients = [(x - b_dec).T @ d_p, d_p.sum(0), codes.T @ d_x,
                 d_x.sum(0) - d_p.sum(0) @ w_enc.T]
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
    logs = sae.train_on_batch(x, return_dict=True)
    assert float(logs["loss"]) == pytest.approx(loss, rel=1e-5)
    assert float(logs["grad_norm"]) == pytest.approx(norm, rel=1e-5)
    first_moments = [v.numpy() for v in sae.optimizer.variables[2::2]]
    for moment, gradient in zip(first_moments, gradients, strict=True):
        np.testing.assert_allclose(moment, 0.5 * gradient * min(1, 0.1 / norm), atol=1e-6)


def test_decoder_rows_have_norm_1_after_a_step():
    sae = made()
    sae.fit(rows(8), epochs=1, verbose=0)
    norms = np.linalg.norm(sae.W_dec.numpy(), axis=1)
    np.testing.assert_allclose(norms, 1, atol=1e-6)


@pytest.mark.parametrize("clip_norm", [1.0, None, float("inf")])
def test_a_saved_one_trains_on_as_if_it_had_not_been_saved(tmp_path, clip_norm):
    sae = made(clip_norm=clip_norm)
    sae.fit(rows(16), batch_size=4, shuffle=False, verbose=0)
    sae.save(tmp_path / "relu.keras")
    again = keras.saving.load_model(tmp_path / "relu.keras")
    assert int(again.optimizer.iterations) == 4
    for one in (sae, again):
        one.fit(rows(8, 1), batch_size=4, shuffle=False, verbose=0)
    for ours, theirs in zip(weights_of(again), weights_of(sae), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_evaluate_and_shapes():
    sae = made()
    logs = sae.evaluate(rows(6), verbose=0, return_dict=True)
    assert set(logs) == {"loss", "L_reconstruct", "L_sparsity"}
    assert sae.compute_output_shape((None, 5)) == (None, 5)
    assert tuple(sae.encode(rows(3)).shape) == (3, 8)


def test_the_file_in_git_predicts_as_it_did():
    expected = json.loads((FIXTURES / "relu_trained.json").read_text())
    sae = keras.saving.load_model(FIXTURES / "relu_trained.keras")
    outputs = sae(decode_array(expected["inputs"][0])).numpy()
    np.testing.assert_allclose(outputs, decode_array(expected["outputs"][0]), atol=1e-5)
