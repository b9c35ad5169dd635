#!/usr/bin/env python3
"""Opens `.weights.h5` files of Gated SAEs that gated-sae-tfjs has written, by Keras and gated-sae-tf.

    open_weights.py DIR

Of each folder in DIR with rows.json, {"x", "inputDim", "encodingDim"}, it loads sae.weights.h5 into a GatedSAE,
and writes found.json: codes and reconstructions of the rows.
"""

import argparse
import json
import sys
from pathlib import Path

import gated_sae
import numpy as np


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    for given in sorted(parser.parse_args().folder.glob("*/rows.json")):
        content = json.loads(given.read_text("utf-8"))
        x = np.array(content["x"], np.float32)
        sae = gated_sae.GatedSAE(content["inputDim"], content["encodingDim"])
        sae(x)
        sae.load_weights(given.parent / "sae.weights.h5")
        found = {
            "codes": np.asarray(sae.encode(x)[0]).tolist(),
            "reconstruction": np.asarray(sae(x)).tolist(),
        }
        (given.parent / "found.json").write_text(json.dumps(found), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
