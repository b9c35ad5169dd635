"""Dictionaries that are one .pt file: Qwen Scope, Goodfire and qresearch by SAELens's loaders, OpenAI's by its equations."""

import torch
from sae_lens.loading.pretrained_sae_loaders import (
    deepseek_r1_sae_huggingface_loader,
    get_goodfire_huggingface_loader,
    qwen_scope_sae_huggingface_loader,
)

from .recipe import FEATURES, WIDTH, computed, normal, recipe, steady_rows
from .saelens_loaders import loaded, metadata

SIZES = {"d_in": WIDTH, "d_sae": FEATURES, "dtype": "float32"}


def of_loader(folder, rng, loader, repo, file, state, options, left_out=(), **overrides):
    """Saves a state dict, and tells what SAELens computes of it."""
    place = folder / repo.rpartition("/")[2]
    place.mkdir()
    torch.save(state, place / file)
    sae = loaded(loader, place, repo, file, **SIZES, **overrides)
    found = {name: value for name, value in metadata(sae).items() if name not in left_out}
    return computed(sae, rng) | {
        "inside": f"{place.name}/{file}", "options": options, "metadata": found,
    }


@recipe("qwen-scope", "sae-lens")
def qwen_scope(folder, rng):
    """SAELens takes k from the repository's name."""
    state = {
        "W_enc": normal(rng, FEATURES, WIDTH), "W_dec": normal(rng, WIDTH, FEATURES),
        "b_enc": normal(rng, FEATURES), "b_dec": normal(rng, WIDTH),
    }
    repo = "Qwen/SAE-Res-Qwen3-1.7B-Base-W32K-L0_3"
    options = {"k": 3, "centred": False}
    return of_loader(folder, rng, qwen_scope_sae_huggingface_loader, repo, "layer7.sae.pt", state, options)


def linear(rng, encoder, decoder):
    """Views of transposed tensors, as those of tied weights are."""
    return {
        f"{encoder}.weight": normal(rng, WIDTH, FEATURES).T, f"{encoder}.bias": normal(rng, FEATURES),
        f"{decoder}.weight": normal(rng, WIDTH, FEATURES), f"{decoder}.bias": normal(rng, WIDTH),
    }


@recipe("goodfire", "sae-lens")
def goodfire(folder, rng):
    state = linear(rng, "encoder_linear", "decoder_linear")
    repo = "Goodfire/Llama-3.1-8B-Instruct-SAE-l19"
    file = "Llama-3.1-8B-Instruct-SAE-l19.pth"
    # SAELens takes prepend_bos from its defaults, not from what is known of these.
    left_out = ("prependBos",)
    return of_loader(folder, rng, get_goodfire_huggingface_loader, repo, file, state,
                     {"centred": False}, left_out)


@recipe("goodfire", "sae-lens")
def goodfire_deepseek(folder, rng):
    state = linear(rng, "encoder", "decoder")
    repo = "qresearch/DeepSeek-R1-Distill-Llama-8B-SAE-l19"
    file = "DeepSeek-R1-Distill-Llama-8B-SAE-l19.pt"
    left_out = ("prependBos", "contextSize")
    return of_loader(folder, rng, deepseek_r1_sae_huggingface_loader, repo, file, state,
                     {"centred": False}, left_out)


def of_openai(folder, rng, k, options, legacy=False, tied=False):
    """The package is on no index: these are its equations."""
    state = {
        "pre_bias": normal(rng, WIDTH), "encoder.weight": normal(rng, FEATURES, WIDTH),
        "latent_bias": normal(rng, FEATURES),
    }
    if tied:
        state["decoder.linear.weight"] = state["encoder.weight"]
        # As the package of today says it once more.
        state |= {"activation.k": k, "activation.postact_fn": "ReLU"} if k else {}
    else:
        state["decoder.weight"] = normal(rng, WIDTH, FEATURES)
    state |= {
        "stats_last_nonzero": torch.zeros(FEATURES, dtype=torch.long),
        "latents_activation_frequency": torch.ones(FEATURES),
        "latents_mean_square": torch.zeros(FEATURES), "activation": "TopK" if k else "ReLU",
        "activation_state_dict": {"k": k, "postact_fn": "ReLU"} if k else {},
    }
    torch.save(state, folder / "8.pt", _use_new_zipfile_serialization=not legacy)
    x = steady_rows(lambda x: opened_openai(state, k, x)[0], rng, 2.0, lambda x: x + 1)
    codes, made = opened_openai(state, k, x)
    return {"x": x, "codes": codes, "reconstruction": made, "inside": "8.pt", "options": options}


def opened_openai(state, k, x):
    """Codes and reconstruction."""
    mean, std = (x.mean(-1, keepdim=True), None) if k else (torch.zeros(1), torch.ones(1))
    rows = x - mean
    if k:
        std = rows.std(-1, keepdim=True)
        rows = rows / (std + 1e-5)
    codes = (rows - state["pre_bias"]) @ state["encoder.weight"].T + state["latent_bias"]
    if k:
        largest = codes.topk(k, dim=-1)
        codes = torch.zeros_like(codes).scatter_(-1, largest.indices, largest.values)
    codes = codes.relu()
    decoder = state["decoder.weight"].T if "decoder.weight" in state else state["encoder.weight"]
    return codes, (codes @ decoder + state["pre_bias"]) * std + mean


@recipe("openai")
def openai_topk(folder, rng):
    return of_openai(folder, rng, 3, {"k": 3, "normalize": "layer-norm"})


@recipe("openai")
def openai_relu(folder, rng):
    return of_openai(folder, rng, None, {}, legacy=True)


@recipe("openai")
def openai_tied(folder, rng):
    """Of TiedTranspose, whose decoder is the encoder: torch.save writes one storage for both."""
    return of_openai(folder, rng, None, {}, tied=True)


@recipe("openai")
def openai_tied_topk(folder, rng):
    return of_openai(folder, rng, 3, {"k": 3, "normalize": "layer-norm"}, tied=True)
