#!/usr/bin/env python3
"""Makes of a Keras 3 model what TensorFlow.js loads: model.json and weights.bin in a folder.

    keras_to_tfjs.py sae.keras web/sae

Dictionaries become those of gated-sae-tfjs, with their optimizer's state; models of ordinary layers load with plain tf.loadLayersModel. What tfjs lacks, or would
compute otherwise, is refused by name. Exit status: 0 done, 1 refused, 2 wrong usage.
"""

from keras_tfjs.command_line import run

if __name__ == "__main__":
    run(__doc__, "IN.keras", "OUT_DIR", "to_tfjs")
