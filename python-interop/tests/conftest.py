"""What the tests share: the scripts as a user starts them, and the files in git."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]
FIXTURES = HERE.parent / "test" / "io" / "keras" / "fixtures" / "keras-3.15"

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# With more, TensorFlow adds a Matryoshka's gradients up in the order in which they are ready, and
# one step in ten ends at other last bits: no two runs could be compared to the bit.
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
sys.path.insert(0, str(HERE))


@pytest.fixture
def script():
    """Runs one of the scripts in a process of its own."""

    def run(name, *arguments):
        words = [sys.executable, str(HERE / name), *map(str, arguments)]
        return subprocess.run(words, capture_output=True, text=True, timeout=300)

    return run
