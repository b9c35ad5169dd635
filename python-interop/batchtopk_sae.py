"""The BatchTopK sparse autoencoder in Keras, as `BatchTopKSAE` of gated-sae-tfjs computes it.

Import this module before loading a `.keras` file with a BatchTopKSAE in it: Keras finds the class by
its registered name, `gated_sae_tfjs>BatchTopKSAE`. Training needs Keras's TensorFlow backend.
"""

import keras
from keras import ops

from sparse_autoencoder import largest_of_rows
from topk_sae import TopKSAE


@keras.saving.register_keras_serializable(package="gated_sae_tfjs")
class BatchTopKSAE(TopKSAE):
    """Of each batch k * batch codes stay, the largest (Bussmann et al. 2024, arXiv:2412.06410).

        z     = (x - b_dec) @ W_enc + b_enc                        [batch, encoding_dim]
        codes = relu(z), in training where among the batch's k * batch largest, else above threshold
        x_hat = codes @ W_dec + b_dec                              [batch, input_dim]
        loss  = mean |x - x_hat|^2

    The weight `threshold` is learnt: the least code of the first batch, of which then each batch's has
    the share `threshold_rate`. Of equal codes those of lower features stay, then those of earlier rows.
    """

    def __init__(self, input_dim, encoding_dim, k=None, threshold_rate=0.01, clip_norm=1.0, **kwargs):
        if not 0 < threshold_rate <= 1:
            raise ValueError(f"threshold_rate: expected 0 < rate <= 1; received {threshold_rate}.")
        options = {"threshold_rate": threshold_rate} | kwargs.pop("options", {})
        super().__init__(input_dim, encoding_dim, k, clip_norm, options=options, **kwargs)

    def build_states(self):
        """Makes the threshold."""
        self.threshold = self.state("threshold")

    def encode(self, x):
        """Codes [batch, encoding_dim] of x [batch, input_dim], outside of training."""
        positive = ops.relu(self.pre_activations(x))
        return positive * ops.cast(positive > self.threshold, positive.dtype)

    def training_pass(self, x, y):
        """The codes of a step's batch, and the loss with its terms."""
        positive = ops.relu(self.pre_activations(x))
        codes = positive * ops.cast(largest_of_all(positive, self.k), positive.dtype)
        reconstruct = self.reconstruction_loss(x, y, codes)
        return codes, {"loss": reconstruct, "L_reconstruct": reconstruct}

    def learn(self, codes):
        """Moves the threshold towards the least code; where no feature has fired it stays."""
        least = ops.min(ops.where(codes > 0, codes, float("inf")))
        moved = (1 - self.threshold_rate) * self.threshold + self.threshold_rate * least
        learnt = ops.where(self.threshold > 0, moved, least)
        self.threshold.assign(ops.where(ops.isfinite(least), learnt, self.threshold))


def largest_of_all(x, k):
    """Which of x [batch, features] are among the k * batch largest; of equal ones the first by column."""
    rows = ops.shape(x)[0]
    columns = x.shape[1]
    by_column = ops.reshape(ops.transpose(x), (1, -1))
    found = largest_of_rows(by_column, k * rows)
    return ops.transpose(ops.reshape(found, (columns, rows)))
