"""Opens what gated-sae-tfjs has written, by the packages whose formats it is in."""

import json

import torch


def saelens(folder):
    """By SAELens."""
    from sae_lens import SAE

    sae = SAE.load_from_disk(folder, dtype="float32")
    return sae.encode, sae


def sparsify(folder):
    """By sparsify."""
    from sparsify import SparseCoder

    from .sparsify_files import codes_of

    coder = SparseCoder.load_from_disk(folder).float()
    return lambda x: codes_of(coder, x), lambda x: coder(x).sae_out


OPENERS = {"saelens": saelens, "sparsify": sparsify}


def open_all(folder):
    """Writes found.json into each folder that has rows.json: codes and reconstructions of its rows."""
    for given in sorted(folder.glob("*/rows.json")):
        content = json.loads(given.read_text("utf-8"))
        with torch.no_grad():
            encode, reconstruct = OPENERS[content["format"]](given.parent)
            x = torch.tensor(content["x"], dtype=torch.float32)
            found = {"codes": encode(x).tolist(), "reconstruction": reconstruct(x).tolist()}
        (given.parent / "found.json").write_text(json.dumps(found), "utf-8")
        print(f"{given.parent.name}: opened as {content['format']}")
