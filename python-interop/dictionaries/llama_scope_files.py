"""Dictionaries in the two forms of OpenMOSS's Language-Model-SAEs, in which Llama Scope is published.

The package is on no index. `opened_older` and `opened_newer` are what it does with such files, by its
equations; where SAELens opens them too, both must agree, or nothing is written.
"""

import json
import math
from unittest import mock

import torch
from safetensors.torch import save_file
from sae_lens.loading import pretrained_sae_loaders as loaders
from sae_lens.saes.sae import SAE

from .recipe import FEATURES, WIDTH, normal, recipe, steady_rows

IN, OUT = 3.5, 8.0  # mean norms of the data's rows
HOOK = "blocks.15.hook_resid_post"
OLDER = {
    "hook_point_in": HOOK, "hook_point_out": HOOK, "use_decoder_bias": True,
    "apply_decoder_bias_to_pre_encoder": False, "expansion_factor": 2, "d_model": WIDTH,
    "d_sae": FEATURES, "act_fn": "jumprelu", "jump_relu_threshold": 0.21,
    "norm_activation": "dataset-wise", "dataset_average_activation_norm": {"in": IN, "out": IN},
    "sparsity_include_decoder_norm": True, "use_glu_encoder": False, "top_k": 3,
}
NEWER = {
    "sae_type": "sae", "hook_point_in": HOOK, "hook_point_out": HOOK, "use_decoder_bias": True,
    "apply_decoder_bias_to_pre_encoder": False, "d_model": WIDTH, "expansion_factor": 2,
    "act_fn": "jumprelu", "norm_activation": "dataset-wise", "sparsity_include_decoder_norm": True,
    "use_glu_encoder": False, "top_k": 3,
}


def tensors_of(rng, features, unit=True, bias=True):
    decoder = normal(rng, WIDTH, features)
    if unit:
        decoder /= decoder.norm(dim=0)
    tensors = {
        "encoder.weight": normal(rng, features, WIDTH, scale=0.4), "decoder.weight": decoder,
        "encoder.bias": normal(rng, features, scale=0.4),
    }
    return tensors | ({"decoder.bias": normal(rng, WIDTH, scale=0.5)} if bias else {})


def scale(norm):
    return math.sqrt(WIDTH) / norm


def opened_older(config, tensors, x):
    """OpenMOSS's `from_config` and `forward` of November 2024: codes of rows as they come."""
    weight, b = tensors["encoder.weight"], tensors["encoder.bias"]
    decoder, b_dec = tensors["decoder.weight"], tensors.get("decoder.bias", torch.zeros(WIDTH))
    if config["norm_activation"] == "dataset-wise":
        norms = config["dataset_average_activation_norm"]
        b, b_dec = b / scale(norms["in"]), b_dec / scale(norms["out"])
        decoder = decoder * scale(norms["in"]) / scale(norms["out"])
    if config["sparsity_include_decoder_norm"]:
        n = decoder.norm(dim=0)
        decoder, weight, b = decoder / n, weight * n[:, None], b * n
    rows = x - b_dec if config["apply_decoder_bias_to_pre_encoder"] else x
    pre = rows @ weight.T + b
    if config["act_fn"] == "jumprelu" or (config["act_fn"] == "topk" and config["jump_relu_threshold"] > 0):
        codes = pre.where(pre > config["jump_relu_threshold"], 0)
    else:
        codes = pre.clamp(min=0)
        if config["act_fn"] == "topk":
            kept = codes.topk(config["top_k"])
            codes = torch.zeros_like(codes).scatter(1, kept.indices, kept.values)
    return codes, codes @ decoder.T + b_dec


def opened_newer(config, tensors, norms, x):
    """Its `normalize_activations`, `encode` and `decode` of 2025: codes of normalised rows."""
    s_in, s_out = (scale(norms[0]), scale(norms[1])) if norms else (1, 1)
    decoder, b_dec = tensors["decoder.weight"], tensors.get("decoder.bias", torch.zeros(WIDTH))
    rows = x * s_in
    if config["apply_decoder_bias_to_pre_encoder"]:
        rows = rows - b_dec
    pre = rows @ tensors["encoder.weight"].T + tensors["encoder.bias"]
    scores = pre * decoder.norm(dim=0) if config["sparsity_include_decoder_norm"] else pre
    threshold = 0 if config["act_fn"] == "relu" else tensors["log_jumprelu_threshold"].exp()
    codes = pre * (scores > threshold)
    return codes, (codes @ decoder.T + b_dec) / s_out


def by_saelens(loader, folder, x, factor):
    """Codes and reconstruction by SAELens's own loader, given the folder in the place of the hub's."""

    def local(repo_id, filename, subfolder=None, **_):
        return str(folder / (subfolder or "") / filename)

    with mock.patch.object(loaders, "hf_hub_download", local):
        config, state, _ = loader("repo", ".", device="cpu", cfg_overrides={"dtype": "float32"})
    config = loaders.handle_config_defaulting(loaders.handle_pre_6_0_config(config))
    sae = SAE.from_dict(config)
    sae.process_state_dict_for_loading(state)
    sae.load_state_dict(state)
    sae.fold_activation_norm_scaling_factor(factor)
    with torch.no_grad():
        return sae.encode(x), sae(x)


def same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


def older(folder, rng, saelens=False, unit=True, bias=True, **changes):
    config = OLDER | changes
    tensors = tensors_of(rng, FEATURES, unit, bias)
    (folder / "checkpoints").mkdir()
    (folder / "hyperparams.json").write_text(json.dumps(config, indent=4), "utf-8")
    save_file(tensors, folder / "checkpoints" / "final.safetensors")
    x = steady_rows(lambda x: opened_older(config, tensors, x)[0], rng, IN / math.sqrt(WIDTH),
                    wanted=lambda codes: (codes > 0).any(dim=1) & (codes == 0).any(dim=1))
    codes, reconstruction = opened_older(config, tensors, x)
    if config["norm_activation"] == "dataset-wise":
        codes = codes * scale(IN)  # of normalised rows, as SAELens has them
    if saelens:
        same((codes, reconstruction), by_saelens(loaders.llama_scope_sae_huggingface_loader, folder, x, scale(IN)))
    return {"x": x, "codes": codes, "reconstruction": reconstruction}


def newer(folder, rng, norms=(IN, IN), saelens=False, unit=True, stored=("in", "out"), bias=True, **changes):
    config = NEWER | changes
    tensors = tensors_of(rng, 2 * WIDTH, unit, bias)
    if config["act_fn"] == "jumprelu":
        tensors["log_jumprelu_threshold"] = normal(rng, 2 * WIDTH, scale=0.3) - 1
    (folder / "config.json").write_text(json.dumps(config, indent=4), "utf-8")
    kept = {f"dataset_average_activation_norm.{key}": torch.tensor(norm)
            for key, norm in zip(stored, norms or (), strict=False)}
    save_file(tensors | kept, folder / "sae_weights.safetensors")
    x = steady_rows(lambda x: opened_newer(config, tensors, norms, x)[0], rng, IN / math.sqrt(WIDTH))
    codes, reconstruction = opened_newer(config, tensors, norms, x)
    if saelens:
        loader = loaders.llama_scope_r1_distill_sae_huggingface_loader
        same((codes, reconstruction), by_saelens(loader, folder, x, scale(IN)))
    return {"x": x, "codes": codes, "reconstruction": reconstruction}


FORMAT = ("llama-scope", "sae-lens", "safetensors")


@recipe(*FORMAT)
def llama_scope(folder, rng):
    """As published, with its folder's name: what SAELens opens, too."""
    inside = "Llama3_1-8B-Base-L15R-8x"
    (folder / inside).mkdir()
    found = {
        "modelName": "meta-llama/Llama-3.1-8B", "datasetPath": "cerebras/SlimPajama-627B",
        "contextSize": 1024, "prependBos": True, "hookName": HOOK,
    }
    return older(folder / inside, rng, saelens=True) | {
        "inside": inside, "options": {"normalize": "mean-norm", "centred": False}, "metadata": found}


@recipe(*FORMAT)
def llama_scope_free_rows(folder, rng):
    """Decoder rows of other norms, which SAELens takes for 1."""
    return older(folder, rng, unit=False) | {"options": {"decoderRows": "free"}}


@recipe(*FORMAT)
def llama_scope_by_code(folder, rng):
    """Thresholds of the codes alone, of rows that are centred."""
    changes = {"sparsity_include_decoder_norm": False, "apply_decoder_bias_to_pre_encoder": True}
    return older(folder, rng, unit=False, **changes) | {"options": {}}


@recipe(*FORMAT)
def llama_scope_transcoder(folder, rng):
    out = "blocks.15.hook_mlp_out"
    changes = {"hook_point_in": "blocks.15.ln2.hook_normalized", "hook_point_out": out,
               "dataset_average_activation_norm": {"in": IN, "out": OUT}}
    found = {"hookName": "blocks.15.ln2.hook_normalized", "hookNameOut": out}
    return older(folder, rng, unit=False, **changes) | {
        "options": {"outputDim": WIDTH}, "metadata": found}


@recipe(*FORMAT)
def llama_scope_topk(folder, rng):
    """Before its threshold has been found."""
    changes = {"act_fn": "topk", "jump_relu_threshold": 0.0}
    return older(folder, rng, unit=False, **changes) | {"options": {"k": 3}}


@recipe(*FORMAT)
def llama_scope_relu(folder, rng):
    changes = {"act_fn": "relu", "norm_activation": "inference", "use_decoder_bias": False}
    return older(folder, rng, unit=False, bias=False, **changes) | {
        "options": {"penalty": "l1-decoder-norm"}}


@recipe(*FORMAT)
def llama_scope_later(folder, rng):
    return newer(folder, rng, saelens=True) | {"options": {"normalize": "mean-norm", "centred": False}}


@recipe(*FORMAT)
def llama_scope_later_free_rows(folder, rng):
    """Thresholds of what features add to the output, with norms under the places' own names."""
    return newer(folder, rng, unit=False, stored=(HOOK,)) | {"options": {}}


@recipe(*FORMAT)
def llama_scope_later_folded(folder, rng):
    """Norms that its package has folded into the weights."""
    changes = {"norm_activation": "inference", "sparsity_include_decoder_norm": False,
               "apply_decoder_bias_to_pre_encoder": True}
    return newer(folder, rng, norms=None, unit=False, **changes) | {"options": {"decoderRows": "free"}}


@recipe(*FORMAT)
def llama_scope_later_transcoder(folder, rng):
    changes = {"hook_point_in": "blocks.3.ln2.hook_normalized", "hook_point_out": "blocks.3.hook_mlp_out"}
    return newer(folder, rng, norms=(IN, OUT), unit=False, act_fn="relu", **changes) | {
        "options": {"outputDim": WIDTH}}
