"""The Matryoshka sparse autoencoder in Keras, as `MatryoshkaSAE` of gated-sae-tfjs computes it.

Import this module before loading a `.keras` file with a MatryoshkaSAE in it: Keras finds the class by
its registered name, `gated_sae_tfjs>MatryoshkaSAE`. Training needs Keras's TensorFlow backend.
"""

import keras
from keras import ops

from batchtopk_sae import BatchTopKSAE


@keras.saving.register_keras_serializable(package="gated_sae_tfjs")
class MatryoshkaSAE(BatchTopKSAE):
    """A BatchTopKSAE whose first features reconstruct for themselves, and so do more of them, up to all.

        loss = sum over prefixes m of mean |x - codes[:, :m] @ W_dec[:m] - b_dec|^2

    (Bussmann et al. 2025, arXiv:2503.17547). `prefixes` are rising numbers of features; all come last.
    """

    def __init__(self, input_dim, encoding_dim, k=None, prefixes=None, threshold_rate=0.01,
                 clip_norm=1.0, **kwargs):
        shares = (max(1, encoding_dim // share) for share in (16, 8, 4, 2, 1))
        prefixes = list(dict.fromkeys(shares)) if prefixes is None else list(prefixes)
        rising = [0, *prefixes]
        if prefixes == [] or any(a >= b for a, b in zip(rising, prefixes)) or prefixes[-1] > encoding_dim:
            raise ValueError(f"prefixes: expected to rise up to encoding_dim; received {prefixes}.")
        if prefixes[-1] < encoding_dim:
            prefixes.append(encoding_dim)
        options = {"prefixes": prefixes}
        super().__init__(input_dim, encoding_dim, k, threshold_rate, clip_norm, options=options, **kwargs)

    def reconstruction_loss(self, x, y, codes):
        """The squared errors of all nested dictionaries, the mean over rows."""
        skipped = ops.matmul(x, self.W_skip) if self.skip else 0.0
        target, loss = self.normalized(x, y), 0.0
        for features in self.prefixes:
            decoded = ops.matmul(codes[:, :features], self.W_dec[:features]) + self.b_dec + skipped
            loss += ops.mean(ops.sum(ops.square(target - decoded), axis=-1))
        return loss
