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

import json
import sys
from pathlib import Path

from fixture_script import folder_option, import_part, run

PACKAGE = "gallery_maker"
IMAGES_HELP = "raw bytes, n × 784, class by class: npx tsx test/parity/exportImages.ts FILE.u8"


def main():
    images = {"type": Path, "required": True, "metavar": "FILE.u8", "help": IMAGES_HELP}
    run(__doc__, {
        "make": ("write new inputs and their figures", run_make,
                 {"--out": folder_option(), "--images": images}),
        "check": ("draw the inputs in DIR afresh and compare", run_check,
                  {"--against": folder_option()}),
    })


def run_make(arguments):
    if not arguments.images.is_file():
        sys.exit(f"--images {arguments.images}: expected a file; there is none. {IMAGES_HELP}")
    inputs, figures = import_part(PACKAGE, "inputs"), import_part(PACKAGE, "figures")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for case in (inputs.small(), inputs.fashion(arguments.images)):
        figures.write(arguments.out, case)


def run_check(arguments):
    committed = sorted(arguments.against.glob("*.json"))
    if not committed:
        sys.exit(f"--against {arguments.against}: no fixtures there. Write some: make")
    figures = import_part(PACKAGE, "figures")
    agree = [figures.agrees(json.loads(path.read_text("utf-8"))) for path in committed]
    sys.exit(0 if all(agree) else 1)


if __name__ == "__main__":
    main()
