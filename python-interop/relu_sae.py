"""The vanilla sparse autoencoder in Keras, as `ReluSAE` of gated-sae-tfjs computes it.

Import this module before loading a `.keras` file with a ReluSAE in it: Keras finds the class by
its registered name, `gated_sae_tfjs>ReluSAE`. Training needs Keras's TensorFlow backend.
"""

import keras
from keras import ops

from sparse_autoencoder import SparseAutoencoder


@keras.saving.register_keras_serializable(package="gated_sae_tfjs")
class ReluSAE(SparseAutoencoder):
    """One ReLU encoder with an L1 penalty on its codes (Bricken et al. 2023).

        xc    = x - b_dec                        [batch, input_dim]
        codes = relu(xc @ W_enc + b_enc)         [batch, encoding_dim]
        x_hat = codes @ W_dec + b_dec            [batch, input_dim], rows of W_dec have norm 1
        loss  = mean |x - x_hat|^2 + lambda_sparse * mean sum(codes)
    """

    def __init__(self, input_dim, encoding_dim, lambda_sparse=1e-3, clip_norm=1.0, **kwargs):
        options = {"lambda_sparse": lambda_sparse}
        super().__init__(input_dim, encoding_dim, clip_norm, options, **kwargs)

    def encode(self, x):
        """Codes [batch, encoding_dim] of x [batch, input_dim]."""
        return ops.relu(self.pre_activations(x))

    def losses_of(self, x):
        """The loss and its terms, scalars."""
        codes = self.encode(x)
        reconstruct = self.reconstruction_loss(x, codes)
        sparsity = ops.mean(ops.sum(codes, axis=-1))
        loss = reconstruct + self.lambda_sparse * sparsity
        return {"loss": loss, "L_reconstruct": reconstruct, "L_sparsity": sparsity}
