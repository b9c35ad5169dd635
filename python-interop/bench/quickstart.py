#!/usr/bin/env python3
"""The quickstart's training by gated-sae-tf under Keras, for `npm run bench -- quickstart`.

Trains on the same images with the same sizes, rates and epochs, by Keras's own `fit`, and reports by the
package's own `sparsity_report`, on the images that were held out. Prints one line of JSON.
"""

import argparse
import json
import time
from pathlib import Path

import gated_sae
import keras
import numpy as np
import tensorflow as tf
from rows import read_rows


def main():
    arguments = parse_arguments()
    given = json.loads(Path(arguments.settings).read_text())
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    keras.utils.set_random_seed(given["seed"])
    training, held_out = (read_rows(given, name) for name in ("training", "heldOut"))
    model = make_model(given, training)
    start = time.perf_counter()
    model.fit(training, batch_size=given["batchSize"], epochs=given["epochs"], shuffle=True, verbose=0)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, **measure(model, held_out)}))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("settings", help="JSON: sizes, rates, epochs, files of rows")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def make_model(given, training):
    """A new model as the package's quickstart has it, its b_dec the images' mean."""
    model = gated_sae.GatedSAE(
        given["inputDim"],
        given["features"],
        lambda_sparse=given["lambda"],
        aux_weight=given["auxWeight"],
        clip_norm=given["clipNorm"],
    )
    steps = given["epochs"] * (len(training) // given["batchSize"])
    schedule = gated_sae.WarmupCosineDecay(given["learningRate"], steps // 10, steps)
    model.compile(optimizer=keras.optimizers.Adam(schedule, beta_1=0.0))
    model.b_dec.assign(training.mean(axis=0))
    return model


def measure(model, held_out):
    """The package's report, and the explained variance."""
    report = gated_sae.sparsity_report(model, held_out)
    left = spread = 0.0
    mean = held_out.mean(axis=0)
    for start in range(0, len(held_out), 512):
        rows = held_out[start : start + 512]
        left += float(np.sum((rows - np.asarray(model(rows))) ** 2))
        spread += float(np.sum((rows - mean) ** 2))
    return {"l0": report["l0_mean"], "dead": report["dead"], "explainedVariance": 1 - left / spread}


if __name__ == "__main__":
    main()
