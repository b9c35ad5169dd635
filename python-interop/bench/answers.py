"""How a contestant talks with the benchmark: a line of JSON in, a line of JSON out.

First it says {"versions", "bytes"}: what computes, and the memory that this takes by itself. Then it
answers each {"steps": n} with {"milliseconds": [n], "loss", "bytes"}: the time of each step, the
loss of the first of them, and the most memory that this process has ever had. It ends with its input.
"""

import argparse
import json
import platform
import resource
import sys
import time


def parse_arguments(description):
    """The state's folder, the number of threads, and whether to compile by XLA."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("state", help="folder with meta.json and the weights")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--jit", action="store_true", help="compile the step by XLA")
    return parser.parse_args()


def greet(**versions):
    """Says what computes; called when all is imported and nothing is loaded yet."""
    say(versions={"Python": platform.python_version()} | versions, bytes=peak_bytes())


def serve(step):
    """Takes steps as they are asked for; `step` takes one and returns its loss."""
    for line in sys.stdin:
        milliseconds, losses = [], []
        for _ in range(json.loads(line)["steps"]):
            start = time.perf_counter()
            losses.append(step())
            milliseconds.append((time.perf_counter() - start) * 1000)
        say(milliseconds=milliseconds, loss=losses[0], bytes=peak_bytes())


def peak_bytes():
    """The most resident memory of this process so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def say(**answer):
    print(json.dumps(answer), flush=True)
