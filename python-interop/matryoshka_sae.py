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

    With `drawn_prefixes` instead, so many are drawn anew in each step (`prefix_draw.py`), from
    `prefix_seed` and the weight `draws`, which counts the steps of training.
    """

    drawn_prefixes = None
    in_training = False

    def __init__(self, input_dim, encoding_dim, k=None, prefixes=None, threshold_rate=0.01,
                 drawn_prefixes=None, prefix_seed=0, clip_norm=1.0, **kwargs):
        if drawn_prefixes is not None:
            if prefixes is not None:
                raise ValueError("drawn_prefixes: expected no prefixes beside it. Leave out one.")
            if not 2 <= drawn_prefixes <= encoding_dim:
                raise ValueError(f"drawn_prefixes: expected 2 to encoding_dim; received {drawn_prefixes}.")
            options = {"drawn_prefixes": drawn_prefixes, "prefix_seed": prefix_seed}
        else:
            shares = (max(1, encoding_dim // share) for share in (16, 8, 4, 2, 1))
            prefixes = list(dict.fromkeys(shares)) if prefixes is None else list(prefixes)
            rising = [0, *prefixes]
            if prefixes == [] or any(a >= b for a, b in zip(rising, prefixes)) or prefixes[-1] > encoding_dim:
                raise ValueError(f"prefixes: expected to rise up to encoding_dim; received {prefixes}.")
            if prefixes[-1] < encoding_dim:
                prefixes.append(encoding_dim)
            options = {"prefixes": prefixes}
        super().__init__(input_dim, encoding_dim, k, threshold_rate, clip_norm, options=options, **kwargs)

    def build_states(self):
        """Makes the threshold, and the count of draws where there are some."""
        super().build_states()
        if self.drawn_prefixes:
            self.draws = self.state("draws")

    def training_pass(self, x, y):
        """The codes of a step's batch, and the loss with its terms."""
        self.in_training = True
        try:
            return super().training_pass(x, y)
        finally:
            self.in_training = False

    def numbers_of_features(self):
        """Of each nested dictionary."""
        if not self.drawn_prefixes:
            return self.prefixes
        from prefix_draw import drawn_prefixes, even_prefixes

        if not self.in_training:
            return even_prefixes(self.encoding_dim, self.drawn_prefixes)
        return drawn_prefixes(self.encoding_dim, self.drawn_prefixes, self.prefix_seed, self.draws.value)

    def learn(self, codes):
        """Moves the threshold, and counts the step."""
        super().learn(codes)
        if self.drawn_prefixes:
            self.draws.assign_add(1.0)

    def reconstruction_loss(self, x, y, codes):
        """The squared errors of all nested dictionaries, the mean over rows."""
        skipped = ops.matmul(x, self.W_skip) if self.skip else 0.0
        target, loss = self.normalized(x, y), 0.0
        for features in self.numbers_of_features():
            within = ops.arange(self.encoding_dim) < ops.cast(features, "int32")
            own = codes * ops.cast(within, codes.dtype)
            decoded = ops.matmul(own, self.W_dec) + self.b_dec + skipped
            loss += ops.mean(ops.sum(ops.square(target - decoded), axis=-1))
        return loss
