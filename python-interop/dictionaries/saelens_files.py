"""Dictionaries of SAELens, saved by itself."""

import json

import torch
from safetensors.torch import load_file, save_file
from sae_lens.saes.gated_sae import GatedSAE, GatedSAEConfig
from sae_lens.saes.jumprelu_sae import JumpReLUSAE, JumpReLUSAEConfig
from sae_lens.saes.batchtopk_sae import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
from sae_lens.saes.matryoshka_batchtopk_sae import (
    MatryoshkaBatchTopKTrainingSAE,
    MatryoshkaBatchTopKTrainingSAEConfig,
)
from sae_lens.saes.sae import SAE, SAEMetadata
from sae_lens.saes.standard_sae import StandardSAE, StandardSAEConfig
from sae_lens.saes.topk_sae import TopKSAE, TopKSAEConfig
from sae_lens.saes.transcoder import (
    JumpReLUSkipTranscoder,
    JumpReLUSkipTranscoderConfig,
    JumpReLUTranscoder,
    JumpReLUTranscoderConfig,
    SkipTranscoder,
    SkipTranscoderConfig,
    Transcoder,
    TranscoderConfig,
)
from sae_lens.training.activation_scaler import ActivationScaler

from .recipe import FEATURES, WIDTH, WIDTH_OUT, computed, normal, recipe, steady_rows

SIZES = {"d_in": WIDTH, "d_sae": FEATURES, "dtype": "float32", "device": "cpu"}
METADATA = {
    "model_name": "gpt2", "hook_name": "blocks.8.hook_resid_pre", "hf_hook_name": "transformer.h.7",
    "prepend_bos": True, "context_size": 128, "dataset_path": "Skylion007/openwebtext",
    "exclude_special_tokens": [50256], "neuronpedia_id": "gpt2-small/8-res-jb",
    "model_from_pretrained_kwargs": {"center_writing_weights": True}, "training_tokens": 1000,
}
FOUND = {
    "modelName": "gpt2", "hookName": "blocks.8.hook_resid_pre", "hfHookName": "transformer.h.7",
    "prependBos": True, "contextSize": 128, "datasetPath": "Skylion007/openwebtext",
    "excludeSpecialTokens": [50256], "neuronpediaId": "gpt2-small/8-res-jb",
    "modelFromPretrainedKwargs": {"center_writing_weights": True},
}


def randomized(sae, rng):
    """The same model with random weights; thresholds above 0."""
    for name, weight in sae.named_parameters():
        values = normal(rng, *weight.shape, scale=0.5)
        weight.data = (values.abs() if name == "threshold" else values).to(weight.dtype)
    return sae


def saved(sae, folder, rng, options, **others):
    """Saves a model with random weights, and tells what it computes once it is loaded again."""
    randomized(sae, rng).save_model(folder)
    return computed(SAE.load_from_disk(folder), rng) | {"options": options} | others


@recipe("saelens", "sae-lens")
def saelens_standard(folder, rng):
    config = StandardSAEConfig(**SIZES, metadata=SAEMetadata(**METADATA))
    return saved(StandardSAE(config), folder, rng, {"penalty": "l1-decoder-norm"}, metadata=FOUND)


@recipe("saelens", "sae-lens")
def saelens_uncentred(folder, rng):
    config = StandardSAEConfig(**SIZES, apply_b_dec_to_input=False)
    return saved(StandardSAE(config), folder, rng, {"centred": False})


@recipe("saelens", "sae-lens")
def saelens_layer_norm(folder, rng):
    config = StandardSAEConfig(**SIZES, normalize_activations="layer_norm")
    return saved(StandardSAE(config), folder, rng, {"normalize": "layer-norm"})


@recipe("saelens", "sae-lens")
def saelens_constant_norm(folder, rng):
    config = JumpReLUSAEConfig(**SIZES, normalize_activations="constant_norm_rescale")
    return saved(JumpReLUSAE(config), folder, rng, {"normalize": "constant"})


@recipe("saelens", "sae-lens")
def saelens_gated(folder, rng):
    config = GatedSAEConfig(**SIZES)
    return saved(GatedSAE(config), folder, rng, {"loss": "saelens"})


@recipe("saelens", "sae-lens")
def saelens_gated_uncentred(folder, rng):
    config = GatedSAEConfig(**SIZES, apply_b_dec_to_input=False)
    return saved(GatedSAE(config), folder, rng, {"centred": False})


@recipe("saelens", "sae-lens")
def saelens_jumprelu(folder, rng):
    return saved(JumpReLUSAE(JumpReLUSAEConfig(**SIZES)), folder, rng, {"decoderRows": "free"})


@recipe("saelens", "sae-lens")
def saelens_jumprelu_below(folder, rng):
    """Thresholds below 0, which the ReLU before them makes 0."""
    sae = randomized(JumpReLUSAE(JumpReLUSAEConfig(**SIZES)), rng)
    sae.threshold.data = normal(rng, FEATURES, scale=0.3)
    sae.save_model(folder)
    return computed(SAE.load_from_disk(folder), rng) | {"options": {}}


@recipe("saelens", "sae-lens")
def saelens_topk(folder, rng):
    return saved(TopKSAE(TopKSAEConfig(**SIZES, k=3)), folder, rng, {"k": 3})


@recipe("saelens", "sae-lens")
def saelens_topk_rescaled(folder, rng):
    config = TopKSAEConfig(**SIZES, k=3, rescale_acts_by_decoder_norm=True)
    return saved(TopKSAE(config), folder, rng, {"k": 3})


@recipe("saelens", "sae-lens")
def saelens_batchtopk(folder, rng):
    """As a training's end saves it: a JumpReLU SAE."""
    return inference(BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(**SIZES, k=2)), folder, rng)


@recipe("saelens", "sae-lens")
def saelens_matryoshka(folder, rng):
    config = MatryoshkaBatchTopKTrainingSAEConfig(**SIZES, k=2, matryoshka_widths=[3, 6, FEATURES])
    return inference(MatryoshkaBatchTopKTrainingSAE(config), folder, rng)


def inference(sae, folder, rng):
    randomized(sae, rng)
    sae.topk_threshold = torch.tensor(0.35, dtype=torch.double)
    sae.save_inference_model(folder)
    return computed(SAE.load_from_disk(folder), rng) | {"options": {"decoderRows": "free"}}


@recipe("saelens", "sae-lens")
def saelens_batchtopk_checkpoint(folder, rng):
    """As it is saved during training; what it computes is what its inference model does."""
    sae = BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(**SIZES, k=2))
    return checkpoint(sae, folder, rng, {"k": 2})


@recipe("saelens", "sae-lens")
def saelens_matryoshka_checkpoint(folder, rng):
    config = MatryoshkaBatchTopKTrainingSAEConfig(**SIZES, k=2, matryoshka_widths=[3, 6, FEATURES])
    sae = MatryoshkaBatchTopKTrainingSAE(config)
    return checkpoint(sae, folder, rng, {"k": 2, "prefixes": [3, 6, FEATURES]})


def checkpoint(sae, folder, rng, options):
    expected = inference(sae, folder, rng)
    for path in folder.iterdir():
        path.unlink()
    sae.save_model(folder)
    return expected | {"options": options}


@recipe("saelens", "sae-lens")
def saelens_bfloat16(folder, rng):
    """Weights of 16 bits; what is expected is computed in float32."""
    randomized(StandardSAE(StandardSAEConfig(**SIZES | {"dtype": "bfloat16"})), rng).save_model(folder)
    return computed(SAE.load_from_disk(folder, dtype="float32"), rng) | {"options": {}}


@recipe("saelens", "sae-lens")
def saelens_float16(folder, rng):
    randomized(GatedSAE(GatedSAEConfig(**SIZES | {"dtype": "float16"})), rng).save_model(folder)
    return computed(SAE.load_from_disk(folder, dtype="float32"), rng) | {"options": {}}


@recipe("saelens", "sae-lens")
def saelens_mean_norm(folder, rng):
    """With the scale beside it, as checkpoints have it; SAELens applies it to rows before and after."""
    config = StandardSAEConfig(**SIZES, normalize_activations="expected_average_only_in")
    sae = randomized(StandardSAE(config), rng)
    sae.save_model(folder)
    scale = 1.75
    (folder / "activation_scaler.json").write_text(json.dumps({"scaling_factor": scale}))
    sae.fold_activation_norm_scaling_factor(scale)
    return computed(sae, rng) | {"options": {"normalize": "mean-norm"}}


def whitened(sae, folder, rng, options):
    """A checkpoint of whitened rows, by SAELens's own statistics; what it computes before they are folded and after."""
    mixing = normal(rng, WIDTH, WIDTH)
    while torch.linalg.cond(mixing) > 10:  # of which single precision would leave too few digits
        mixing = normal(rng, WIDTH, WIDTH)
    mean = normal(rng, WIDTH) + 1
    scaler = ActivationScaler()
    batches = iter(lambda: normal(rng, 64, WIDTH) @ mixing + mean, None)
    scaler.estimate_whitening(WIDTH, batches, n_batches_for_norm_estimate=4)
    randomized(sae, rng).save_model(folder)
    scaler.save(str(folder / "activation_scaler.json"))
    with torch.no_grad():
        x = steady_rows(lambda x: sae.encode(scaler.scale(x)), rng, change=lambda x: x @ mixing + mean)
        codes = sae.encode(scaler.scale(x))
        reconstruction = scaler.unscale(sae(scaler.scale(x)))
        statistics = scaler.whitening
        sae.fold_activation_whitening(statistics.mean, statistics.matrix, statistics.inverse_matrix)
        torch.testing.assert_close(sae.encode(x), codes, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(sae(x), reconstruction, atol=1e-5, rtol=1e-5)
    return {"x": x, "codes": codes, "reconstruction": reconstruction, "options": options}


WHITENED = SIZES | {"normalize_activations": "covariance_whitening"}


@recipe("saelens", "sae-lens")
def saelens_whitened(folder, rng):
    return whitened(StandardSAE(StandardSAEConfig(**WHITENED)), folder, rng, {"penalty": "l1-decoder-norm"})


@recipe("saelens", "sae-lens")
def saelens_whitened_jumprelu_uncentred(folder, rng):
    config = JumpReLUSAEConfig(**WHITENED, apply_b_dec_to_input=False)
    return whitened(JumpReLUSAE(config), folder, rng, {"centred": False})


@recipe("saelens", "sae-lens")
def saelens_whitened_gated(folder, rng):
    return whitened(GatedSAE(GatedSAEConfig(**WHITENED)), folder, rng, {"loss": "saelens"})


@recipe("saelens", "sae-lens")
def saelens_whitened_gated_uncentred(folder, rng):
    config = GatedSAEConfig(**WHITENED, apply_b_dec_to_input=False)
    return whitened(GatedSAE(config), folder, rng, {"centred": False})


@recipe("saelens", "sae-lens")
def saelens_whitened_topk_rescaled(folder, rng):
    config = TopKSAEConfig(**WHITENED, k=3, rescale_acts_by_decoder_norm=True)
    return whitened(TopKSAE(config), folder, rng, {"k": 3})


def transcoder(Class, Config, folder, rng, options):
    config = Config(**SIZES, d_out=WIDTH_OUT, apply_b_dec_to_input=False, metadata=SAEMetadata(
        hook_name="blocks.1.hook_mlp_in", hook_name_out="blocks.1.hook_mlp_out"))
    found = {"hookName": "blocks.1.hook_mlp_in", "hookNameOut": "blocks.1.hook_mlp_out"}
    options = {"outputDim": WIDTH_OUT} | options
    return saved(Class(config), folder, rng, options, metadata=found)


@recipe("saelens", "sae-lens")
def saelens_transcoder(folder, rng):
    return transcoder(Transcoder, TranscoderConfig, folder, rng, {})


@recipe("saelens", "sae-lens")
def saelens_skip_transcoder(folder, rng):
    return transcoder(SkipTranscoder, SkipTranscoderConfig, folder, rng, {"skip": True})


@recipe("saelens", "sae-lens")
def saelens_jumprelu_transcoder(folder, rng):
    return transcoder(JumpReLUTranscoder, JumpReLUTranscoderConfig, folder, rng, {})


@recipe("saelens", "sae-lens")
def saelens_jumprelu_skip_transcoder(folder, rng):
    Class, Config = JumpReLUSkipTranscoder, JumpReLUSkipTranscoderConfig
    return transcoder(Class, Config, folder, rng, {"skip": True})


OLDER = {
    "model_name": "gpt2-small", "hook_point": "blocks.8.hook_resid_pre", "hook_point_layer": 8,
    "hook_point_head_index": None, "d_in": WIDTH, "d_sae": FEATURES, "dtype": "torch.float32",
    "dataset_path": "Skylion007/openwebtext", "context_size": 128, "prepend_bos": True,
    "normalize_activations": False,
}


def older(folder, rng, config, extra=None):
    """A configuration of before version 6, which the package still opens."""
    randomized(StandardSAE(StandardSAEConfig(**SIZES)), rng).save_model(folder)
    weights = folder / "sae_weights.safetensors"
    if extra:
        save_file(load_file(weights) | extra, weights)
    (folder / "cfg.json").write_text(json.dumps(OLDER | config), "utf-8")
    return computed(SAE.load_from_disk(folder), rng)


OLDER_FOUND = {"modelName": "gpt2-small", "hookName": "blocks.8.hook_resid_pre",
               "contextSize": 128, "prependBos": True}


@recipe("saelens", "sae-lens")
def saelens_version_2(folder, rng):
    scaling = {"scaling_factor": torch.ones(FEATURES)}
    return older(folder, rng, {}, scaling) | {"options": {}, "metadata": OLDER_FOUND}


@recipe("saelens", "sae-lens")
def saelens_version_5_topk(folder, rng):
    config = {"sae_lens_version": "5.10.0", "hook_name": "blocks.8.hook_resid_pre",
              "activation_fn_str": "topk", "activation_fn_kwargs": {"k": 3}}
    return older(folder, rng, config) | {"options": {"k": 3}, "metadata": OLDER_FOUND}
