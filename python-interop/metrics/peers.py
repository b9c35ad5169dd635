"""The same rows and weights through the peers' own functions, in float32 as they compute."""

import numpy as np
import torch
from dictionary_learning.dictionary import AutoEncoder
from dictionary_learning.evaluation import evaluate
from sae_bench.custom_saes.relu_sae import ReluSAE
from sae_bench.evals.core import main as sae_bench
from sae_lens import evals as sae_lens
from sae_lens.saes.standard_sae import StandardSAE, StandardSAEConfig
from sae_lens.synthetic import evals as synthetic
from sae_lens.training.activation_scaler import ActivationScaler

HOOK = "blocks.0.hook_resid_post"


class Rows:
    """Stands for a language model and its store: every token's activation is a row."""

    def __init__(self, rows):
        self.rows = torch.from_numpy(rows)

    def get_batch_tokens(self, _):
        return torch.arange(len(self.rows))[None]

    def run_with_cache(self, tokens, **_):
        return None, {HOOK: self.rows[tokens]}


def copied(model, weights):
    with torch.no_grad():
        for name, values in weights.items():
            getattr(model, name).copy_(torch.from_numpy(values))
    return model


def by_sae_lens(weights, rows, true_features, true_codes):
    features, width = weights["W_dec"].shape
    config = StandardSAEConfig(d_in=width, d_sae=features)
    config.metadata.hook_name = HOOK
    config.metadata.hook_head_index = None
    sae = copied(StandardSAE(config), weights)
    model = Rows(rows)
    with torch.no_grad():
        numbers, by_feature = sae_lens.get_sparsity_and_variance_metrics(
            sae, model, model, ActivationScaler(), n_batches=1, compute_l2_norms=True,
            compute_sparsity_metrics=True, compute_variance_metrics=True,
            compute_featurewise_density_statistics=True, eval_batch_size_prompts=1, model_kwargs={},
        )
        geometry = sae_lens.get_featurewise_weight_based_metrics(sae)
        truth = torch.from_numpy(true_features)
        detection = synthetic.compute_classification_metrics(
            sae.encode(model.rows), torch.from_numpy(true_codes), sae.W_dec, truth
        )
        return {
            **plain(numbers),
            "feature_density": by_feature["feature_density"],
            "mean_encoder_decoder_cosine_sim": float(np.mean(geometry["encoder_decoder_cosine_sim"])),
            "mcc": synthetic.mean_correlation_coefficient(sae.W_dec, truth),
            "uniqueness": synthetic.feature_uniqueness(sae.W_dec, truth),
            "classification": plain(vars(detection)),
        }


def by_sae_bench(weights, rows):
    features, width = weights["W_dec"].shape
    sae = copied(ReluSAE(width, features, "none", 0, torch.device("cpu"), torch.float32, HOOK), weights)
    sae.cfg.architecture_str = "standard"  # which its own class lacks, and its own function reads
    model = Rows(rows)
    with torch.no_grad():
        numbers, by_feature = sae_bench.get_sparsity_and_variance_metrics(
            sae, model, model, n_batches=1, compute_l2_norms=True, compute_sparsity_metrics=True,
            compute_variance_metrics=True, compute_featurewise_density_statistics=True,
            eval_batch_size_prompts=1, model_kwargs={},
        )
        geometry = sae_bench.get_featurewise_weight_based_metrics(sae)
        return {**plain(numbers), **plain(sae_bench.calculate_misc_metrics(by_feature | geometry))}


def by_dictionary_learning(weights, rows):
    features, width = weights["W_dec"].shape
    autoencoder = AutoEncoder(width, features)
    with torch.no_grad():
        autoencoder.encoder.weight.copy_(torch.from_numpy(weights["W_enc"].T.copy()))
        autoencoder.encoder.bias.copy_(torch.from_numpy(weights["b_enc"]))
        autoencoder.decoder.weight.copy_(torch.from_numpy(weights["W_dec"].T.copy()))
        autoencoder.bias.copy_(torch.from_numpy(weights["b_dec"]))
        return plain(evaluate(autoencoder, iter([torch.from_numpy(rows)]), n_batches=1))


def plain(numbers):
    """Python's own numbers; what is not finite, as of a row of zeros, is None."""
    values = {name: float(value) for name, value in numbers.items()}
    return {name: value if np.isfinite(value) else None for name, value in values.items()}


def constant(weights, rows, shift):
    """A dictionary of which every reconstruction is the mean row, moved by `shift`."""
    blank = {name: np.zeros_like(values) for name, values in weights.items()}
    return blank | {"b_dec": rows.mean(axis=0, dtype=np.float64).astype(np.float32) + np.float32(shift)}
