"""The schedule with a linear end in Keras, as `WarmupLinearDecay` of gated-sae-tfjs computes it.

Import this module before loading a `.keras` file with a WarmupLinearDecay in it: Keras finds the
class by its registered name, `gated_sae_tfjs>WarmupLinearDecay`.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gated_sae_tfjs")
class WarmupLinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Rises to peak_lr in warmup_steps, stays there, and falls to 0 in the last decay_steps.

        start_lr + (peak_lr - start_lr) * step / warmup_steps          step < warmup_steps
        peak_lr                                 up to step < total_steps - decay_steps
        peak_lr * max(0, total_steps - step) / decay_steps             from there on

    Without decay the rate stays at peak_lr. dictionary_learning trains by it. SAELens's warm-up of W
    steps begins above 0: warmup_steps W - 1, start_lr peak_lr / W.
    """

    def __init__(self, peak_lr, warmup_steps, decay_steps, total_steps, start_lr=0.0):
        super().__init__()
        if warmup_steps + decay_steps > total_steps:
            raise ValueError(
                f"total_steps: expected at least {warmup_steps + decay_steps}, warmup_steps + "
                f"decay_steps; received {total_steps}."
            )
        self.peak_lr = float(peak_lr)
        self.warmup_steps = float(warmup_steps)
        self.decay_steps = float(decay_steps)
        self.total_steps = float(total_steps)
        self.start_lr = float(start_lr)

    def __call__(self, step):
        step = ops.cast(step, "float32")
        rise = self.peak_lr - self.start_lr
        warm = self.start_lr + rise * (step / max(self.warmup_steps, 1.0))
        left = ops.maximum(self.total_steps - step, 0.0) / max(self.decay_steps, 1.0)
        falls = ops.logical_and(step >= self.total_steps - self.decay_steps, self.decay_steps > 0)
        later = ops.where(falls, self.peak_lr * left, self.peak_lr)
        return ops.where(step < self.warmup_steps, warm, later)

    def get_config(self):
        return {
            "peak_lr": self.peak_lr,
            "warmup_steps": self.warmup_steps,
            "decay_steps": self.decay_steps,
            "total_steps": self.total_steps,
            "start_lr": self.start_lr,
        }
