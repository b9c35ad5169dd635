"""Dictionaries of EleutherAI's sparsify, saved by itself."""

import os

os.environ.setdefault("SPARSIFY_DISABLE_TRITON", "1")  # its own plain decoder, which needs no GPU

import torch
from sparsify import SparseCoder, SparseCoderConfig
from sparsify.__main__ import RunConfig

from .recipe import FEATURES, WIDTH, normal, recipe, steady_rows

FORMAT = ("sparsify", "eai-sparsify")


def codes_of(coder, x):
    """Its sparse codes with the zeros between them."""
    values, indices, _ = coder.encode(x)
    return torch.zeros(len(x), coder.num_latents).scatter(1, indices, values)


def saved(folder, rng, dtype=torch.float32, **config):
    """Saves random weights, and tells what sparsify computes once it has loaded them again."""
    config = SparseCoderConfig(**{"num_latents": FEATURES, "k": 3} | config)
    coder = SparseCoder(WIDTH, config, dtype=dtype)
    for weight in coder.parameters():
        weight.data = normal(rng, *weight.shape, scale=0.5).to(dtype)
    coder.save_to_disk(folder)
    return computed(SparseCoder.load_from_disk(folder).float(), rng)


def computed(coder, rng):
    with torch.no_grad():
        x = steady_rows(lambda x: codes_of(coder, x), rng)
        return {"x": x, "codes": codes_of(coder, x), "reconstruction": coder(x).sae_out}


def run_beside(folder, **config):
    """The configuration of the run, as its trainer saves it beside the folders of the places."""
    config = RunConfig(sae=SparseCoderConfig(), hf_token="secret", **config)
    config.save_json(folder / "config.json")


@recipe(*FORMAT)
def sparsify_run(folder, rng):
    """A place's folder in a run's."""
    run_beside(folder, model="EleutherAI/pythia-160m", dataset="EleutherAI/the_pile", ctx_len=2049,
               revision="step3000", exclude_tokens=[0, 1])
    found = {
        "modelName": "EleutherAI/pythia-160m", "modelRevision": "step3000", "contextSize": 2049,
        "datasetPath": "EleutherAI/the_pile", "hookName": "blocks.5.hook_mlp_out",
        "hfHookName": "gpt_neox.layers.5.mlp", "excludeSpecialTokens": [0, 1],
    }
    inside = "layers.5.mlp"
    expected = saved(folder / inside, rng)
    return expected | {"inside": inside, "options": {"k": 3}, "metadata": found}


@recipe(*FORMAT)
def sparsify_expanded(folder, rng):
    """As many latents as a factor says, and decoder rows that are left free."""
    config = {"num_latents": 0, "expansion_factor": 2, "normalize_decoder": False}
    return saved(folder, rng, **config) | {"options": {"encodingDim": 2 * WIDTH, "decoderRows": "free"}}


@recipe(*FORMAT)
def sparsify_transcoder(folder, rng):
    run_beside(folder, model="HuggingFaceTB/SmolLM2-135M", dataset="EleutherAI/SmolLM2-135M-10B")
    found = {
        "modelName": "HuggingFaceTB/SmolLM2-135M", "hookName": "blocks.8.mlp.hook_in",
        "hfHookName": "model.layers.8.mlp", "hookNameOut": "blocks.8.hook_mlp_out",
        "hfHookNameOut": "model.layers.8.mlp",
    }
    inside = "layers.8.mlp"
    expected = saved(folder / inside, rng, transcode=True)
    return expected | {"inside": inside, "options": {"outputDim": WIDTH}, "metadata": found}


@recipe(*FORMAT)
def sparsify_skip_transcoder(folder, rng):
    return saved(folder, rng, transcode=True, skip_connection=True) | {"options": {"skip": True}}


@recipe(*FORMAT)
def sparsify_skip_autoencoder(folder, rng):
    """The skip connection is of rows as they come, the encoder of centred ones."""
    return saved(folder, rng, skip_connection=True) | {"options": {"skip": True}}


@recipe(*FORMAT)
def sparsify_bfloat16(folder, rng):
    """Weights of 16 bits; what is expected is computed in float32."""
    return saved(folder, rng, dtype=torch.bfloat16) | {"options": {}}
