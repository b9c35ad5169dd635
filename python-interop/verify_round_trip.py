#!/usr/bin/env python3
"""Takes `.keras` files to TensorFlow.js and back, and says whether anything changed.

    verify_round_trip.py sae.keras folder_of_files ...

Each file goes through keras_to_tfjs.py and tfjs_to_keras.py, and where Node and dist/cli.mjs are
at hand through the TypeScript command line as well. Exit status: 0 nothing differs, 1 something
does or a file is refused, 2 wrong usage.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections import Counter
from functools import partial
from importlib import import_module
from pathlib import Path

MOST_PROCESSES = 4  # each holds a TensorFlow, some 600 MB


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", type=Path, nargs="+", metavar="FILE",
                        help="a .keras file, or a folder of them")
    parser.add_argument("--no-cli", action="store_true",
                        help="leave the TypeScript command line out")
    arguments = parser.parse_args()
    files = []
    for path in arguments.paths:
        found = sorted(path.glob("*.keras")) if path.is_dir() else [path]
        if not found or not found[0].is_file():
            parser.error(f"{path}: expected a .keras file or a folder of them; there is none.")
        files += found
    sys.exit(0 if verify_all(files, arguments.no_cli) else 1)


def verify_all(files, no_cli):
    """Prints a line per file that is not as it was, and the counts; whether there is none."""
    round_trip = import_module("keras_tfjs.round_trip")
    with_cli = not no_cli and round_trip.has_cli()
    total, bad = Counter(), 0
    for file, (counts, wrong) in zip(files, verify_each(files, with_cli), strict=True):
        total += counts
        bad += bool(wrong)
        for text in wrong:
            print(f"{file.name}: {text}", flush=True)
    print(f"{total['files']} files tried, {bad} with differences; {total['arrays']} arrays "
          f"compared, {total['bit-identical']} bit-identical; "
          f"{total['predictions']} predictions compared"
          + ("" if with_cli else "; the TypeScript command line was left out"))
    return bad == 0


def verify_each(files, with_cli):
    """Yields (counts, what differs) of each file, in order; a processor works on one file."""
    verify = partial(verify_one, with_cli=with_cli)
    processes = min(len(files), os.cpu_count() or 1, MOST_PROCESSES)
    if processes == 1:
        yield from map(verify, files)
        return
    # Anew, not forked: TensorFlow's threads would be missing in a fork.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(verify, files)


def verify_one(file, with_cli):
    round_trip = import_module("keras_tfjs.round_trip")
    errors = import_module("keras_tfjs.errors")
    with tempfile.TemporaryDirectory() as folder:
        try:
            return round_trip.verify(file, Path(folder), with_cli)
        except errors.Refused as error:
            return Counter(files=1), [f"REFUSED: {error}"]


if __name__ == "__main__":
    main()
