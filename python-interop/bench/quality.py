#!/usr/bin/env python3
"""The trainers of SAELens and dictionary_learning on the rows of `npm run bench -- quality`.

Trains BatchTopK at each L0, and Gated SAEs at several penalties, by each package's own trainer, with
the same rows, sizes and steps. Measures L0, explained variance and dead features on rows that were
held out, and writes a line of JSON for each training.
"""

import argparse
import itertools
import json
import sys
from pathlib import Path

import torch
from rows import read_rows

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from peers.dictionary_learning_peer import trainers  # noqa: E402
from peers.sae_lens_peer import load_saved  # noqa: E402


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    given = json.loads(Path(arguments.settings).read_text())
    training, held_out = (torch.from_numpy(read_rows(given, name)) for name in ("training", "heldOut"))
    given["rows"] = len(training)
    trials = itertools.product(given["seeds"], list_trials(given))
    names = ("seed", "peer", "architecture", "options", "lr")
    for seed, (peer, architecture, options, lr) in trials:
        trial = dict(zip(names, (seed, peer, architecture, options, lr)))
        if any(all(made[name] == trial[name] for name in names) for made in given["done"]):
            continue
        torch.manual_seed(seed)
        batches = shuffle(training, given, seed)
        train = {"sae_lens": train_sae_lens, "dictionary_learning": train_dictionary_learning}[peer]
        reconstruct = train(architecture, options, lr, batches, given, seed)
        print(json.dumps({**trial, **measure(reconstruct, held_out)}), flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("settings", help="JSON: sizes, L0s, seeds, learning rates, files of rows")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def list_trials(given):
    """What is trained with each seed: the peer, its architecture, its options, its learning rate."""
    for lr in given["learningRates"]:
        for peer, k in itertools.product(("sae_lens", "dictionary_learning"), given["l0s"]):
            yield peer, "batchtopk", {"k": k}, lr
        for penalty in given["penalties"]:
            yield "sae_lens", "gated", {"l1_coefficient": penalty}, lr
            yield "dictionary_learning", "gated", {"l1_penalty": penalty}, lr


def shuffle(rows, given, seed):
    """Batches without end, in each epoch in another order."""
    generator = torch.Generator().manual_seed(seed)
    while True:  # trainers count samples, and an epoch's last batch has fewer
        order = torch.randperm(len(rows), generator=generator)
        for start in range(0, len(rows), given["batchSize"]):
            yield rows[order[start : start + given["batchSize"]]]


def train_sae_lens(architecture, options, lr, batches, given, seed):
    """SAELens's own trainer."""
    from sae_lens.config import SAETrainerConfig
    from sae_lens.saes.batchtopk_sae import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
    from sae_lens.saes.gated_sae import GatedTrainingSAE, GatedTrainingSAEConfig
    from sae_lens.training.sae_trainer import SAETrainer

    models = {
        "batchtopk": (BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig),
        "gated": (GatedTrainingSAE, GatedTrainingSAEConfig),
    }
    model, config = models[architecture]
    sae = model(config(d_in=given["inputDim"], d_sae=given["encodingDim"], **options))
    steps = given["steps"]
    trainer = SAETrainer(
        SAETrainerConfig(
            total_training_samples=given["epochs"] * given["rows"],
            train_batch_size_samples=given["batchSize"],
            lr=lr, lr_end=lr / 10, lr_scheduler_name="constant", lr_decay_steps=steps // 5,
            lr_warm_up_steps=steps // 50, dead_feature_window=max(20, steps // 20), device="cpu",
        ),
        sae,
        data_provider=batches,
    )
    trained = load_saved(trainer.fit())
    def reconstruct(x):
        codes = trained.encode(x)
        return codes, trained.decode(codes)

    return reconstruct


def train_dictionary_learning(architecture, options, lr, batches, given, seed):
    """dictionary_learning's own trainer."""
    steps = given["steps"]
    more = {
        # Its default is of trainings a hundred times as long.
        "batchtopk": {"threshold_start_step": min(1000, steps // 3)},
        "gated": {"sparsity_warmup_steps": steps // 20},
    }[architecture]
    trainer = trainers()[architecture](
        steps=steps, activation_dim=given["inputDim"], dict_size=given["encodingDim"], layer=0,
        lm_name="none", lr=lr, warmup_steps=steps // 50, decay_start=steps * 4 // 5, seed=seed,
        device="cpu", **options, **more,
    )
    if architecture == "batchtopk":
        trainer.dead_feature_threshold = 20 * given["batchSize"]
    for step, batch in enumerate(itertools.islice(batches, steps)):
        trainer.update(step, batch)
    by_threshold = {"use_threshold": True} if architecture == "batchtopk" else {}
    def reconstruct(x):
        codes = trainer.ae.encode(x, **by_threshold)
        return codes, trainer.ae.decode(codes)

    return reconstruct


@torch.no_grad()
def measure(reconstruct, rows):
    """L0, explained variance in float64, and features that fired on no row."""
    active, firing, left = 0.0, 0, 0.0
    for x in rows.split(1000):
        codes, x_hat = reconstruct(x)
        active += (codes > 0).sum().item()
        firing = firing + (codes > 0).sum(0)
        left += (x - x_hat).double().square().sum().item()
    wide = rows.double()
    total = (wide - wide.mean(0)).square().sum().item()
    return {
        "l0": active / len(rows),
        "explainedVariance": 1 - left / total,
        "dead": (firing == 0).sum().item(),
    }


if __name__ == "__main__":
    main()
