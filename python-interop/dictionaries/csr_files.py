"""Modules of sentence-transformers' SparseEncoder, saved and opened by itself."""

import torch
from sentence_transformers.sparse_encoder.modules import SparseAutoEncoder

from .recipe import FEATURES, ROWS, WIDTH, normal, recipe

FORMAT = ("csr", "sentence-transformers")


def saved(folder, rng, **config):
    module = SparseAutoEncoder(WIDTH, FEATURES, k=2, k_aux=4, **config)
    for weight in module.parameters():
        weight.data = normal(rng, *weight.shape, scale=0.5)
    module.save(str(folder))
    opened = SparseAutoEncoder.load(str(folder)).eval()
    x = normal(rng, ROWS, WIDTH) + 0.5
    x[0] = 0.5 + x[0] / 2**15  # of so small a deviation that what is added to it shows
    with torch.no_grad():
        made = opened({"sentence_embedding": x})
    return {"x": x, "codes": made["sentence_embedding"], "reconstruction": made["decoded_embedding_k"]}


@recipe(*FORMAT)
def csr_plain(folder, rng):
    return saved(folder, rng) | {"options": {"k": 2}}


@recipe(*FORMAT)
def csr_layer_norm(folder, rng):
    """Rows that are normalised."""
    return saved(folder, rng, normalize=True) | {"options": {"normalize": "layer-norm"}}
