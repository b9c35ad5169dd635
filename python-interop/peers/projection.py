"""What dictionary_learning leaves of the gradient of decoder rows that keep norm 1."""

import numpy as np
import torch

from .cases import FEATURES, INPUT_DIM
from .dictionary_learning_peer import trainers

trainers()  # has the package's modules importable
from dictionary_learning.trainers import trainer  # noqa: E402

SEED = 3


def all_of_it():
    """Rows of norm 1, a gradient of each, and what is left of it, all [features, input_dim]."""
    rng = np.random.default_rng(SEED)
    rows = rng.standard_normal((FEATURES, INPUT_DIM))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    gradient = rng.standard_normal(rows.shape).astype(np.float32)
    # The peer writes the result over the gradient, and has both transposed.
    left = trainer.remove_gradient_parallel_to_decoder_directions(
        torch.from_numpy(rows.T.copy()), torch.from_numpy(gradient.T.copy()), INPUT_DIM, FEATURES)
    return {"rows": rows, "gradient": gradient, "projected": left.numpy().T.copy()}
