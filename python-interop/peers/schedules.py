"""What SAELens's and dictionary_learning's own schedules give, step by step."""

import warnings

import torch
from sae_lens.training.optim import CoefficientScheduler, get_lr_scheduler

from .dictionary_learning_peer import trainers

trainers()  # has the package's modules importable
from dictionary_learning.trainers import trainer  # noqa: E402

PEAK = 3e-4
# All steps, those of the warm-up, those of the decay. Both peers take them as they are here.
RATES = [(20, 0, 0), (20, 5, 0), (20, 0, 6), (20, 5, 6), (50, 1, 1), (50, 30, 19)]
COEFFICIENT = 0.7
WARM_UPS = [0, 1, 7, 30]
STEPS = 40  # of a coefficient
BEYOND = 3  # steps after SAELens's end; dictionary_learning's rate would fall below 0


def all_of_them():
    return {
        "peak_lr": PEAK,
        "rates": [rates(*case) for case in RATES],
        "coefficient": COEFFICIENT,
        "warm_ups": [warm_up(steps) for steps in WARM_UPS],
    }


def rates(total_steps, warmup_steps, decay_steps):
    """The learning rate of each step."""
    decay_start = total_steps - decay_steps if decay_steps else None
    factor = trainer.get_lr_schedule(total_steps, warmup_steps, decay_start)
    return {
        "total_steps": total_steps, "warmup_steps": warmup_steps, "decay_steps": decay_steps,
        "sae_lens": taken(total_steps + BEYOND, lambda optimizer: get_lr_scheduler(
            "constant", optimizer, training_steps=total_steps, lr=PEAK, warm_up_steps=warmup_steps,
            decay_steps=decay_steps, lr_end=PEAK, num_cycles=1)),
        "dictionary_learning": taken(total_steps, lambda optimizer: (
            torch.optim.lr_scheduler.LambdaLR(optimizer, lr_lambda=factor))),
    }


def taken(steps, make):
    """The rates that an optimizer steps with under the schedule that `make` gives it."""
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=PEAK)
    schedule = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, about its own SequentialLR
            schedule.step()
    return values


def warm_up(steps):
    """The sparsity coefficient of each step."""
    theirs = CoefficientScheduler(steps, COEFFICIENT)
    sae_lens = []
    for _ in range(STEPS):
        sae_lens.append(theirs.value)
        theirs.step()
    scale = trainer.get_sparsity_warmup_fn(STEPS, steps)
    return {"steps": steps, "sae_lens": sae_lens,
            "dictionary_learning": [COEFFICIENT * scale(step) for step in range(STEPS)]}
