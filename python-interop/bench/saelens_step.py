#!/usr/bin/env python3
"""One training step of SAELens' gated SAE on torch, for `npm run bench`.

It is the trainer's own step: forward and backward pass, clipping to norm 1, Adam, and its count of
which features fire. Its loss is another one than gated-sae-tf's: the second reconstruction has weight
1 and trains the decoder too, and decoder rows are not brought back to norm 1 but weigh the penalty.
"""

import sae_lens
import torch
from answers import greet, parse_arguments, serve
from sae_lens.config import SAETrainerConfig
from sae_lens.saes.gated_sae import GatedTrainingSAE, GatedTrainingSAEConfig
from sae_lens.training.sae_trainer import SAETrainer
from state import WEIGHT_NAMES, State

# A run long enough that no step of it is the last.
MANY_STEPS = 1_000_000


def main():
    arguments = parse_arguments(__doc__)
    torch.set_num_threads(arguments.threads)
    greet(torch=torch.__version__, SAELens=sae_lens.__version__)
    state = State(arguments.state)
    trainer = make_trainer(state)
    x = torch.from_numpy(state.array("x"))

    def step():
        loss = trainer.step(x).loss.item()
        trainer.n_training_steps += 1
        return loss

    serve(step)


def make_trainer(state):
    """SAELens' trainer of a gated SAE with the state's weights."""
    recipe = state.recipe
    sae = GatedTrainingSAE(
        GatedTrainingSAEConfig(
            d_in=state.input_dim,
            d_sae=state.features,
            l1_coefficient=recipe["lambdaSparse"],
            normalize_activations="none",
            apply_b_dec_to_input=True,
        )
    )
    with torch.no_grad():
        for name in WEIGHT_NAMES:
            weight = getattr(sae, "W_enc" if name == "W_gate" else name)
            weight.copy_(torch.from_numpy(state.array(name)))
    config = SAETrainerConfig(
        total_training_samples=MANY_STEPS * state.rows,
        train_batch_size_samples=state.rows,
        lr=recipe["learningRate"],
        lr_end=recipe["learningRate"],
        adam_beta1=recipe["beta1"],
        adam_beta2=recipe["beta2"],
        device="cpu",
    )
    return SAETrainer(config, sae, data_provider=iter(()))


if __name__ == "__main__":
    main()
