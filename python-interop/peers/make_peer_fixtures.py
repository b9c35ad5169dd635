#!/usr/bin/env python3
"""Writes what SAELens and dictionary_learning compute, for the tests that hold our side to it.

    make_peer_fixtures.py make  --out DIR        one JSON file a case
    make_peer_fixtures.py check --against DIR    computes the cases in DIR afresh and compares

Below d = input width, F = features, B = rows. ARRAY is {"shape", "dtype", "base64"}: little-endian,
C order. Names that begin in capitals or with b_ are weights, by the papers' letters whatever the
peer calls them: W_enc [d, F], b_enc [F], W_dec [F, d], b_dec [d], and b_gate, r_mag, b_mag or
threshold [F]. Everything else keeps the peer's own names.

A case, PEER_ARCHITECTURE_MODE.json:
    case, peer, architecture, made_by    the releases that computed it
    seed                    of the weights and rows: the first whose numbers rounding cannot change
    options                 what the peer's model (SAELens) or trainer (dictionary_learning) was given
    training                what its training was given, and what it does by itself: lr, betas, eps,
                            clip_norm | null, decoder "free" | "unit"
    weights, state          as given; state: dead counters [F] of whole numbers
                            (n_forward_passes_since_fired or num_tokens_since_fired), thresholds
    batches                 [ARRAY [B, d]]; step i, counted from 0, trains on batches[i % length]
    first_step              the number that dictionary_learning's update gets for i = 0
    steps                   per step: lr, loss, losses by the peer's names and SAELens's
                            coefficients, all of this step; thresholds and p as they are after it
    recorded                {"0", "19"}: of these steps weights and state before them, codes
                            [B, F], reconstruction [B, d], gradients of the whole loss before
                            projection and clipping, dead: the features that the loss takes for dead
    weights_after           {"1", "20"}: after so many steps
    state_after             the state after all
    b_dec_after_median      where update sets b_dec before its first step: to what
    scaling_factor, folded  where activations are normalised: what every row was multiplied by in
                            training, and the weights that take rows as they come
    inference               where it is another thing than training: codes and reconstruction of
                            batches[0], by dictionary_learning's encode with use_threshold, or by
                            the model that SAELens saved and loaded, with architecture and weights

A transcoder's case, which no peer trains: weights, x, y, codes, output, and the gradients of the
mean over rows of the squared error that torch computes through SAELens's own modules.

counterexamples.json: what each peer computes where it is wrong; see ../README.md.
projection.json: decoder rows, a gradient of them, and what dictionary_learning leaves of it.
schedules.json: rates, with the learning rate of each step under peak_lr, SAELens's for three steps
more than total_steps; warm_ups, with each step's coefficient on its way to `coefficient`.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fixture_script import folder_option, import_part, run  # noqa: E402

PACKAGE = "peers"
INSTALL = (
    "pip install -r peers/requirements.txt; "
    "pip install --no-deps -r peers/requirements-alone.txt"
)


def main():
    run(__doc__, {
        "make": ("write the fixtures", run_make, {"--out": folder_option()}),
        "check": ("compute the cases in DIR afresh and compare", run_check,
                  {"--against": folder_option()}),
    })


def run_make(arguments):
    import_part(PACKAGE, "write", INSTALL).write_all(arguments.out)


def run_check(arguments):
    committed = arguments.against
    if not any(committed.glob("*.json")):
        sys.exit(f"--against {committed}: no fixtures there. Write some: make --out {committed}")
    write = import_part(PACKAGE, "write", INSTALL)
    with tempfile.TemporaryDirectory() as folder:
        write.write_all(Path(folder), write.seeds_in(committed))
        agree = write.compare(committed, Path(folder))
    sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
