"""Files of the sparse autoencoders on their own, with every Keras release."""

import gated_sae
import keras

from batchtopk_sae import BatchTopKSAE
from jumprelu_sae import JumpReLUSAE
from matryoshka_sae import MatryoshkaSAE
from relu_sae import ReluSAE
from saelens_gated_sae import SAELensGatedSAE
from topk_sae import TopKSAE
from warmup_linear_decay import WarmupLinearDecay

from .recipe import Made, normal, randomize, recipe

WIDTH, FEATURES = 4, 6


def gated(rng, **options):
    """A small GatedSAE with random weights."""
    return randomize(gated_sae.GatedSAE(WIDTH, FEATURES, name="my_sae", **options), rng)


def schedule():
    return gated_sae.WarmupCosineDecay(peak_lr=1e-2, warmup_steps=2, total_steps=20)


def fitted(model, optimizer, rng, steps=6):
    """Trained for some steps of four rows; two more batches are for after the file is saved."""
    rows = 4
    model.compile(optimizer=optimizer)
    model.fit(normal(rng, steps * rows, WIDTH), batch_size=rows, shuffle=False, verbose=0)
    batches = [normal(rng, rows, WIDTH) for _ in range(2)]
    return Made(model, [normal(rng, 3, WIDTH)], batches)


def called(model, rng):
    """Called once, so that the file says the shape that it was built for."""
    x = normal(rng, 3, WIDTH)
    model(x)
    return Made(model, [x])


@recipe(every_version=True)
def gsae_trained(rng):
    model = gated(rng, lambda_sparse=0.002, aux_weight=0.05)
    return fitted(model, keras.optimizers.Adam(schedule(), beta_1=0.0), rng)


@recipe(every_version=True)
def gsae_built(rng):
    return called(gated(rng, lambda_sparse=0.003), rng)


@recipe(every_version=True)
def gsae_const_lr(rng):
    model = gated(rng)
    model(normal(rng, 2, WIDTH))
    return fitted(model, keras.optimizers.Adam(3e-3, beta_1=0.9), rng)


@recipe()
def gsae_linear_decay(rng):
    rate = WarmupLinearDecay(1e-2, warmup_steps=2, decay_steps=3, total_steps=9, start_lr=1e-3)
    return fitted(gated(rng), keras.optimizers.Adam(rate, beta_1=0.9), rng)


@recipe()
def gsae_compiled_only(rng):
    model = gated(rng)
    model.compile(optimizer=keras.optimizers.Adam(schedule(), beta_1=0.0))
    return called(model, rng)


@recipe(every_version=True)
def gsae_clip_none(rng):
    return called(gated(rng, clip_norm=None), rng)


@recipe(every_version=True)
def gsae_clip_inf(rng):
    return called(gated(rng, clip_norm=float("inf")), rng)


@recipe(every_version=True)
def gsae_adamw(rng):
    return fitted(gated(rng), keras.optimizers.AdamW(3e-3, weight_decay=0.01), rng)


@recipe()
def gsae_adam_clipvalue(rng):
    return fitted(gated(rng, clip_norm=None), keras.optimizers.Adam(3e-3, clipvalue=0.05), rng)


@recipe(every_version=True)
def gsae_sgd_plain(rng):
    return fitted(gated(rng), keras.optimizers.SGD(1e-2), rng)


@recipe(every_version=True)
def gsae_sgd_momentum(rng):
    return fitted(gated(rng), keras.optimizers.SGD(1e-2, momentum=0.9), rng)


@recipe()
def gsae_sgd_nesterov(rng):
    return fitted(gated(rng), keras.optimizers.SGD(1e-2, momentum=0.9, nesterov=True), rng)


@recipe(every_version=True)
def relu_trained(rng):
    model = randomize(ReluSAE(WIDTH, FEATURES, lambda_sparse=0.01, name="relu"), rng)
    return fitted(model, keras.optimizers.Adam(schedule(), beta_1=0.0), rng)


@recipe()
def relu_untrained(rng):
    return called(randomize(ReluSAE(WIDTH, FEATURES, clip_norm=None), rng), rng)


@recipe()
def relu_lp(rng):
    model = ReluSAE(WIDTH, FEATURES, lambda_sparse=0.05, penalty="lp", p=0.75)
    return fitted(randomize(model, rng), keras.optimizers.Adam(3e-3), rng)


@recipe()
def relu_averaged(rng):
    model = randomize(ReluSAE(WIDTH, FEATURES, lambda_sparse=0.01, normalize="layer-norm"), rng)
    made = fitted(model, keras.optimizers.Adam(3e-3, use_ema=True, ema_momentum=0.8), rng)
    return Made(made.model, made.inputs)  # each further fit would begin with the averages


@recipe()
def topk_mean_norm(rng):
    model = randomize(TopKSAE(WIDTH, FEATURES, k=2, normalize="mean-norm"), rng)
    return fitted(model, keras.optimizers.Adam(3e-3), rng)


@recipe()
def relu_decoder_norm(rng):
    model = ReluSAE(WIDTH, FEATURES, lambda_sparse=0.05, penalty="l1-decoder-norm")
    return fitted(randomize(model, rng), keras.optimizers.Adam(3e-3), rng)


@recipe()
def saelens_gated_trained(rng):
    model = randomize(SAELensGatedSAE(WIDTH, FEATURES, lambda_sparse=0.02, name="gated"), rng)
    return fitted(model, keras.optimizers.Adam(schedule(), beta_1=0.9), rng)


@recipe()
def topk_trained(rng):
    model = randomize(TopKSAE(WIDTH, FEATURES, k=2, name="topk"), rng)
    return fitted(model, keras.optimizers.Adam(schedule(), beta_1=0.9), rng)


@recipe()
def topk_untrained(rng):
    return called(randomize(TopKSAE(WIDTH, FEATURES, clip_norm=None), rng), rng)


@recipe()
def batchtopk_trained(rng):
    model = randomize(BatchTopKSAE(WIDTH, FEATURES, k=2, threshold_rate=0.5, name="batchtopk"), rng)
    return fitted(model, keras.optimizers.Adam(schedule(), beta_1=0.9), rng)


@recipe()
def matryoshka_trained(rng):
    sizes = {"k": 2, "prefixes": [2, 4], "aux_k": 2, "dead_after": 8}
    model = randomize(MatryoshkaSAE(WIDTH, FEATURES, **sizes), rng)
    return fitted(model, keras.optimizers.Adam(1e-2, beta_1=0.9), rng)


def jumprelu(rng, **options):
    """A small JumpReLUSAE with random weights, its thresholds above 0."""
    model = randomize(JumpReLUSAE(WIDTH, FEATURES, bandwidth=0.5, **options), rng)
    model.threshold.assign(rng.uniform(0, 0.4, FEATURES))
    return model


@recipe()
def jumprelu_trained(rng):
    model = jumprelu(rng, lambda_sparse=0.01, name="jumprelu")
    return fitted(model, keras.optimizers.Adam(schedule(), beta_1=0.9), rng)


@recipe()
def jumprelu_target(rng):
    model = jumprelu(rng, lambda_sparse=0.05, target_l0=2, threshold_start=0.1)
    return fitted(model, keras.optimizers.Adam(3e-3), rng)


@recipe()
def jumprelu_tanh(rng):
    model = jumprelu(rng, penalty="tanh", tanh_scale=2.5, gradient_to_input=True, clip_norm=None)
    return fitted(model, keras.optimizers.Adam(3e-3), rng)


@recipe()
def jumprelu_dead(rng):
    options = {"pre_act_weight": 0.3, "dead_after": 8, "decoder_rows": "free"}
    return fitted(jumprelu(rng, **options), keras.optimizers.Adam(1e-2, beta_1=0.9), rng)


@recipe()
def topk_projected(rng):
    model = randomize(TopKSAE(WIDTH, FEATURES, k=2, project_gradient=True), rng)
    return fitted(model, keras.optimizers.Adam(1e-2, beta_1=0.9), rng)


def in_dtype(dtype):
    """The recipe of an untrained GatedSAE whose weights are of another float type."""

    def make(rng):
        model = gated(rng, dtype=dtype)
        x = keras.ops.cast(normal(rng, 3, WIDTH), dtype)
        model(x)
        return Made(model, [x])

    recipe(every_version=True, name=f"gsae_{dtype}")(make)


for dtype in ("float16", "bfloat16", "float64"):
    in_dtype(dtype)


@recipe(every_version=True, name="gsae_trained_weights")
def gsae_trained_weights(rng):
    made = gsae_trained(rng)
    made.model(made.inputs[0])  # Keras asks for a call before it saves weights alone
    return Made(made.model, made.inputs, weights_only=True)


@recipe(every_version=True, name="gsae_uncompiled_weights")
def gsae_uncompiled_weights(rng):
    made = gsae_built(rng)
    return Made(made.model, made.inputs, weights_only=True)
