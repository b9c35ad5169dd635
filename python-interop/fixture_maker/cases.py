"""The small cases: what each one stresses, its starting weights and its data.

I = input_dim, E = encoding_dim, B = batch. Everything follows from the case and a seed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

POOL = 10  # distinct batches; step s trains on batch s % POOL


@dataclass(frozen=True)
class Case:
    """One training run. `learning_rate` is a number or the arguments of WarmupCosineDecay."""

    name: str
    input_dim: int = 12
    encoding_dim: int = 20
    batch: int = 8
    steps: int = 50
    lambda_sparse: float = 1e-3
    aux_weight: float = 1e-2
    clip_norm: float | None = 1.0
    learning_rate: float | dict = 1e-3
    beta_1: float = 0.9
    input_scale: float = 1.0
    vectors: Callable | None = None  # (case, rng) -> starting values that are not Keras' own

    def config(self):
        """The constructor arguments of gated_sae.GatedSAE."""
        names = ("input_dim", "encoding_dim", "lambda_sparse", "aux_weight", "clip_norm")
        return {name: getattr(self, name) for name in names}

    def optimizer(self):
        """The arguments of keras.optimizers.Adam."""
        return {
            "learning_rate": self.learning_rate,
            "beta_1": self.beta_1,
            "beta_2": 0.999,
            "epsilon": 1e-7,
        }


def random_vectors(case, rng):
    """Vectors as some way into a training: none of them zero, the sizes of a usual run."""
    size = case.encoding_dim
    return {
        "b_gate": rng.normal(0, 0.3, size),
        "r_mag": rng.normal(0, 0.3, size),
        "b_mag": rng.normal(0.1, 0.2, size),
    }


def all_gates_shut(case, rng):
    """No pre-activation reaches zero: only b_dec has a gradient."""
    return random_vectors(case, rng) | {"b_gate": rng.normal(-20, 0.3, case.encoding_dim)}


def some_gates_stuck(case, rng):
    """Features 0..4 never fire, features 5..8 fire on every row, the rest come and go."""
    vectors = random_vectors(case, rng)
    vectors["b_gate"][:5] = -5
    vectors["b_gate"][5:9] = 5
    vectors["b_mag"][5:9] = 4
    return vectors | {"b_dec": rng.normal(0.5, 0.5, case.input_dim)}


def gates_beside_tiny_inputs(case, rng):
    """Tiny biases, yet larger than the products of tinier inputs: no gate is a close call."""
    size = case.encoding_dim
    sign = np.where(np.arange(size) % 2, 1.0, -1.0)
    return {
        "b_gate": sign * rng.uniform(1.2e-3, 1.6e-3, size),
        "r_mag": rng.normal(0, 0.3, size),
        "b_mag": rng.uniform(1.2e-3, 1.6e-3, size),
    }


RECIPE = {
    "aux_weight": 0.1,
    "beta_1": 0.0,
    "learning_rate": {"peak_lr": 1e-2, "warmup_steps": 5, "total_steps": 50},
}

CASES = (
    Case("base"),
    Case("recipe", **RECIPE),
    Case("clip_none", clip_norm=None, vectors=random_vectors),
    Case("clip_small", clip_norm=0.05, learning_rate=1e-2, vectors=random_vectors),
    Case("beta1_zero", beta_1=0.0, vectors=random_vectors),
    Case("batch_of_one", batch=1, clip_norm=20.0, vectors=random_vectors),
    Case("all_dead", vectors=all_gates_shut),
    Case("some_dead", vectors=some_gates_stuck),
    Case("alpha_zero", aux_weight=0.0, vectors=random_vectors),
    Case("lambda_large", lambda_sparse=0.5, learning_rate=5e-3, vectors=random_vectors),
    Case("tiny_gradients", input_scale=1e-4, learning_rate=1e-5,
         vectors=gates_beside_tiny_inputs),
    Case("wide_tails", input_dim=7, encoding_dim=13, batch=5, vectors=random_vectors, **RECIPE),
)


def draw_batches(case, rng):
    """Sparse mixtures of fixed directions, an offset and a little noise: POOL arrays [B, I]."""
    causes = case.input_dim  # as many as dimensions; a row holds about a quarter of them
    directions = rng.normal(size=(causes, case.input_dim))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    rows = POOL * case.batch
    amounts = rng.uniform(0.5, 2.0, (rows, causes)) * (rng.random((rows, causes)) < 0.25)
    noise = rng.normal(0, 0.05, (rows, case.input_dim))
    data = case.input_scale * (amounts @ directions + 0.2 + noise)
    return np.split(data.astype(np.float32), POOL)


def draw_weights(case, rng, batches):
    """Keras' starting weights (Glorot, zeros), b_dec = data mean, then the case's own vectors."""
    limit = np.sqrt(6 / (case.input_dim + case.encoding_dim))
    weights = {
        "W_gate": rng.uniform(-limit, limit, (case.input_dim, case.encoding_dim)),
        "b_gate": np.zeros(case.encoding_dim),
        "r_mag": np.zeros(case.encoding_dim),
        "b_mag": np.zeros(case.encoding_dim),
        "W_dec": rng.uniform(-limit, limit, (case.encoding_dim, case.input_dim)),
        "b_dec": np.concatenate(batches).mean(axis=0),
    }
    if case.vectors:
        weights |= case.vectors(case, rng)
    return {name: values.astype(np.float32) for name, values in weights.items()}
