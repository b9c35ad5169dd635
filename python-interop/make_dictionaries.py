#!/usr/bin/env python3
"""Writes dictionaries in the formats of the field, with what the real packages compute of them.

    make_dictionaries.py make --out DIR [--seed N] [FORMAT ...]    one folder a dictionary
    make_dictionaries.py open DIR                                 opens each dictionary that gated-sae-tfjs has written in DIR

A folder has the format's own files, and expected.json:
    format, made_by         the format's name in gated-sae-tfjs, and the releases that computed it
    x                       rows [B, d]
    codes, reconstruction   what the package makes of them, [B, F] and [B, d_out], as nested lists
    inside                  the folder in it that holds the dictionary, where it does not itself
    options, metadata       what gated-sae-tfjs is to find in the files, by its own names
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from dictionaries import make_all, open_all  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make")
    make.add_argument("--out", type=Path, required=True)
    make.add_argument("--seed", type=int, help="other numbers than those of the fixtures")
    make.add_argument("formats", nargs="*", help="those of some packages alone: saelens, csr and so on")
    commands.add_parser("open").add_argument("folder", type=Path)
    args = parser.parse_args()
    if args.command == "make":
        make_all(args.out, args.formats or None, args.seed)
    else:
        open_all(args.folder)


if __name__ == "__main__":
    main()
