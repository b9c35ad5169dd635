#!/usr/bin/env python3
"""Writes what numpy, scipy, scikit-learn and the peers say of one small dictionary and its data.

    make_metric_fixtures.py make  --out DIR [--seed N]   writes DIR/metrics.json
    make_metric_fixtures.py check --against DIR          computes it afresh and compares

Written with numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1, torch 2.13.0, sae-lens 6.54.12,
dictionary-learning 0.1.0, sae-bench 0.6.0 and sae-probes 0.4.2; made_by says so of the file.

Below d = 12 values of a row, F = 40 features, T = 20 true ones. ARRAY is {"shape", "dtype", "base64"}:
float32, little-endian, C order; all else is plain JSON.

    seed                    the first from 0, or from N, of which rounding decides nothing
    weights                 of a ReLU autoencoder: W_enc [d, F], b_enc [F], W_dec [F, d], b_dec [d]
    rows, labels            ARRAY [600, d], and the class of each of them
    true_features, _codes   ARRAY [T, d] and [600, T]: what the rows were made of
    mixed_rows, positions   ARRAY [118, d], some of them alike or zero, and the class of position of each
    other_decoder           ARRAY [46, d]
    expected                the metrics by the names that evaluateSAE gives them, in double precision;
                            mixed and positions of mixed_rows, matching of W_dec and other_decoder
    probing                 by class the rows that a probe is fitted to and tested on, and what sae-probes'
                            own get_sorted_indices and find_best_reg make of them, for k = 1, 2, 5; converged,
                            what that comes to where each fit goes on to its optimum
    regressions             values [150, k] flat, isPositive, c; weights and intercept by
                            LogisticRegression(C=c) to convergence
    peers                   of the same rows and weights, by the peers' own names and functions
    constant                of reconstructions that are all b_dec: the mean row, and that moved by `shift`;
                            the explained variance by each peer, and what it is
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fixture_script import folder_option, import_part, run  # noqa: E402

PACKAGE = "metrics"
INSTALL = (
    "pip install -r peers/requirements.txt; pip install --no-deps -r peers/requirements-alone.txt"
)


def main():
    run(__doc__, {
        "make": ("write the fixture", run_make, {
            "--out": folder_option(),
            "--seed": {"type": int, "default": 0, "metavar": "N", "help": "another case for each"},
        }),
        "check": ("compute it afresh and compare with that in DIR", run_check,
                  {"--against": folder_option()}),
    })


def run_make(arguments):
    write = import_part(PACKAGE, "write", INSTALL)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / write.NAME).write_text(write.text(write.fixture(arguments.seed)), "utf-8")


def run_check(arguments):
    write = import_part(PACKAGE, "write", INSTALL)
    committed = json.loads((arguments.against / write.NAME).read_text("utf-8"))
    found = write.differences(committed, json.loads(write.text(write.fixture())))
    sys.exit("\n".join(found) if found else 0)


if __name__ == "__main__":
    main()
