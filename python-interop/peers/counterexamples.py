"""What the peers compute where they are wrong, by their own code on the smallest of examples.

Each is a function whose docstring says what is wrong; ../README.md has the numbers in a table.
"""

import contextlib
import io

import numpy as np
import torch
from sae_lens.saes.batchtopk_sae import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
from sae_lens.saes.gated_sae import GatedTrainingSAE, GatedTrainingSAEConfig
from sae_lens.saes.jumprelu_sae import Step
from sae_lens.saes.sae import TrainStepInput
from sae_lens.saes.topk_sae import TopKTrainingSAE, TopKTrainingSAEConfig

from .dictionary_learning_peer import LONG_AGO, parameters, trainers
from .tensors import set_weights


def all_of_them():
    """The numbers of every counterexample, by its name."""
    return {
        "jumprelu_steps_codes": jumprelu_steps_codes(),
        "topk_threshold_of_silent_row": topk_threshold_of_silent_row(),
        "topk_fires_with_zero": topk_fires_with_zero(),
        "batchtopk_threshold_of_silent_batch": batchtopk_threshold_of_silent_batch(),
        "matryoshka_divides_twice": matryoshka_divides_twice(),
        "p_anneal_resamples_nothing": p_anneal_resamples_nothing(),
        "aux_codes_below_zero": aux_codes_below_zero(),
        "gated_normalizes_half": gated_normalizes_half(),
        "batchtopk_threshold_starts_at_zero": batchtopk_threshold_starts_at_zero(),
    }


def trainer_of(architecture, weights, dict_size=2, **options):
    """A trainer of dictionary_learning for rows of width 1 whose weights are given by our letters."""
    trainer = trainers()[architecture](
        steps=100, activation_dim=1, dict_size=dict_size, layer=0, lm_name="none", device="cpu",
        seed=0, **({"warmup_steps": 0} | options),
    )
    given = {name: np.array(values, np.float32) for name, values in weights.items()}
    set_weights(parameters(trainer.ae), given)
    return trainer


def jumprelu_steps_codes():
    """dictionary_learning counts L0 by a step of the codes, which are 0 below the threshold.

    One feature, and W_dec = 0, so that only L0 reaches the threshold. The derivative of L0 by the
    threshold is -1/bandwidth where |p - threshold| < bandwidth / 2, and 0 elsewhere.
    """
    cases = []
    for p, threshold in ((0.9, 1.0), (1.1, 1.0), (-5.0, 0.1)):
        bandwidth = 0.5
        trainer = trainer_of(
            "jumprelu",
            {"W_enc": [[1.0]], "b_enc": [0.0], "W_dec": [[0.0]], "b_dec": [0.0], "threshold": [threshold]},
            dict_size=1, bandwidth=bandwidth, target_l0=2.0, sparsity_warmup_steps=0,
        )
        trainer.loss(torch.tensor([[p]]), step=0).backward()
        l0 = float(p > threshold)
        by_l0 = 2 * (l0 / 2 - 1) / 2  # the derivative of (l0 / 2 - 1)²
        theta = torch.tensor([threshold], requires_grad=True)
        Step.apply(torch.tensor([[p]]), theta, bandwidth, False).sum().backward()
        cases.append({
            "p": p, "threshold": threshold, "bandwidth": bandwidth,
            "dictionary_learning": trainer.ae.threshold.grad.item() / by_l0,
            "sae_lens": theta.grad.item(),
        })
    return cases


def topk_threshold_of_silent_row():
    """dictionary_learning's TopK threshold averages each row's least code above 0; of none it is inf."""
    trainer = trainer_of(
        "topk", {"W_enc": [[1.0, 2.0]], "b_enc": [0.0, 0.0], "W_dec": [[1.0], [1.0]], "b_dec": [0.0]},
        k=1, threshold_start_step=0,
    )
    seen = []
    for batch in ([[1.0], [2.0]], [[1.0], [-1.0]], [[1.0], [2.0]]):
        trainer.loss(torch.tensor(batch), step=1)
        seen.append({"batch": batch, "threshold": repr(trainer.ae.threshold.item())})
    return seen


def topk_fires_with_zero():
    """dictionary_learning's TopK takes a feature for alive that was selected with code 0."""
    trainer = trainer_of(
        "topk", {"W_enc": [[1.0, 1.0]], "b_enc": [0.0, 0.0], "W_dec": [[1.0], [1.0]], "b_dec": [0.0]},
        k=2,
    )
    trainer.num_tokens_since_fired.fill_(LONG_AGO)
    codes = trainer.loss(torch.tensor([[-1.0]]), step=1, logging=True).f
    return {"codes": codes.tolist(), "num_tokens_since_fired": trainer.num_tokens_since_fired.tolist()}


def batchtopk_threshold_of_silent_batch():
    """dictionary_learning's BatchTopK and Matryoshka end where the first threshold is of no code above 0."""
    said = {}
    groups = {"group_fractions": [0.5, 0.5]}
    for architecture, options in (("batchtopk", {}), ("matryoshka_batchtopk", groups)):
        trainer = trainer_of(
            architecture,
            {"W_enc": [[1.0, 1.0]], "b_enc": [0.0, 0.0], "W_dec": [[1.0], [1.0]], "b_dec": [0.0]},
            k=1, threshold_start_step=0, **options,
        )
        try:
            trainer.update(1, torch.tensor([[-1.0], [-2.0]]))
            said[architecture] = "nothing"
        except TypeError as error:
            said[architecture] = type(error).__name__
    return said


def matryoshka_divides_twice():
    """dictionary_learning's Matryoshka weighs each level by 1/levels, and then takes their mean."""
    # Codes 1 and 2 of x = 4: reconstructions 1 and 3, squared errors 9 and 1.
    trainer = trainer_of(
        "matryoshka_batchtopk",
        {"W_enc": [[0.25, 0.5]], "b_enc": [0.0, 0.0], "W_dec": [[1.0], [1.0]], "b_dec": [0.0]},
        k=2, group_fractions=[0.5, 0.5],
    )
    log = trainer.loss(torch.tensor([[4.0]]), step=1, logging=True)
    return {"squared_errors": [9.0, 1.0], "sum": 10.0, "weighted_mean": 5.0,
            "dictionary_learning": log.losses["l2_loss"]}


def p_anneal_resamples_nothing():
    """dictionary_learning's PAnneal writes its resampled neurons into copies of the weights."""
    trainer = trainer_of(
        "p_anneal",
        {"W_enc": [[0.5, 1.0]], "b_enc": [0.0, -9.0], "W_dec": [[1.0], [1.0]], "b_dec": [0.0]},
        resample_steps=10, warmup_steps=1, sparsity_warmup_steps=0,
    )
    x = torch.tensor([[1.0], [2.0]])
    trainer.update(0, x)  # so that the optimizer has moments, which resampling clears
    before = [weight.detach().clone() for weight in trainer.ae.parameters()]
    with contextlib.redirect_stdout(io.StringIO()):
        trainer.resample_neurons(trainer.steps_since_active > 0, x)
    after = list(trainer.ae.parameters())
    changed = sum((left != right).sum().item() for left, right in zip(before, after, strict=True))
    return {"dead": 1, "weights_changed": changed}


def aux_codes_below_zero():
    """SAELens's AuxK takes pre-activations of dead features as they are, below 0 too."""
    sae = TopKTrainingSAE(TopKTrainingSAEConfig(d_in=2, d_sae=2, k=1))
    weights = {"W_enc": [[1.0, 0.0], [0.0, 1.0]], "b_enc": [0.0, -3.0], "W_dec": [[1.0, 0.0], [0.0, 1.0]],
               "b_dec": [0.0, 0.0]}
    with torch.no_grad():
        for name, values in weights.items():
            getattr(sae, name).copy_(torch.tensor(values))
    x = torch.tensor([[2.0, 1.0]])  # pre-activations 2 and -2: the code is [2, 0], the residual [0, 1]
    output = sae.training_forward_pass(TrainStepInput(
        sae_in=x, coefficients={}, dead_neuron_mask=torch.tensor([False, True]), n_training_steps=0,
        is_logging_step=False,
    ))
    return {
        "pre_activation": -2.0, "residual": [0.0, 1.0],
        "sae_lens": output.losses["auxiliary_reconstruction_loss"].item(),
        "rectified": 1.0,  # a code of 0 leaves the residual
    }


def gated_normalizes_half():
    """SAELens's gated penalty sees the rows as they came, its codes the normalised ones."""
    sae = GatedTrainingSAE(GatedTrainingSAEConfig(d_in=2, d_sae=1, normalize_activations="layer_norm"))
    weights = {"W_enc": [[1.0], [0.0]], "W_dec": [[1.0, 0.0]], "b_dec": [0.0, 0.0]}
    with torch.no_grad():
        for name, values in weights.items():
            getattr(sae, name).copy_(torch.tensor(values))
    # [30, 10] is [1, -1] / sqrt(2) once normalised: the gate is 0.707, and so is the code.
    output = sae.training_forward_pass(TrainStepInput(
        sae_in=torch.tensor([[30.0, 10.0]]), coefficients={"l1": 1.0}, dead_neuron_mask=None,
        n_training_steps=0, is_logging_step=False,
    ))
    return {"code": output.feature_acts.item(), "sae_lens_l1_loss": output.losses["l1_loss"].item()}


def batchtopk_threshold_starts_at_zero():
    """SAELens's running threshold begins at 0, and is too low for hundreds of steps."""
    sae = BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(d_in=1, d_sae=2, k=1))
    thresholds = {}
    for step in range(1, 301):
        sae.update_topk_threshold(torch.tensor([[1.0, 2.0]]))
        if step in (1, 50, 300):
            thresholds[str(step)] = sae.topk_threshold.item()
    return {"least_code": 1.0, "topk_threshold": thresholds}
