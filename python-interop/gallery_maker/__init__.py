"""Fixtures of gated-sae-tf's galleries; the command line is ../make_gallery_fixtures.py.

Without a screen, and without a GPU, where the numbers repeat.
"""

import os

os.environ["MPLBACKEND"] = "agg"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
