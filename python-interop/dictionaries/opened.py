"""Opens what gated-sae-tfjs has written, by the packages whose formats it is in."""

import json

import numpy as np
import torch


def saelens(folder):
    """By SAELens."""
    from sae_lens import SAE

    sae = SAE.load_from_disk(folder, dtype="float32")
    return sae.encode, sae


def sparsify(folder):
    """By sparsify."""
    from .sparsify_files import SparseCoder, codes_of

    coder = SparseCoder.load_from_disk(folder).float()
    return lambda x: codes_of(coder, x), lambda x: coder(x).sae_out


def gemma_scope_2(folder):
    """By SAELens's loader, which takes the kind from the name of a folder."""
    from .saelens_loaders import loaded, loaders

    config = json.loads((folder / "config.json").read_text("utf-8"))
    kind = "transcoder" if config["type"] == "transcoder" else "resid_post"
    sae = loaded(loaders.gemma_3_sae_huggingface_loader, folder, "google/gemma-scope-2", f"{kind}/layer_0")
    return sae.encode, sae


def gemma_scope(folder):
    """By numpy and SAELens's loader, which takes sizes from the names of network and folder."""
    from .saelens_loaders import loaded, loaders

    with np.load(folder / "params.npz") as arrays:
        (d_in, d_sae), d_out = arrays["W_enc"].shape, arrays["W_dec"].shape[1]
    sizes = {"d_in": d_in, "d_sae": d_sae}
    path = "layer_0/width_16k/average_l0_1"
    if d_out == d_in:
        sae = loaded(loaders.gemma_2_sae_huggingface_loader, folder, "gemma-scope-2b-pt-res", path, **sizes)
    else:
        sizes["d_out"] = d_out
        sae = loaded(loaders.gemma_2_transcoder_huggingface_loader, folder, "gemma-scope-2b", path, **sizes)
    return sae.encode, sae


def dictionary_learning(folder):
    """By dictionary_learning's own classes, which take what safetensors has opened."""
    from safetensors.torch import load_file

    from .dictionary_learning_classes import CLASSES

    trainer = json.loads((folder / "config.json").read_text("utf-8"))["trainer"]
    state = load_file(folder / "ae.safetensors")
    own = {name: trainer[name] for name in ("k",) if name in trainer}
    if "group_sizes" in state:
        own["group_sizes"] = state["group_sizes"].tolist()
    sae = CLASSES[trainer["dict_class"]](trainer["activation_dim"], trainer["dict_size"], **own)
    sae.load_state_dict(state)
    return sae.float().encode, sae


OPENERS = {
    "dictionary-learning": dictionary_learning,
    "saelens": saelens,
    "sparsify": sparsify,
    "gemma-scope": gemma_scope,
    "gemma-scope-2": gemma_scope_2,
}


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
