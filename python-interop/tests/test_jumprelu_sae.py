"""JumpReLUSAE in Keras: what it computes, and that a saved one trains on."""

import json

import gated_sae  # noqa: F401  the files in git have its schedule
import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import FIXTURES

from jumprelu_sae import JumpReLUSAE
from keras_files.arrays import decode_array

PEERS = FIXTURES.parents[3] / "parity" / "fixtures" / "peers"
BANDWIDTH = 0.8
PENALTIES = {
    "step": {},
    "target": {"target_l0": 3},
    "tanh": {"penalty": "tanh", "tanh_scale": 2.5},
}


def rows(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 5)).astype(np.float32)


def made(**options):
    keras.utils.set_random_seed(1)
    sae = JumpReLUSAE(5, 8, lambda_sparse=0.05, bandwidth=BANDWIDTH, threshold_start=0.2, **options)
    sae.compile(optimizer=keras.optimizers.Adam(1e-2, beta_1=0.5))
    return sae


def weights_of(sae):
    return [weight.numpy() for weight in sae.weights]


def test_registered_name():
    assert keras.saving.get_registered_name(JumpReLUSAE) == "gated_sae_tfjs>JumpReLUSAE"


def test_weights_are_there_in_order_before_any_call():
    sae = JumpReLUSAE(5, 8, threshold_start=0.3)
    names = [(weight.name, tuple(weight.shape)) for weight in sae.weights]
    assert names == [("W_enc", (5, 8)), ("b_enc", (8,)), ("threshold", (8,)), ("W_dec", (8, 5)),
                     ("b_dec", (5,))]
    np.testing.assert_array_equal(sae.threshold, np.full(8, 0.3, np.float32))


@pytest.mark.parametrize("options, name", [
    ({"penalty": "l1"}, "penalty"), ({"pre_act_weight": -1}, "pre_act_weight"),
    ({"penalty": "tanh", "target_l0": 3}, "target_l0")])
def test_options_are_checked(options, name):
    with pytest.raises(ValueError, match=f"{name}: expected"):
        JumpReLUSAE(5, 8, **options)


def of_penalty(codes, active, norms, penalty):
    """A row's penalty, and its derivatives by the codes, each of `active`, and decoder norms."""
    none = np.zeros_like(codes)
    if penalty == "tanh":
        tanh = np.tanh(2.5 * codes * norms)
        slopes = 2.5 * (1 - tanh**2)
        return tanh.sum(1), slopes * norms, none, slopes * codes
    l0 = active.sum(1)
    if penalty == "target":
        return 2 / 3 * (l0 - 3) ** 2, none, none + 4 / 3 * (l0 - 3)[:, None], none
    return l0, none, none + 1, none


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("gradient_to_input", [False, True])
def test_a_step_is_that_of_the_formulas(penalty, gradient_to_input):
    sae = made(clip_norm=0.1, gradient_to_input=gradient_to_input, **PENALTIES[penalty])
    sae.b_dec.assign(np.full(5, 0.1, np.float32))
    x = rows(6)
    w_enc, b_enc, theta, w_dec, b_dec = (w.astype(np.float64) for w in weights_of(sae))
    z = (x - b_dec) @ w_enc + b_enc
    active = (z > theta).astype(float)
    near = np.abs(z - theta) < BANDWIDTH / 2
    assert 0 < (near * active).sum() < near.sum() < near.size
    codes = z * active
    error = codes @ w_dec + b_dec - x
    norms = np.linalg.norm(w_dec, axis=1)
    of_rows, by_codes, by_active, by_norms = of_penalty(codes, active, norms, penalty)
    loss = np.mean(np.sum(error**2, 1)) + 0.05 * np.mean(of_rows)
    d_x = 2 * error / len(x)
    d_codes = d_x @ w_dec.T + 0.05 / len(x) * by_codes
    jumps = near * (d_codes * theta + 0.05 / len(x) * by_active) / BANDWIDTH
    d_p = d_codes * active + (jumps if gradient_to_input else 0)
    d_norms = 0.05 / len(x) * by_norms.sum(0)
    d_w_dec = codes.T @ d_x + w_dec * (d_norms / norms)[:, None]
    gradients = [(x - b_dec).T @ d_p, d_p.sum(0), -jumps.sum(0), d_w_dec,
                 d_x.sum(0) - d_p.sum(0) @ w_enc.T]
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
    np.testing.assert_allclose(sae.encode(x), codes, atol=1e-6)
    logs = sae.train_on_batch(x, return_dict=True)
    assert float(logs["loss"]) == pytest.approx(loss, rel=1e-5)
    assert float(logs["L_sparsity"]) == pytest.approx(np.mean(of_rows), rel=1e-5)
    assert float(logs["grad_norm"]) == pytest.approx(norm, rel=1e-5)
    first_moments = [v.numpy() for v in sae.optimizer.variables[2::2]]
    for moment, gradient in zip(first_moments, gradients, strict=True):
        np.testing.assert_allclose(moment, 0.5 * gradient * min(1, 0.1 / norm), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(sae.W_dec.numpy(), axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("step", ["0", "19"])
@pytest.mark.parametrize("name", ["tanh", "anthropic"])
def test_loss_and_gradients_are_sae_lens_s(name, step):
    case = json.loads((PEERS / f"sae_lens_jumprelu_{name}.json").read_text("utf-8"))
    recorded, options = case["recorded"][step], case["options"]
    weight = options.get("pre_act_loss_coefficient", 0)
    sae = JumpReLUSAE(7, 22, lambda_sparse=options["l0_coefficient"], penalty="tanh", clip_norm=None,
                      bandwidth=options["jumprelu_bandwidth"], pre_act_weight=weight, dead_after=1000,
                      gradient_to_input=options.get("jumprelu_ste_to_input", False))
    names = ["W_enc", "b_enc", "threshold", "W_dec", "b_dec"]
    given = [decode_array(recorded["weights"][name]) for name in names]
    if weight:
        given.append(np.array([1000.0 * (f in recorded["dead"]) for f in range(22)], np.float32))
    sae.set_weights(given)
    x = tf.constant(decode_array(case["batches"][int(step) % len(case["batches"])]))
    with tf.GradientTape() as tape:
        _, logs = sae.training_pass(x, x)
    gradients = tape.gradient(logs["loss"], [weight.value for weight in sae.trainable_variables])
    assert float(logs["loss"]) == pytest.approx(case["steps"][int(step)]["loss"], rel=1e-5)
    if weight:
        losses = case["steps"][int(step)]["losses"]
        assert weight * float(logs["L_preact"]) == pytest.approx(losses["pre_act_loss"], rel=1e-5)
        assert float(sae.losses_of(x, x)["L_preact"]) == 0
    for ours, name in zip(gradients, names, strict=True):
        theirs = decode_array(recorded["gradients"][name])
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


def test_thresholds_stay_at_or_above_0():
    sae = made(clip_norm=None, target_l0=8)  # more than fire: thresholds fall
    sae.compile(optimizer=keras.optimizers.SGD(100.0))
    sae.fit(rows(8), epochs=1, verbose=0)
    assert sae.threshold.numpy().min() == 0


def test_no_feature_below_0_fires_and_none_of_an_infinite_threshold():
    sae = made()
    sae.threshold.assign([-5, -5, -5, -5, np.inf, np.inf, 0.2, 0.2])
    codes = sae.encode(rows(50)).numpy()
    assert codes.min() == 0
    assert (codes[:, :4] > 0).any()
    np.testing.assert_array_equal(codes[:, 4:6], 0)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_saved_one_trains_on_as_if_it_had_not_been_saved(tmp_path, penalty):
    sae = made(gradient_to_input=True, **PENALTIES[penalty])
    sae.fit(rows(16), batch_size=4, shuffle=False, verbose=0)
    sae.save(tmp_path / "jumprelu.keras")
    again = keras.saving.load_model(tmp_path / "jumprelu.keras")
    assert again.get_config() == sae.get_config()
    assert int(again.optimizer.iterations) == 4
    for one in (sae, again):
        one.fit(rows(8, 1), batch_size=4, shuffle=False, verbose=0)
    for ours, theirs in zip(weights_of(again), weights_of(sae), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_evaluate_names_the_terms():
    logs = made().evaluate(rows(6), verbose=0, return_dict=True)
    assert set(logs) == {"loss", "L_reconstruct", "L_sparsity"}


def test_the_file_in_git_predicts_as_it_did():
    expected = json.loads((FIXTURES / "jumprelu_trained.json").read_text())
    sae = keras.saving.load_model(FIXTURES / "jumprelu_trained.keras")
    outputs = sae(decode_array(expected["inputs"][0])).numpy()
    np.testing.assert_allclose(outputs, decode_array(expected["outputs"][0]), atol=1e-5)
