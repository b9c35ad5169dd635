"""SAELens's own models and trainer, set to a case's weights and state."""

import contextlib
import io
import itertools
import tempfile

import numpy as np
import torch
from sae_lens.config import SAETrainerConfig
from sae_lens.saes import batchtopk_sae, gated_sae, jumprelu_sae, matryoshka_batchtopk_sae
from sae_lens.saes import standard_sae, topk_sae, transcoder
from sae_lens.saes.sae import SAE
from sae_lens.training.sae_trainer import SAETrainer

from .cases import BATCHES, FEATURES, INPUT_DIM, LEARNING_RATE, ROWS, STEPS, draw_counters
from .tensors import LETTERS, arrays, catch_gradients, numbers, set_weights

MODELS = {
    "standard": (standard_sae.StandardTrainingSAE, standard_sae.StandardTrainingSAEConfig),
    "gated": (gated_sae.GatedTrainingSAE, gated_sae.GatedTrainingSAEConfig),
    "jumprelu": (jumprelu_sae.JumpReLUTrainingSAE, jumprelu_sae.JumpReLUTrainingSAEConfig),
    "topk": (topk_sae.TopKTrainingSAE, topk_sae.TopKTrainingSAEConfig),
    "batchtopk": (batchtopk_sae.BatchTopKTrainingSAE, batchtopk_sae.BatchTopKTrainingSAEConfig),
    "matryoshka_batchtopk": (
        matryoshka_batchtopk_sae.MatryoshkaBatchTopKTrainingSAE,
        matryoshka_batchtopk_sae.MatryoshkaBatchTopKTrainingSAEConfig,
    ),
}
TRANSCODERS = {
    "transcoder": (transcoder.Transcoder, transcoder.TranscoderConfig),
    "skip_transcoder": (transcoder.SkipTranscoder, transcoder.SkipTranscoderConfig),
    "jumprelu_transcoder": (transcoder.JumpReLUTranscoder, transcoder.JumpReLUTranscoderConfig),
    "jumprelu_skip_transcoder": (
        transcoder.JumpReLUSkipTranscoder,
        transcoder.JumpReLUSkipTranscoderConfig,
    ),
}
OUTPUT_DIM = 5
LONG_AGO = 1001  # steps: more than dead_feature_window


def make_trainer(case, weights, batches, rng):
    """The trainer of a case, with its model; its data are the batches, again and again."""
    model, config = MODELS[case.architecture]
    sae = model(config(d_in=INPUT_DIM, d_sae=FEATURES, **case.options))
    set_weights(parameters(sae), weights)
    training = {"lr": LEARNING_RATE, "lr_end": LEARNING_RATE} | case.training
    trainer = SAETrainer(
        SAETrainerConfig(
            total_training_samples=STEPS * ROWS,
            train_batch_size_samples=ROWS,
            n_batches_for_norm_estimate=BATCHES,
            **training,
        ),
        sae,
        data_provider=itertools.cycle([torch.from_numpy(batch) for batch in batches]),
    )
    trainer.n_forward_passes_since_fired = torch.tensor(
        draw_counters(case, rng, LONG_AGO), dtype=torch.float32
    )
    return trainer


def parameters(sae):
    """The model's parameters by our letters, which are SAELens's; no matrix is transposed."""
    return {name: (weight, False) for name, weight in sae.named_parameters() if name in LETTERS}


def state(trainer):
    """What training changes beside the weights."""
    counters = trainer.n_forward_passes_since_fired.to(torch.int64).tolist()
    own = {"n_forward_passes_since_fired": counters}
    if hasattr(trainer.sae, "topk_threshold"):
        own["topk_threshold"] = trainer.sae.topk_threshold.item()
    return own


def training_of(trainer):
    """How the trainer trains, of its own options and by itself."""
    group = trainer.optimizer.param_groups[0]
    own = {name: getattr(trainer.cfg, name) for name in (
        "lr", "lr_end", "lr_scheduler_name", "lr_warm_up_steps", "lr_decay_steps",
        "dead_feature_window",
    )}
    return own | {"betas": list(group["betas"]), "eps": group["eps"],
                  "clip_norm": 1.0, "decoder": "free"}


def train(case, weights, batches, rng):
    """Trains a case by SAELens's fit, and returns what it did; the layout is that of a case."""
    trainer = make_trainer(case, weights, batches, rng)
    record = {"training": training_of(trainer), "state": state(trainer),
              "steps": [], "recorded": {}, "weights_after": {}}
    take_gradients = catch_gradients(parameters(trainer.sae))
    own_step = trainer.step

    def step(batch):
        at = trainer.n_training_steps
        before = {
            "lr": trainer.optimizer.param_groups[0]["lr"],
            "coefficients": trainer.get_coefficients(),
        }
        dead = trainer.dead_neurons.nonzero().flatten().tolist()
        now = {"weights": arrays(parameters(trainer.sae)), "state": state(trainer)}
        output = own_step(batch)
        gradients = take_gradients()
        record["steps"].append(before | {
            "loss": output.loss.item(),
            "losses": {name: loss.item() for name, loss in output.losses.items()},
            **{name: value for name, value in state(trainer).items() if name == "topk_threshold"},
        })
        if at in (0, STEPS - 1):
            record["recorded"][str(at)] = now | {
                "codes": numbers(output.feature_acts),
                "reconstruction": numbers(output.sae_out),
                "gradients": gradients,
                "dead": dead,
            }
            record["weights_after"][str(at + 1)] = arrays(parameters(trainer.sae))
        return output

    trainer.step = step
    estimate = trainer.activation_scaler.estimate_scaling_factor

    def estimate_scaling_factor(*given, **named):
        estimate(*given, **named)
        record["scaling_factor"] = trainer.activation_scaler.scaling_factor

    trainer.activation_scaler.estimate_scaling_factor = estimate_scaling_factor
    sae = trainer.fit()
    record["state_after"] = state(trainer)
    if "scaling_factor" in record:
        record["folded"] = arrays(parameters(sae))
    if case.infers:
        record["inference"] = saved(sae, batches[0])
    return record


def load_saved(sae):
    """The model that SAELens saves of a trained one for inference."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        sae.save_inference_model(folder)
        return SAE.load_from_disk(folder)


def saved(sae, batch):
    """What a trained model has become once it is saved for inference and loaded again."""
    loaded = load_saved(sae)
    with torch.no_grad():
        codes = loaded.encode(torch.from_numpy(batch))
        return {
            "architecture": loaded.cfg.architecture(),
            "weights": arrays(parameters(loaded)),
            "codes": numbers(codes),
            "reconstruction": numbers(loaded.decode(codes)),
        }


def transcode(case, weights, batches, rng):
    """Forward and backward pass of a transcoder, which SAELens has for inference only."""
    model, config = TRANSCODERS[case.architecture]
    sae = model(config(d_in=INPUT_DIM, d_sae=FEATURES, d_out=OUTPUT_DIM, apply_b_dec_to_input=False))
    drawn = weights | {
        "W_dec": (0.5 * rng.standard_normal((FEATURES, OUTPUT_DIM))).astype(np.float32),
        "b_dec": (0.2 * rng.standard_normal(OUTPUT_DIM)).astype(np.float32),
        "W_skip": (0.3 * rng.standard_normal((OUTPUT_DIM, INPUT_DIM))).astype(np.float32),
    }
    own = parameters(sae)
    set_weights(own, drawn)
    x = torch.from_numpy(batches[0])
    y = (0.5 * rng.standard_normal((ROWS, OUTPUT_DIM))).astype(np.float32)
    take_gradients = catch_gradients(own)
    output, codes = sae(x), sae.encode(x)
    loss = (output - torch.from_numpy(y)).square().sum(-1).mean()
    loss.backward()
    return {
        "weights": arrays(own), "x": batches[0], "y": y,
        "codes": numbers(codes), "output": numbers(output),
        "loss": loss.item(), "gradients": take_gradients(),
    }
