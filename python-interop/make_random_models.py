#!/usr/bin/env python3
"""Small models at random, each a `.keras` file with what Keras predicts, for a test to hold ours to.

    make_random_models.py --out DIR --count 40 --seed 1

Writes DIR/N.keras and DIR/N.json ({"inputs", "outputs": [ARRAY]} as make_keras_files.py has them),
says `made`, and waits for a line on its standard input. Then it loads those of DIR/back/N.keras
that are there, and says in one line of JSON what each is apart from the first predictions, or why
it does not load: {N: number or text}. The same seed makes the same models.
"""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    from random_models import files

    files.make_all(arguments.out, arguments.count, arguments.seed)
    print("made", flush=True)
    if sys.stdin.readline():
        print(json.dumps(files.compare_all(arguments.out, arguments.count)), flush=True)


if __name__ == "__main__":
    main()
