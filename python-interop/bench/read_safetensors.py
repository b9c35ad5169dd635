#!/usr/bin/env python3
"""Prints how long the safetensors package takes to load a file into memory, in milliseconds, as JSON.

    read_safetensors.py FILE --rounds N
"""

import argparse
import json
import time

from safetensors.numpy import load_file


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    load_file(args.file)  # so that the system has it in memory
    times = []
    for _ in range(args.rounds):
        start = time.perf_counter()
        tensors = load_file(args.file)
        times.append(1000 * (time.perf_counter() - start))
        del tensors
    print(json.dumps(times))


if __name__ == "__main__":
    main()
