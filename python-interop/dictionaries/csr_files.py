"""Modules of sentence-transformers' SparseEncoder, saved and opened by itself."""

import copy

import torch
from sentence_transformers.sparse_encoder.modules import SparseAutoEncoder

from .recipe import FEATURES, WIDTH, normal, recipe, steady_rows

FORMAT = ("csr", "sentence-transformers")


def saved(folder, rng, **config):
    module = SparseAutoEncoder(WIDTH, FEATURES, k=2, k_aux=4, **config)
    for weight in module.parameters():
        weight.data = normal(rng, *weight.shape, scale=0.5)
    module.save(str(folder))
    opened = SparseAutoEncoder.load(str(folder)).eval()
    with torch.no_grad():
        x = steady_rows(in_double(opened), rng, change=lambda x: with_flat_row(x).double()).float()
        made = opened({"sentence_embedding": x})
    return {"x": x, "codes": made["sentence_embedding"], "reconstruction": made["decoded_embedding_k"]}


def in_double(module):
    """Its codes, in double precision: in single, a flat row that moves is on no finer a grid than its values."""
    double = copy.deepcopy(module).double()
    return lambda x: double({"sentence_embedding": x})["sentence_embedding"]


def with_flat_row(x):
    """The first of so small a deviation that what is added to it shows; its mean is 0.5, whatever rounds."""
    x = x + 0.5
    sides = (x[0, : WIDTH // 2] * 4).round() / 2**17
    x[0] = 0.5 + torch.cat([sides, -sides])
    return x


@recipe(*FORMAT)
def csr_plain(folder, rng):
    return saved(folder, rng) | {"options": {"k": 2}}


@recipe(*FORMAT)
def csr_layer_norm(folder, rng):
    """Rows that are normalised."""
    return saved(folder, rng, normalize=True) | {"options": {"normalize": "layer-norm"}}
