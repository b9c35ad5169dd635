#!/usr/bin/env python3
"""Makes of a TensorFlow.js layers model what Keras 3 loads: a `.keras` file.

    tfjs_to_keras.py web/sae sae.keras

IN_DIR is the folder that model.save wrote, or its model.json. To load a ReluSAE in Python, import
relu_sae first; so with the others beside it, and gated_sae for a GatedSAE. Exit status: 0 done, 1
refused, 2 wrong usage.
"""

from keras_tfjs.command_line import run

if __name__ == "__main__":
    run(__doc__, "IN_DIR", "OUT.keras", "to_keras")
