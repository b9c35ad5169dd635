"""Dictionaries of dictionary_learning, as its training saves them, opened as its load_dictionary does."""

import json

import torch

from .dictionary_learning_classes import (
    AutoEncoder,
    AutoEncoderNew,
    AutoEncoderTopK,
    BatchTopKSAE,
    GatedAutoEncoder,
    JumpReluAutoEncoder,
    MatryoshkaBatchTopKSAE,
)
from .recipe import FEATURES, WIDTH, computed, normal, recipe

PACKAGE = "dictionary_learning"
FORMAT = "dictionary-learning"
FOUND = {
    "modelName": "EleutherAI/pythia-70m-deduped", "hookName": "blocks.3.hook_resid_post",
    "contextSize": 128,
}


def saved(sae, folder, rng, options, threshold=None, config=None, legacy=False):
    """Saves a model with random weights, and tells what it computes once it is loaded again."""
    for name, weight in sae.named_parameters():
        values = normal(rng, *weight.shape, scale=0.5)
        weight.data = values.abs() if name == "threshold" else values
    if threshold is not None:
        sae.threshold.fill_(threshold)
    name = type(sae).__name__
    trainer = {
        "trainer_class": "Trainer", "dict_class": name, "activation_dim": WIDTH,
        "dict_size": FEATURES, "layer": 3, "lm_name": "EleutherAI/pythia-70m-deduped",
        "submodule_name": "resid_post_layer_3", "seed": 0,
    }
    if "k" in options:
        trainer["k"] = options["k"]
    full = {"trainer": trainer, "buffer": {"d_submodule": WIDTH, "ctx_len": 128, "io": "out"}}
    (folder / "config.json").write_text(json.dumps(full), "utf-8")
    torch.save(sae.state_dict(), folder / "ae.pt", _use_new_zipfile_serialization=not legacy)
    own = {"k": options["k"]} if "k" in options else {}
    opened = type(sae).from_pretrained(folder / "ae.pt", **own)
    expected = computed(opened, rng) | {"options": options, "metadata": FOUND}
    if config is None:
        (folder / "config.json").unlink()
        return expected | {"metadata": {}}
    return expected


@recipe(FORMAT, PACKAGE)
def dictionary_learning_relu(folder, rng):
    """Decoder rows of other norms than 1, which the package changes."""
    return saved(AutoEncoder(WIDTH, FEATURES), folder, rng, {}, config=True)


@recipe(FORMAT, PACKAGE)
def dictionary_learning_relu_alone(folder, rng):
    return saved(AutoEncoder(WIDTH, FEATURES), folder, rng, {}, legacy=True)


@recipe(FORMAT, PACKAGE)
def dictionary_learning_new(folder, rng):
    return saved(AutoEncoderNew(WIDTH, FEATURES), folder, rng, {"centred": False}, config=True)


@recipe(FORMAT, PACKAGE)
def dictionary_learning_gated(folder, rng):
    return saved(GatedAutoEncoder(WIDTH, FEATURES), folder, rng, {}, config=True)


@recipe(FORMAT, PACKAGE)
def dictionary_learning_gated_alone(folder, rng):
    return saved(GatedAutoEncoder(WIDTH, FEATURES), folder, rng, {})


@recipe(FORMAT, PACKAGE)
def dictionary_learning_jumprelu(folder, rng):
    sae = JumpReluAutoEncoder(WIDTH, FEATURES)
    return saved(sae, folder, rng, {"centred": False}, config=True)


@recipe(FORMAT, PACKAGE)
def dictionary_learning_jumprelu_alone(folder, rng):
    return saved(JumpReluAutoEncoder(WIDTH, FEATURES), folder, rng, {"centred": False})


@recipe(FORMAT, PACKAGE)
def dictionary_learning_topk(folder, rng):
    """Its threshold is for others: encode takes the largest."""
    sae = AutoEncoderTopK(WIDTH, FEATURES, k=3)
    return saved(sae, folder, rng, {"k": 3}, threshold=0.9, config=True)


@recipe(FORMAT, PACKAGE)
def dictionary_learning_batchtopk(folder, rng):
    sae = BatchTopKSAE(WIDTH, FEATURES, k=3)
    return saved(sae, folder, rng, {"k": 3}, threshold=0.7, config=True)


@recipe(FORMAT, PACKAGE)
def dictionary_learning_batchtopk_early(folder, rng):
    """Before a threshold was learnt, which is then −1."""
    return saved(BatchTopKSAE(WIDTH, FEATURES, k=3), folder, rng, {"k": 3}, config=True)


@recipe(FORMAT, PACKAGE)
def dictionary_learning_matryoshka(folder, rng):
    sae = MatryoshkaBatchTopKSAE(WIDTH, FEATURES, k=3, group_sizes=[2, 3, FEATURES - 5])
    options = {"k": 3, "prefixes": [2, 5, FEATURES]}
    return saved(sae, folder, rng, options, threshold=0.6, config=True)


@recipe(FORMAT, PACKAGE)
def dictionary_learning_matryoshka_alone(folder, rng):
    sae = MatryoshkaBatchTopKSAE(WIDTH, FEATURES, k=3, group_sizes=[2, 3, FEATURES - 5])
    return saved(sae, folder, rng, {"k": 3, "prefixes": [2, 5, FEATURES]}, threshold=0.6)
