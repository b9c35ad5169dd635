"""Transcoders in Keras: what they compute, and that a saved one trains on."""

import keras
import numpy as np
import pytest

from batchtopk_sae import BatchTopKSAE
from jumprelu_sae import JumpReLUSAE
from matryoshka_sae import MatryoshkaSAE
from relu_sae import ReluSAE
from topk_sae import TopKSAE

CLASSES = (ReluSAE, TopKSAE, BatchTopKSAE, MatryoshkaSAE, JumpReLUSAE)


def rows(count, width=5, seed=0):
    return np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)


def made(cls, **options):
    keras.utils.set_random_seed(1)
    sae = cls(5, 8, **options)
    for i, weight in enumerate(sae.weights):
        weight.assign(weight + 0.1 * rows(1, int(np.prod(weight.shape)), i).reshape(weight.shape))
    sae.compile(optimizer=keras.optimizers.Adam(1e-2, beta_1=0.5))
    return sae


@pytest.mark.parametrize("cls", CLASSES)
def test_weights_in_order(cls):
    names = [(weight.name, tuple(weight.shape)) for weight in cls(5, 8, output_dim=3, skip=True).weights]
    assert names[0] == ("W_enc", (5, 8))
    trained = [name for name in names if name[0] != "threshold" or cls is JumpReLUSAE]
    assert trained[-3:] == [("W_dec", (8, 3)), ("b_dec", (3,)), ("W_skip", (5, 3))]
    assert cls(5, 8, output_dim=3).compute_output_shape((None, 5)) == (None, 3)


@pytest.mark.parametrize("skip", [False, True])
def test_a_step_is_that_of_the_formulas(skip):
    sae = made(ReluSAE, lambda_sparse=0.05, output_dim=3, skip=skip, clip_norm=0.1)
    x, y = rows(4), rows(4, 3, 1)
    w_enc, b_enc, w_dec, b_dec, *rest = (w.numpy().astype(np.float64) for w in sae.weights)
    codes = np.maximum(x @ w_enc + b_enc, 0)
    error = codes @ w_dec + b_dec + (x @ rest[0] if skip else 0) - y
    loss = np.mean(np.sum(error**2, 1)) + 0.05 * np.mean(np.sum(codes, 1))
    d_out = 2 * error / len(x)
    d_p = (d_out @ w_dec.T + 0.05 / len(x)) * (codes > 0)
    gradients = [x.T @ d_p, d_p.sum(0), codes.T @ d_out, d_out.sum(0)]
    gradients += [x.T @ d_out] if skip else []
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
    np.testing.assert_allclose(sae(x), error + y, atol=1e-5)
    logs = sae.train_on_batch(x, y, return_dict=True)
    assert float(logs["loss"]) == pytest.approx(loss, rel=1e-5)
    assert float(logs["grad_norm"]) == pytest.approx(norm, rel=1e-5)
    first_moments = [v.numpy() for v in sae.optimizer.variables[2::2]]
    for moment, gradient in zip(first_moments, gradients, strict=True):
        np.testing.assert_allclose(moment, 0.5 * gradient * min(1, 0.1 / norm), atol=1e-6)


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("options", [{"output_dim": 3}, {"output_dim": 3, "skip": True}, {"skip": True}])
def test_a_saved_one_trains_on_as_if_it_had_not_been_saved(tmp_path, cls, options):
    sae = made(cls, **options)
    width = options.get("output_dim", 5)
    sae.fit(rows(8), rows(8, width, 1), batch_size=4, shuffle=False, verbose=0)
    sae.save(tmp_path / "transcoder.keras")
    again = keras.saving.load_model(tmp_path / "transcoder.keras")
    assert again.get_config() == sae.get_config()
    for one in (sae, again):
        one.fit(rows(4, 5, 2), rows(4, width, 3), shuffle=False, verbose=0)
    for ours, theirs in zip(again.weights, sae.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(np.linalg.norm(sae.W_dec.numpy(), axis=1), 1, atol=1e-6)


def test_a_target_is_needed_and_an_autoencoder_has_its_own():
    with pytest.raises(ValueError, match="needs a target"):
        made(ReluSAE, output_dim=5).train_step(rows(4))
    autoencoder = made(ReluSAE)
    assert "output_dim" not in autoencoder.get_config()
    bare, labelled = (autoencoder.test_step(data) for data in (rows(4), (rows(4), rows(4, 2))))
    assert float(bare["loss"]) == float(labelled["loss"])
