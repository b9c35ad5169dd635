"""The TopK sparse autoencoder in Keras, as `TopKSAE` of gated-sae-tfjs computes it.

Import this module before loading a `.keras` file with a TopKSAE in it: Keras finds the class by
its registered name, `gated_sae_tfjs>TopKSAE`. Training needs Keras's TensorFlow backend.
"""

import keras
from keras import ops

from sparse_autoencoder import SparseAutoencoder, largest_of_rows


@keras.saving.register_keras_serializable(package="gated_sae_tfjs")
class TopKSAE(SparseAutoencoder):
    """Of each row the k largest features fire, those above 0 (Gao et al. 2024, arXiv:2406.04093).

        z     = (x - b_dec) @ W_enc + b_enc              [batch, encoding_dim]
        codes = relu(z), where among the row's k largest [batch, encoding_dim]
        x_hat = codes @ W_dec + b_dec                    [batch, input_dim], rows of W_dec have norm 1
        loss  = mean |x - x_hat|^2

    Of equal features the lower ones fire. k is 32 by default, or all where there are fewer.
    """

    def __init__(self, input_dim, encoding_dim, k=None, clip_norm=1.0, **kwargs):
        k = min(32, encoding_dim) if k is None else k
        if not 1 <= k <= encoding_dim:
            raise ValueError(f"k: expected 1 to encoding_dim, {encoding_dim}; received {k}.")
        options = {"k": k} | kwargs.pop("options", {})
        super().__init__(input_dim, encoding_dim, clip_norm, options, **kwargs)

    def encode(self, x):
        """Codes [batch, encoding_dim] of x [batch, input_dim]."""
        positive = ops.relu(self.pre_activations(x))
        return positive * ops.cast(largest_of_rows(positive, self.k), positive.dtype)

    def losses_of(self, x, y):
        """The loss, which is the reconstruction's."""
        reconstruct = self.reconstruction_loss(x, y, self.encode(x))
        return {"loss": reconstruct, "L_reconstruct": reconstruct}
