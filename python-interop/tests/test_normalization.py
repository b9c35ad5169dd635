"""Normalised rows in Keras: against what SAELens computes, and how the scale of mean norm is learnt."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from batchtopk_sae import BatchTopKSAE
from keras_files.arrays import decode_array
from matryoshka_sae import MatryoshkaSAE
from relu_sae import ReluSAE

PEERS = Path(__file__).resolve().parents[2] / "test" / "parity" / "fixtures" / "peers"
NAMES = ("W_enc", "b_enc", "W_dec", "b_dec")


def rows(count, width=7):
    rng = np.random.default_rng(0)
    return ((rng.normal(size=(count, width)) + 0.5) * rng.uniform(0.2, 5, (count, 1))).astype("float32")


@pytest.mark.parametrize("step", ["0", "19"])
@pytest.mark.parametrize(("mode", "normalize"), [
    ("layer_norm", "layer-norm"), ("constant_norm_rescale", "constant"),
    ("expected_average_only_in", "mean-norm"),
])
def test_codes_and_reconstructions_are_those_of_sae_lens(mode, normalize, step):
    case = json.loads((PEERS / f"sae_lens_standard_{mode}.json").read_text("utf-8"))
    recorded = case["recorded"][step]
    sae = ReluSAE(7, 22, penalty="l1-decoder-norm", normalize=normalize)
    factor = case.get("scaling_factor", 1.0)
    scale = [np.float32(factor)] if normalize == "mean-norm" else []
    sae.set_weights([decode_array(recorded["weights"][name]) for name in NAMES] + scale)
    x = decode_array(case["batches"][int(step) % len(case["batches"])])
    close(sae.encode(x), decode_array(recorded["codes"]))
    # SAELens's trainer scales rows before, and what it records is of those.
    close(sae(x) * factor, decode_array(recorded["reconstruction"]))


@pytest.mark.parametrize("cls", [ReluSAE, BatchTopKSAE, MatryoshkaSAE])
def test_the_first_step_learns_the_scale(cls):
    sae = cls(7, 9, normalize="mean-norm")
    sae.compile(optimizer=keras.optimizers.Adam(1e-2))
    x = rows(12)
    for _ in range(2):
        sae.train_on_batch(x)
        expected = 7**0.5 / np.linalg.norm(x[:12], axis=1).mean()
        assert float(sae.scale) == pytest.approx(expected, rel=1e-5)
        x = np.concatenate([rows(12), 9 * rows(12)])
    codes = sae.encode(rows(5))
    close(sae.decode(codes), sae(rows(5)))


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match="normalize: expected one of"):
        ReluSAE(7, 9, normalize="layer_norm")
    with pytest.raises(ValueError, match='normalize: expected "none" of a transcoder'):
        ReluSAE(7, 9, output_dim=4, normalize="constant")


def close(ours, theirs):
    """Within 1e-5 of the largest."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()
