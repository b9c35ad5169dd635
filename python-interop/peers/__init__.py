"""Fixtures from SAELens and dictionary_learning; the command line is make_peer_fixtures.py.

One thread on the CPU, where the numbers repeat, and no progress bars.
"""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TQDM_DISABLE"] = "1"
os.environ.setdefault("WANDB_MODE", "disabled")
