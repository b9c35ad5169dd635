#!/usr/bin/env python3
"""Writes what gated-sae-tf's two galleries draw: words, colours and pixels of matplotlib's figures.

    make_gallery_fixtures.py make --out DIR --images FILE.u8    new inputs, and their figures
    make_gallery_fixtures.py check --against DIR                draws the inputs in DIR afresh

A file NAME.json. ARRAY is {"shape", "dtype", "base64"}: little-endian, C order. Below
I = input_dim, E = encoding_dim, N = rows.
    case, made_by           name, releases that drew it
    image_shape             [height, width]
    class_names, labels     name by label; N labels
    W_dec, codes            ARRAY [E, I]; ARRAY [N, E]
    images                  base64 of N × I bytes; a pixel's value is byte / 255
    colour_maps             {RdBu_r, gray}: base64 of red, green and blue of 256 levels
    figures                 what was drawn from these:
        function, arguments     plot_decoder_gallery or plot_feature_gallery, and its keywords
        title, ground           {text, color}; color
        columns                 axes in a row
        axes                    row by row: title {text, color} or null, texts [{text, color, weight}],
                                image null or the drawn colours: base64 of red, green and blue at
                                each `stride`-th pixel, read off the canvas
        stride                  1: all pixels

The small case is random; fashion is a dictionary trained on Fashion-MNIST for a minute.
"""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

IMAGES_HELP = "raw bytes, n × 784, class by class: npx tsx test/parity/exportImages.ts FILE.u8"


def main():
    arguments = parse_arguments()
    arguments.run(arguments)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="make | check")

    make = commands.add_parser("make", help="write new inputs and their figures")
    make.add_argument("--out", type=Path, required=True, metavar="DIR")
    make.add_argument("--images", type=Path, required=True, metavar="FILE.u8", help=IMAGES_HELP)
    make.set_defaults(run=run_make)

    check = commands.add_parser("check", help="draw the inputs in DIR afresh and compare")
    check.add_argument("--against", type=Path, required=True, metavar="DIR")
    check.set_defaults(run=run_check)
    return parser.parse_args()


def run_make(arguments):
    if not arguments.images.is_file():
        sys.exit(f"--images {arguments.images}: expected a file; there is none. {IMAGES_HELP}")
    inputs, figures = import_part("inputs"), import_part("figures")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for case in (inputs.small(), inputs.fashion(arguments.images)):
        figures.write(arguments.out, case)


def run_check(arguments):
    committed = sorted(arguments.against.glob("*.json"))
    if not committed:
        sys.exit(f"--against {arguments.against}: no fixtures there. Write some: make")
    figures = import_part("figures")
    agree = [figures.agrees(json.loads(path.read_text("utf-8"))) for path in committed]
    sys.exit(0 if all(agree) else 1)


def import_part(name):
    """A module of gallery_maker, late: --help and wrong options need no matplotlib."""
    try:
        return import_module(f"gallery_maker.{name}")
    except ModuleNotFoundError as error:
        here = Path(__file__).parent
        sys.exit(f"{error}. Install what is needed: pip install -r {here / 'requirements.txt'}")


if __name__ == "__main__":
    main()
