"""Runs the command line under other releases of Keras, each in a venv that is deleted after."""

import shutil
import subprocess
import sys

# Each Keras with the TensorFlow of its time. TensorFlow asks for a newer Keras than the oldest
# here, so Keras is installed over what pip brings, without its dependencies.
RELEASES = {"3.3.3": "2.17.1", "3.6.0": "2.18.1", "3.9.2": "2.19.1", "3.12.1": "2.20.0"}
GATED_SAE = "gated-sae-tf==0.1.1"


def write_with_each(out, work, script):
    """Writes the files of every release in RELEASES into `out`."""
    work.mkdir(parents=True, exist_ok=True)
    for keras, tensorflow in RELEASES.items():
        venv = work / f"keras-{keras}"
        try:
            python = make_venv(venv, keras, tensorflow)
            run(python, script, "make", "--for-every-version", "--out", out)
        finally:
            shutil.rmtree(venv, ignore_errors=True)


def make_venv(venv, keras, tensorflow):
    """A venv with these releases; returns its interpreter."""
    run(sys.executable, "-m", "venv", venv)
    python = venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, f"tensorflow-cpu=={tensorflow}", "h5py")
    run(*pip, "--no-deps", f"keras=={keras}", GATED_SAE)
    return python


def run(*command):
    """Runs a command to its end; exits with a word on what failed."""
    words = [str(word) for word in command]
    status = subprocess.run(words).returncode
    if status != 0:
        sys.exit(f"{' '.join(words)}: exit status {status}, see above.")
