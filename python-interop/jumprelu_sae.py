"""The JumpReLU sparse autoencoder in Keras, as `JumpReLUSAE` of gated-sae-tfjs computes it.

Import this module before loading a `.keras` file with a JumpReLUSAE in it: Keras finds the class by
its registered name, `gated_sae_tfjs>JumpReLUSAE`. Training needs Keras's TensorFlow backend.
"""

import keras
from keras import ops

from sparse_autoencoder import SparseAutoencoder


@keras.saving.register_keras_serializable(package="gated_sae_tfjs")
class JumpReLUSAE(SparseAutoencoder):
    """A feature fires above a threshold of its own, learnt by straight-through estimates.

        z      = (x - b_dec) @ W_enc + b_enc     [batch, encoding_dim]
        active = 1 where z > threshold           [batch, encoding_dim]
        codes  = z * active                      [batch, encoding_dim]
        x_hat  = codes @ W_dec + b_dec           [batch, input_dim], rows of W_dec have norm 1
        loss   = mean |x - x_hat|^2 + lambda_sparse * mean penalty

    The penalty of a row is its L0, sum(active); with `target_l0` it is 2 / target_l0 * (L0 -
    target_l0)^2; with penalty "tanh" it is sum(tanh(tanh_scale * codes * |W_dec|)) by the norms of
    decoder rows. Where z is within half a
    `bandwidth` of the threshold, the derivatives by the threshold are -threshold / bandwidth of the
    code and -1 / bandwidth of `active` (Rajamanoharan et al. 2024b, arXiv:2407.14435).
    `gradient_to_input` gives z the same estimates, with the other sign. Thresholds stay at or above 0.

    With `pre_act_weight` training adds that times the mean of sum(max(0, threshold - z) * |W_dec|) over
    the features that have not fired in `dead_after` rows.
    """

    def __init__(self, input_dim, encoding_dim, lambda_sparse=1e-3, penalty="step", target_l0=None,
                 bandwidth=0.05, threshold_start=0.01, tanh_scale=4.0, gradient_to_input=False,
                 pre_act_weight=0.0, clip_norm=1.0, **kwargs):
        if penalty not in ("step", "tanh"):
            raise ValueError(f'penalty: expected "step" or "tanh"; received {penalty!r}.')
        if target_l0 is not None and penalty != "step":
            raise ValueError('target_l0: expected penalty "step"; received "tanh". Leave out one.')
        if not 0 <= pre_act_weight < float("inf"):
            raise ValueError(f"pre_act_weight: expected a finite number >= 0; received {pre_act_weight!r}.")
        options = {"lambda_sparse": lambda_sparse, "penalty": penalty, "target_l0": target_l0,
                   "bandwidth": bandwidth, "threshold_start": threshold_start,
                   "tanh_scale": tanh_scale, "gradient_to_input": gradient_to_input,
                   "pre_act_weight": pre_act_weight}
        watches = pre_act_weight > 0
        super().__init__(input_dim, encoding_dim, clip_norm, options, watches_dead=watches, **kwargs)

    def build_more(self):
        """Makes the thresholds."""
        self.threshold = self.vector("threshold", self.encoding_dim, self.threshold_start)

    def encode(self, x):
        """Codes [batch, encoding_dim] of x [batch, input_dim]."""
        return self.activate(x)[0]

    def activate(self, x):
        """Codes, and 1 where they are active, both [batch, encoding_dim], with their estimates."""
        bandwidth, to_input = self.bandwidth, self.gradient_to_input

        @ops.custom_gradient
        def jump(z, threshold):
            active = ops.cast(ops.logical_and(z > threshold, z > 0), z.dtype)

            def estimate(*arguments, upstream=None):
                d_codes, d_active = arguments if upstream is None else upstream
                near = ops.cast(ops.abs((z - threshold) / bandwidth) < 0.5, z.dtype)
                jumps = near * (d_codes * threshold + d_active) / bandwidth
                d_z = d_codes * active
                return (d_z + jumps if to_input else d_z), -jumps

            return (z * active, active), estimate

        z = self.pre_activations(x)
        return jump(z, ops.broadcast_to(self.threshold, ops.shape(z)))

    def training_pass(self, x, y):
        """The codes of a step's batch, and the loss with its terms."""
        return self.encode(x), self.losses_of(x, y, training=True)

    def losses_of(self, x, y, training=False):
        """The loss and its terms, scalars."""
        codes, active = self.activate(x)
        reconstruct = self.reconstruction_loss(x, y, codes)
        sparsity = ops.mean(self.penalty_of_rows(codes, active))
        loss = reconstruct + self.lambda_sparse * sparsity
        terms = {"L_reconstruct": reconstruct, "L_sparsity": sparsity}
        if self.pre_act_weight > 0:
            terms["L_preact"] = self.dead_penalty(x) if training else ops.zeros(())
            loss += self.pre_act_weight * terms["L_preact"]
        return {"loss": loss} | terms

    def dead_penalty(self, x):
        """What the pre-activations of dead features lack of their thresholds, by decoder norms."""
        missing = ops.relu(self.threshold - self.pre_activations(x)) * self.dead()
        return ops.mean(ops.sum(missing * ops.norm(self.W_dec, axis=1), axis=-1))

    def penalty_of_rows(self, codes, active):
        """[batch]: the penalty of each row."""
        if self.penalty == "tanh":
            norms = ops.norm(self.W_dec, axis=1)
            return ops.sum(ops.tanh(self.tanh_scale * codes * norms), axis=-1)
        l0 = ops.sum(active, axis=-1)
        if self.target_l0 is None:
            return l0
        return 2 / self.target_l0 * ops.square(l0 - self.target_l0)

    def project(self):
        """Brings decoder rows back to norm 1 after a step, and thresholds to 0 or above."""
        super().project()
        self.threshold.assign(ops.maximum(self.threshold, 0))
