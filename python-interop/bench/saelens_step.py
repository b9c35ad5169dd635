#!/usr/bin/env python3
"""One training step of an SAE of SAELens on torch, for `npm run bench`.

It is the trainer's own step: forward and backward pass, clipping to norm 1, Adam, and its count of
which features fire. The loss of its gated SAE is another one than gated-sae-tf's: the second
reconstruction has weight 1 and trains the decoder too. Decoder rows are not brought back to norm 1.
"""

import sae_lens
import torch
from answers import greet, parse_arguments, serve
from sae_lens.config import SAETrainerConfig
from sae_lens.registry import get_sae_training_class
from sae_lens.training.sae_trainer import SAETrainer
from state import State

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
    """SAELens' trainer of the state's SAE, with its weights."""
    recipe = state.recipe
    model, config = get_sae_training_class(state.sae_lens["architecture"])
    sae = model(
        config(
            d_in=state.input_dim,
            d_sae=state.features,
            normalize_activations="none",
            apply_b_dec_to_input=True,
            **state.sae_lens["options"],
        )
    )
    with torch.no_grad():
        for name, weight in sae.named_parameters():
            # gated-sae-tf calls a gated encoder's matrix W_gate.
            given = "W_gate" if name == "W_enc" and "W_gate" in state.shapes else name
            weight.copy_(torch.from_numpy(state.array(given)))
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
