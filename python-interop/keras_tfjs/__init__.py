"""Keras 3's `.keras` files and TensorFlow.js layers models, each made from the other.

The command lines are ../keras_to_tfjs.py and ../tfjs_to_keras.py. What maps to what stands in
src/io/keras/layers.json, which the TypeScript side reads too. Any of Keras's backends will do for
models without a GatedSAE, whose class needs TensorFlow.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
