"""dictionary_learning's own trainers, set to a case's weights and state."""

import copy
import importlib.util
import sys
import types

import torch

from .cases import FEATURES, INPUT_DIM, LEARNING_RATE, STEPS, draw_counters
from .tensors import arrays, catch_gradients, numbers, set_weights

LONG_AGO = 10_000_000  # rows: dead_feature_threshold


def trainers():
    """The package's trainers, without what its __init__ imports: buffers of language models."""
    name = "dictionary_learning"
    if name not in sys.modules:
        package = types.ModuleType(name)
        package.__path__ = list(importlib.util.find_spec(name).submodule_search_locations)
        sys.modules[name] = package
    from dictionary_learning.trainers import batch_top_k, gated_anneal, gdm, jumprelu
    from dictionary_learning.trainers import matryoshka_batch_top_k, p_anneal, standard, top_k

    return {
        "standard": standard.StandardTrainer,
        "standard_april_update": standard.StandardTrainerAprilUpdate,
        "p_anneal": p_anneal.PAnnealTrainer,
        "gated": gdm.GatedSAETrainer,
        "gated_anneal": gated_anneal.GatedAnnealTrainer,
        "jumprelu": jumprelu.JumpReluTrainer,
        "topk": top_k.TopKTrainer,
        "batchtopk": batch_top_k.BatchTopKTrainer,
        "matryoshka_batchtopk": matryoshka_batch_top_k.MatryoshkaBatchTopKTrainer,
    }


# Our letters by the package's names; the weights of its linear layers are transposed.
NAMES = {
    "encoder.weight": ("W_enc", True),
    "encoder.bias": ("b_enc", False),
    "decoder.weight": ("W_dec", True),
    "bias": ("b_dec", False),
    "decoder_bias": ("b_dec", False),
    "gate_bias": ("b_gate", False),
    "mag_bias": ("b_mag", False),
}
UNCLIPPED = ("standard", "p_anneal", "gated", "gated_anneal")


def make_trainer(case, weights, rng):
    """The trainer of a case, with its model."""
    given = {"lr": LEARNING_RATE, "warmup_steps": 0} | case.options
    if case.architecture not in ("topk", "batchtopk", "matryoshka_batchtopk"):
        given = {"sparsity_warmup_steps": 0} | given
    trainer = trainers()[case.architecture](
        # One more than taken, for the last step of a schedule is none of training.
        steps=case.first_step + STEPS + 1,
        activation_dim=INPUT_DIM, dict_size=FEATURES, layer=0, lm_name="none", device="cpu", seed=0,
        **given,
    )
    set_weights(parameters(trainer.ae), weights)
    if hasattr(trainer, "num_tokens_since_fired"):
        trainer.num_tokens_since_fired.copy_(torch.from_numpy(draw_counters(case, rng, LONG_AGO)))
    return trainer


def parameters(ae):
    """The model's parameters by our letters, and whether they are transposed."""
    named = [(NAMES.get(name, (name, False)), weight) for name, weight in ae.named_parameters()]
    return {name: (weight, transposed) for (name, transposed), weight in named}


def state(trainer):
    """What training changes beside the weights."""
    own = {}
    if hasattr(trainer, "num_tokens_since_fired"):
        own["num_tokens_since_fired"] = trainer.num_tokens_since_fired.tolist()
    if "threshold" in dict(trainer.ae.named_buffers()):
        own["threshold"] = trainer.ae.threshold.item()
    for name in ("p", "next_p", "sparsity_coeff"):
        if hasattr(trainer, name):
            own[name] = getattr(trainer, name)
    return own


def training_of(case, trainer):
    """How the trainer trains, of its own options and by itself."""
    group = trainer.optimizer.param_groups[0]
    names = ("warmup_steps", "sparsity_warmup_steps", "decay_start", "steps", "dead_feature_threshold")
    own = {name: getattr(trainer, name) for name in names if getattr(trainer, name, None) is not None}
    return own | {
        "lr": LEARNING_RATE, "betas": list(group["betas"]), "eps": group["eps"],
        "clip_norm": None if case.architecture in UNCLIPPED else 1.0,
        "decoder": "free" if case.architecture == "standard_april_update" else "unit",
    }


def look(trainer, step, x):
    """Codes, reconstruction and losses of the step to come, from a copy that nobody trains."""
    for name, value in vars(trainer).items():
        if isinstance(value, torch.Tensor) and not value.is_leaf:
            setattr(trainer, name, value.detach())  # kept for the log; torch copies no graph
    log = copy.deepcopy(trainer).loss(x, step=step, logging=True)
    x_hat, codes, losses = log[1], log[2], dict(log[3])
    # PAnneal's log leaves the whole loss out, and has state among the losses.
    for name in ("loss", "p", "next_p", "sparsity_coeff"):
        losses.pop(name, None)
    copied = copy.deepcopy(trainer)
    loss = copied.loss(x, step=step).item()
    dead = None
    if has_dead(copied):
        dead = copied.num_tokens_since_fired >= copied.dead_feature_threshold
        dead = dead.nonzero().flatten().tolist()
    return numbers(codes), numbers(x_hat), losses, loss, dead


def has_dead(trainer):
    """Whether the trainer's loss is of dead features."""
    return hasattr(trainer, "auxk_alpha")


def train(case, weights, batches, rng):
    """Trains a case by the trainer's update, and returns what it did; the layout is that of a case."""
    trainer = make_trainer(case, weights, rng)
    record = {"training": training_of(case, trainer), "state": state(trainer),
              "steps": [], "recorded": {}, "weights_after": {}}
    take_gradients = catch_gradients(parameters(trainer.ae))
    for at in range(STEPS):
        x, step = torch.from_numpy(batches[at % len(batches)]), case.first_step + at
        if step == 0 and has_dead(trainer):
            record["b_dec_after_median"] = set_median(trainer, x)
        codes, reconstruction, losses, loss, dead = look(trainer, step, x)
        lr = trainer.optimizer.param_groups[0]["lr"]
        now = {"weights": arrays(parameters(trainer.ae)), "state": state(trainer)}
        trainer.update(step, x)
        gradients, after = take_gradients(), state(trainer)
        after.pop("num_tokens_since_fired", None)
        record["steps"].append({"lr": lr, "loss": loss, "losses": losses} | after)
        if at in (0, STEPS - 1):
            record["recorded"][str(at)] = now | {
                "codes": codes, "reconstruction": reconstruction, "gradients": gradients,
            } | ({} if dead is None else {"dead": dead})
            record["weights_after"][str(at + 1)] = arrays(parameters(trainer.ae))
    record["state_after"] = state(trainer)
    if case.infers:
        record["inference"] = by_threshold(trainer.ae, torch.from_numpy(batches[0]))
    return record


def by_threshold(ae, batch):
    """What a trained model makes of rows one by one, without the k largest."""
    with torch.no_grad():
        codes = ae.encode(batch, use_threshold=True)
        return {"codes": numbers(codes), "reconstruction": numbers(ae.decode(codes))}


def set_median(trainer, x):
    """What update(0, x) sets b_dec to, before its loss, by the trainer's own function."""
    from dictionary_learning.trainers.top_k import geometric_median

    median = getattr(trainer, "geometric_median", geometric_median)(x)
    trainer.ae.b_dec.data = median.clone()  # update computes the same again
    return numbers(median)
