#!/usr/bin/env python3
"""Trains models from `.keras` files for some steps, as told by a list of jobs, and saves them.

    train_on.py JOBS.json

A job is {"load": PATH, "save": PATH, "batches": [[x, y | null]], "from": INT, "steps": INT}; x and y
are {"shape", "dtype", "base64"}. Step s trains on batches[s % length], beginning with "from". A model
with a training step of its own, as a GatedSAE, trains on x alone.
"""

import argparse
import json
import sys
from pathlib import Path

import batchtopk_sae  # noqa: F401  registers its class
import gated_sae  # noqa: F401  registers its classes
import jumprelu_sae  # noqa: F401  registers its class
import keras
import matryoshka_sae  # noqa: F401  registers its class
import relu_sae  # noqa: F401  registers its class
import saelens_gated_sae  # noqa: F401  registers its class
import tensorflow as tf
import topk_sae  # noqa: F401  registers its class
import warmup_linear_decay  # noqa: F401  registers its class
from fixture_maker.arrays import decode_array


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("jobs", type=Path, metavar="JOBS.json")
    for job in json.loads(parser.parse_args().jobs.read_text()):
        train(job)
    return 0


def train(job):
    """Does one job."""
    model = keras.saving.load_model(job["load"])
    batches = job["batches"]
    for step in range(job["from"], job["from"] + job["steps"]):
        x, y = batches[step % len(batches)]
        if y is None:
            model.train_step(tf.constant(decode_array(x)))
        else:
            model.train_on_batch(decode_array(x), decode_array(y))
    # Without a call Keras writes no build_config, and drops the optimizer's state on loading.
    model(decode_array(batches[0][0]))
    model.save(job["save"])
    # People train with fit, which asks more of what a file says of metrics than a step does.
    if batches[0][1] is None:
        model.fit(decode_array(batches[0][0]), verbose=0)


if __name__ == "__main__":
    sys.exit(main())
