"""The vanilla sparse autoencoder in Keras, as `ReluSAE` of gated-sae-tfjs computes it.

Import this module before loading a `.keras` file with a ReluSAE in it: Keras finds the class by
its registered name, `gated_sae_tfjs>ReluSAE`. Training needs Keras's TensorFlow backend.
"""

import keras
from keras import ops

from sparse_autoencoder import SparseAutoencoder

PENALTIES = ("l1", "l1-decoder-norm", "lp")


@keras.saving.register_keras_serializable(package="gated_sae_tfjs")
class ReluSAE(SparseAutoencoder):
    """One ReLU encoder with a penalty on its codes (Bricken et al. 2023).

        xc    = x - b_dec                        [batch, input_dim]
        codes = relu(xc @ W_enc + b_enc)         [batch, encoding_dim]
        x_hat = codes @ W_dec + b_dec            [batch, input_dim], rows of W_dec have norm 1
        loss  = mean |x - x_hat|^2 + lambda_sparse * mean penalty

    The penalty of a row is sum(codes); with penalty "l1-decoder-norm" it is sum(codes * |W_dec|) by
    the norms of decoder rows; with "lp" it is sum(codes ** p), whose p may change during training.
    """

    def __init__(self, input_dim, encoding_dim, lambda_sparse=1e-3, penalty="l1", p=1.0,
                 clip_norm=1.0, **kwargs):
        if penalty not in PENALTIES:
            raise ValueError(f"penalty: expected one of {PENALTIES}; received {penalty!r}.")
        if p != 1 and penalty != "lp":
            raise ValueError(f'p: expected penalty "lp"; received {penalty!r}. Leave out p.')
        if not 0 < p < float("inf"):
            raise ValueError(f"p: expected a finite number > 0; received {p!r}.")
        options = {"lambda_sparse": lambda_sparse, "penalty": penalty, "p": p}
        super().__init__(input_dim, encoding_dim, clip_norm, options, **kwargs)

    def encode(self, x):
        """Codes [batch, encoding_dim] of x [batch, input_dim]."""
        return ops.relu(self.pre_activations(x))

    def losses_of(self, x, y):
        """The loss and its terms, scalars."""
        codes = self.encode(x)
        reconstruct = self.reconstruction_loss(x, y, codes)
        sparsity = ops.mean(ops.sum(self.penalties_of(codes), axis=-1))
        loss = reconstruct + self.lambda_sparse * sparsity
        return {"loss": loss, "L_reconstruct": reconstruct, "L_sparsity": sparsity}

    def penalties_of(self, codes):
        """What the penalty sums over a row, [batch, encoding_dim]."""
        if self.penalty == "l1":
            return codes
        if self.penalty == "l1-decoder-norm":
            return codes * ops.norm(self.W_dec, axis=1)
        # The power of a 0 has an infinite derivative.
        active = codes > 0
        powers = ops.power(ops.where(active, codes, 1), self.p)
        return powers * ops.cast(active, codes.dtype)
