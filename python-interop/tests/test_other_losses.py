"""The other losses of Gated and ReLU SAEs in Keras, against what SAELens and dictionary_learning compute."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_files.arrays import decode_array
from relu_sae import ReluSAE
from saelens_gated_sae import SAELensGatedSAE

PEERS = Path(__file__).resolve().parents[2] / "test" / "parity" / "fixtures" / "peers"
RELU = {"W_enc": "W_enc", "b_enc": "b_enc", "W_dec": "W_dec", "b_dec": "b_dec"}
GATED = {"W_gate": "W_enc", "b_gate": "b_gate", "r_mag": "r_mag", "b_mag": "b_mag",
         "W_dec": "W_dec", "b_dec": "b_dec"}
SIZES = {"input_dim": 7, "encoding_dim": 22, "clip_norm": None}


def by_norms(weight):
    return ReluSAE(**SIZES, lambda_sparse=weight, penalty="l1-decoder-norm")


def annealed(state):
    return ReluSAE(**SIZES, lambda_sparse=state["sparsity_coeff"], penalty="lp", p=state["p"])


CASES = {
    "sae_lens_gated_default": (
        GATED, lambda case, _: SAELensGatedSAE(
            **SIZES, lambda_sparse=case["options"]["l1_coefficient"])),
    "sae_lens_standard_l1": (RELU, lambda case, _: by_norms(case["options"]["l1_coefficient"])),
    "dictionary_learning_standard_april_update_l1": (
        RELU, lambda case, _: by_norms(case["options"]["l1_penalty"])),
    "dictionary_learning_p_anneal_lp_to_the_p": (RELU, lambda _, state: annealed(state)),
}


@pytest.mark.parametrize("step", ["0", "19"])
@pytest.mark.parametrize("name", CASES)
def test_codes_loss_and_gradients_are_the_peers(name, step):
    case = json.loads((PEERS / f"{name}.json").read_text("utf-8"))
    recorded = case["recorded"][step]
    names, make = CASES[name]
    sae = make(case, recorded["state"])
    sae.set_weights([decode_array(recorded["weights"][theirs]) for theirs in names.values()])
    x = tf.constant(decode_array(case["batches"][int(step) % len(case["batches"])]))
    with tf.GradientTape() as tape:
        logs = sae.losses_of(x, x)
    gradients = tape.gradient(logs["loss"], [weight.value for weight in sae.trainable_variables])
    close(sae.encode(x), decode_array(recorded["codes"]))
    close(logs["loss"], case["steps"][int(step)]["loss"])
    for ours, theirs in zip(gradients, names.values()):
        close(ours, decode_array(recorded["gradients"][theirs]))


def close(ours, theirs):
    """Within 1e-5 of the largest."""
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


def test_decoder_rows_of_saelens_s_loss_are_free():
    sae = SAELensGatedSAE(**SIZES)
    sae.compile(optimizer=keras.optimizers.Adam(1e-2))
    before = np.linalg.norm(sae.W_dec.numpy(), axis=1)
    sae.fit(np.random.default_rng(0).normal(size=(16, 7)).astype(np.float32), verbose=0)
    norms = np.linalg.norm(sae.W_dec.numpy(), axis=1)
    assert np.all(np.abs(norms - 1) > 1e-3) and not np.allclose(norms, before)


def test_saved_and_loaded_it_is_the_same(tmp_path):
    for sae in (SAELensGatedSAE(**SIZES, lambda_sparse=0.1), by_norms(0.1),
                annealed({"sparsity_coeff": 0.1, "p": 0.5})):
        sae.save(tmp_path / "sae.keras")
        again = keras.saving.load_model(tmp_path / "sae.keras")
        assert again.get_config() == sae.get_config()
        for one, other in zip(sae.get_weights(), again.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("options, name", [
    ({"penalty": "l2"}, "penalty"), ({"p": 0.5}, "p"), ({"penalty": "lp", "p": 0}, "p"),
    ({"penalty": "lp", "p": float("nan")}, "p")])
def test_options_are_checked(options, name):
    with pytest.raises(ValueError, match=f"{name}: expected"):
        ReluSAE(**SIZES, **options)
