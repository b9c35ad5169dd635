#!/usr/bin/env python3
"""Writes, with the real gated-sae-tf under Keras, the numbers that the TypeScript side must meet.

    make_fixtures.py small --out DIR        small cases, one JSON file each
    make_fixtures.py check --against DIR    makes them afresh and compares
    make_fixtures.py full  --out DIR --images FILE.u8    a trained full-size state, ten steps

Below I = input_dim, E = encoding_dim, B = batch rows. Weights are always the six
W_gate [I, E], b_gate [E], r_mag [E], b_mag [E], W_dec [E, I], b_dec [I].

A small case. ARRAY is {"shape", "dtype", "base64"}: little-endian, C order.
    case, seed, made_by     name, the seed of its data, releases that computed it
    config                  input_dim, encoding_dim, lambda_sparse, aux_weight, clip_norm | null
    optimizer               learning_rate: number | {peak_lr, warmup_steps, total_steps};
                            beta_1, beta_2, epsilon
    weights                 {name: ARRAY} before the first step
    batches                 [ARRAY [B, I]]; step s, counted from 0, trains on batches[s % length]
    steps                   per step what train_step returned (loss, L_reconstruct, L_sparsity,
                            L_aux, grad_norm) and gradients {name: ARRAY}: those of the whole
                            loss, unclipped, at the weights before the update
    weights_after           {"1", "10", "50": {name: ARRAY}}
  and, with the final weights,
    evaluate                test_step on batches[0]: loss, L_reconstruct, L_sparsity, L_aux
    forward                 on batches[0]: codes, pi_gate, relu_pi_gate, reconstruction
    sparsity_report         on all batches in a row, with its arguments batch_size and k
    decoder_sharpness       per_feature ARRAY float64 [E], mean
    smallest_gate_margin    the least |pi_gate| of any step, and least |magnitude| behind an
                            open gate: rounding moves neither across zero

schedule.json: runs of {peak_lr, warmup_steps, total_steps, steps: [int], values: ARRAY}.
own_rows.json: rows ARRAY [256, 20], those of gated-sae-tf's own test of fit.
adam.json: initial [32], gradients [50, 32], runs of {optimizer, parameters, m, v} after all 50.

The full-size state: manifest.json beside raw little-endian float32 files.
    config, optimizer, made_by    as above; the optimizer is that of the recorded steps
    warm_up                 how the state was trained: learning_rate, number of images
    iterations              Adam's step count before the first recorded step
    arrays                  {name: {file, shape, dtype}}: weights/*, velocities/* (Adam's v; m is
                            zero), batches [10, B, I], weights_after/* (after the ten steps)
    steps                   ten times what train_step returned
    gates                   for the first and the last of them: step, file, shape [B, E], open
                            (how many); pair i = row * E + feature is bit i % 8 of byte i // 8
The recorded batches are of images on which no gate lies within 5e-6 of zero, for rounding would
decide those, and whatever it decided would show in every step after it.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from fixture_script import folder_option, import_part, run

PACKAGE = "fixture_maker"

IMAGES_HELP = (
    "raw bytes, n × 784: one byte a pixel, one 28 × 28 image after another, no header. "
    'From a numpy array of 0..255: images.reshape(-1, 784).astype("uint8").tofile("images.u8")'
)


def main():
    images = {"type": Path, "metavar": "FILE.u8", "help": IMAGES_HELP}
    steps = {"type": positive, "default": 400, "metavar": "N"}
    run(__doc__, {
        "small": ("write the small fixtures", run_small, {"--out": folder_option()}),
        "check": ("make them afresh and compare with those in DIR", run_check,
                  {"--against": folder_option()}),
        "full": ("write a trained full-size state and ten steps from it", run_full,
                 {"--out": folder_option(), "--images": images, "--warm-steps": steps}),
    })


def positive(text):
    """An argparse type: an integer of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected an integer of at least 1; received {text}")
    return int(text)


def run_small(arguments):
    import_part(PACKAGE, "small").write_small(arguments.out)


def run_check(arguments):
    committed = arguments.against
    if not any(committed.glob("*.json")):
        sys.exit(f"--against {committed}: no fixtures there. Write some: small --out {committed}")
    small, compare = import_part(PACKAGE, "small"), import_part(PACKAGE, "compare")
    with tempfile.TemporaryDirectory() as folder:
        small.write_small(Path(folder))
        agree = compare.compare_folders(committed, Path(folder))
    sys.exit(0 if agree else 1)


def run_full(arguments):
    if arguments.images is None or not arguments.images.is_file():
        given = "nothing" if arguments.images is None else f"{arguments.images}, which is no file"
        sys.exit(f"--images: expected a file of images; received {given}. It holds {IMAGES_HELP}")
    import_part(PACKAGE, "full").write_full(arguments.out, arguments.images, arguments.warm_steps)


if __name__ == "__main__":
    main()
