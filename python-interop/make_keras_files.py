#!/usr/bin/env python3
"""Writes the `.keras` files that the tests read, and what Keras computes from them.

    make_keras_files.py make --out DIR                    with the Keras that is installed
    make_keras_files.py versions --out DIR --work DIR     with Keras 3.3, 3.6, 3.9, 3.12, 3.15
    make_keras_files.py check --against DIR               makes them afresh and compares

`make` writes into DIR/keras-3.15, or whichever version is installed. Beside NAME.keras stands
NAME.json; ARRAY is {"shape", "dtype", "base64"}: little-endian, C order, bfloat16 as its bits.
    keras                   the release that wrote the file
    arrays                  {path in model.weights.h5: ARRAY}, every dataset
    inputs, outputs         [ARRAY]: the model, loaded from the file, predicts these from those;
                            input_names, output_names where it takes or gives a dict
    resume                  of trained sparse autoencoders: batches [ARRAY] of one step each, and
                            arrays_after of the file saved after them, the process never left
NAME.weights.h5 is what save_weights writes; the folders NAME are what `zipped=False` and sharded
weights come to. What tfjs cannot do right is in
DIR/keras-3.15/refused, a file for each thing, without JSON.

`versions` makes a venv in --work for each release but the installed one, installs, writes the
files that every release writes, and deletes it.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from fixture_script import folder_option, import_part, run

PACKAGE = "keras_files"


def main():
    some = {"action": "store_true", "help": "only the files that each release writes"}
    run(__doc__, {
        "make": ("write the files with the installed Keras", run_make,
                 {"--out": folder_option(), "--for-every-version": some}),
        "versions": ("write the files with five releases of Keras", run_versions,
                     {"--out": folder_option(), "--work": folder_option(help="where to make the venvs")}),
        "check": ("make them afresh and compare with those in DIR", run_check,
                  {"--against": folder_option()}),
    })


def run_make(arguments):
    write = import_part(PACKAGE, "write")
    write.write_all(arguments.out / f"keras-{write.installed()}", not arguments.for_every_version)


def run_versions(arguments):
    run_make(argparse.Namespace(out=arguments.out, for_every_version=False))
    import_part(PACKAGE, "versions").write_with_each(arguments.out, arguments.work, Path(__file__))


def run_check(arguments):
    write, compare = import_part(PACKAGE, "write"), import_part(PACKAGE, "compare")
    committed = arguments.against / f"keras-{write.installed()}"
    if not committed.is_dir():
        sys.exit(f"--against: expected the folder {committed}; there is none. Write it: make")
    with tempfile.TemporaryDirectory() as folder:
        everything = (committed / "refused").is_dir()
        write.write_all(Path(folder), everything)
        agree = compare.compare_folders(committed, Path(folder))
    sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
