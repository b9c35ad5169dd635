"""Makes the `.keras` test files; the command line is ../make_keras_files.py.

On the CPU, where the numbers repeat, and quietly: TensorFlow reads both variables when it is first
imported, so they are set before any module of this package can do that.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
