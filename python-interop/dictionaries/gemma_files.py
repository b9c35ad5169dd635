"""Dictionaries of Gemma Scope, and of Gemma Scope 2; computed by SAELens through its own loaders."""

import json

import numpy as np
from safetensors.torch import save_file
from sae_lens.loading.pretrained_sae_loaders import (
    gemma_2_sae_huggingface_loader,
    gemma_2_transcoder_huggingface_loader,
    gemma_3_sae_huggingface_loader,
)

from .recipe import FEATURES, WIDTH, WIDTH_OUT, computed, normal, recipe
from .saelens_loaders import loaded, metadata


def parameters(rng, width_out=WIDTH):
    """As both have them, but for the names."""
    return {
        "w_enc": normal(rng, WIDTH, FEATURES), "b_enc": normal(rng, FEATURES),
        "threshold": normal(rng, FEATURES).abs(), "w_dec": normal(rng, FEATURES, width_out),
        "b_dec": normal(rng, width_out),
    }


def second(folder, rng, path, config=None, width_out=WIDTH, skip=False, options=None):
    """One of Gemma Scope 2; the repository's name is a part of the path, too."""
    repo, _, inside = path.partition("/")
    place = folder / path
    place.mkdir(parents=True)
    tensors = parameters(rng, width_out)
    if skip:
        tensors["affine_skip_connection"] = normal(rng, WIDTH, width_out)
    save_file(tensors, place / "params.safetensors")
    if config:
        (place / "config.json").write_text(json.dumps(config), "utf-8")
    sae = loaded(gemma_3_sae_huggingface_loader, folder / repo, f"google/{repo}", inside)
    found = metadata(sae) | ({"l0": config["l0"]} if config else {})
    return computed(sae, rng) | {"inside": path, "options": options, "metadata": found}


def second_config(hook_in, hook_out, kind="sae", affine=False):
    return {
        "hf_hook_point_in": hook_in, "hf_hook_point_out": hook_out, "width": FEATURES,
        "model_name": "gemma-v3-270m-pt", "architecture": "jump_relu", "l0": 20,
        "affine_connection": affine, "type": kind,
    }


@recipe("gemma-scope-2", "sae-lens")
def gemma_scope_2_resid(folder, rng):
    config = second_config("model.layers.9.output", "model.layers.9.output")
    path = "gemma-scope-2-270m-pt/resid_post/layer_9_width_16k_l0_small"
    return second(folder, rng, path, config, options={"centred": False})


@recipe("gemma-scope-2", "sae-lens")
def gemma_scope_2_no_config(folder, rng):
    """What its path says is all that is known."""
    path = "gemma-scope-2-1b-it/attn_out_all/layer_11_width_16k_l0_small"
    return second(folder, rng, path, options={"centred": False})


@recipe("gemma-scope-2", "sae-lens")
def gemma_scope_2_transcoder(folder, rng):
    path = "gemma-scope-2-4b-it/transcoder_all/layer_5_width_16k_l0_big"
    return second(folder, rng, path, options={"outputDim": WIDTH})


@recipe("gemma-scope-2", "sae-lens")
def gemma_scope_2_affine(folder, rng):
    module = "model.layers.5.{}_feedforward_layernorm.output"
    config = second_config(module.format("pre"), module.format("post"), "transcoder", affine=True)
    path = "gemma-scope-2-270m-pt/transcoder/layer_5_width_16k_l0_big_affine"
    options = {"outputDim": WIDTH_OUT, "skip": True}
    return second(folder, rng, path, config, WIDTH_OUT, skip=True, options=options)


def first(folder, rng, path, capital=True, save=np.savez, transposed=(), l0=None, options=None):
    """One of Gemma Scope; its path says what it is of."""
    repo, _, inside = path.partition("/")
    place = folder / path
    place.mkdir(parents=True)
    arrays = {name: values.numpy() for name, values in parameters(rng).items()}
    for name in transposed:
        arrays[name] = np.asfortranarray(arrays[name])
    if capital:
        arrays = {name.replace("w_", "W_"): values for name, values in arrays.items()}
    save(place / "params.npz", **arrays)
    transcoders = "transcoders" in repo
    loader = gemma_2_transcoder_huggingface_loader if transcoders else gemma_2_sae_huggingface_loader
    sizes = {"d_in": WIDTH, "d_sae": FEATURES} | ({"d_out": WIDTH} if transcoders else {})
    sae = loaded(loader, folder / repo, f"google/{repo}", inside, **sizes)
    found = metadata(sae)
    found["modelName"] = f"google/{found['modelName']}"  # as the hub calls it
    sae.turn_off_forward_pass_hook_z_reshaping()  # rows have all heads side by side
    if l0:
        found["l0"] = l0
    return computed(sae, rng) | {"inside": path, "options": options, "metadata": found}


@recipe("gemma-scope", "sae-lens", "numpy")
def gemma_scope_resid(folder, rng):
    path = "gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71"
    return first(folder, rng, path, l0=71, options={"centred": False})


@recipe("gemma-scope", "sae-lens", "numpy")
def gemma_scope_compressed(folder, rng):
    """With small letters, compressed, one matrix by columns."""
    path = "gemma-scope-9b-it-res/layer_31/width_131k/average_l0_63"
    save = np.savez_compressed
    options = {"centred": False}
    return first(folder, rng, path, False, save, ["w_enc"], l0=63, options=options)


@recipe("gemma-scope", "sae-lens", "numpy")
def gemma_scope_attention(folder, rng):
    path = "gemma-scope-9b-pt-att/layer_3/width_16k/average_l0_46"
    return first(folder, rng, path, l0=46, options={"centred": False})


@recipe("gemma-scope", "sae-lens", "numpy")
def gemma_scope_mlp(folder, rng):
    path = "gemma-scope-27b-pt-mlp/layer_7/width_16k/canonical"
    return first(folder, rng, path, options={"centred": False})


@recipe("gemma-scope", "sae-lens", "numpy")
def gemma_scope_embedding(folder, rng):
    path = "gemma-scope-2b-pt-res/embedding/width_4k/average_l0_6"
    return first(folder, rng, path, l0=6, options={"centred": False})


@recipe("gemma-scope", "sae-lens", "numpy")
def gemma_scope_transcoder(folder, rng):
    path = "gemma-scope-2b-pt-transcoders/layer_5/width_16k/average_l0_41"
    return first(folder, rng, path, l0=41, options={"outputDim": WIDTH})
