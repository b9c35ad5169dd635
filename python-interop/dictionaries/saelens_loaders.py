"""SAELens's loaders of other tools' dictionaries, on files of this machine."""

import json
import struct
from pathlib import Path
from unittest import mock

from huggingface_hub.utils import EntryNotFoundError
from sae_lens.loading import pretrained_sae_loaders as loaders
from sae_lens.saes.sae import SAE


def loaded(loader, root, repo_id, folder_name, **overrides):
    """The SAE that a loader makes of files, as SAE.from_pretrained does: under root / folder_name, or in root itself."""

    def download(repo_id, filename, subfolder=None, **_):
        inside = root / (subfolder or "") / filename
        path = inside if inside.exists() else root / inside.name
        if not path.exists():
            raise EntryNotFoundError(str(path))
        return str(path)

    def shapes(repo_id, filename):
        content = Path(download(repo_id, filename)).read_bytes()
        (length,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8 : 8 + length])
        return {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}

    patched = {"hf_hub_download": download, "get_safetensors_tensor_shapes": shapes}
    with mock.patch.multiple(loaders, **patched):
        config, state, _ = loader(repo_id, folder_name, device="cpu", cfg_overrides=overrides)
    config = loaders.handle_config_defaulting(config)
    Config = SAE.get_sae_config_class_for_architecture(config["architecture"])
    sae_config = Config.from_dict(config)
    sae = SAE.get_sae_class_for_architecture(sae_config.architecture())(sae_config)
    sae.process_state_dict_for_loading(state)
    sae.load_state_dict(state)
    return sae.float()


OURS = {
    "hook_name": "hookName", "hf_hook_name": "hfHookName", "hook_name_out": "hookNameOut",
    "hf_hook_name_out": "hfHookNameOut", "prepend_bos": "prependBos", "context_size": "contextSize",
    "dataset_path": "datasetPath", "model_name": "modelName",
}


def metadata(sae):
    """What SAELens knows of a dictionary, by the names of gated-sae-tfjs."""
    known = {ours: sae.cfg.metadata.get(theirs) for theirs, ours in OURS.items()}
    known["reshapeActivations"] = getattr(sae.cfg, "reshape_activations", "none")
    return {name: value for name, value in known.items() if value not in (None, "none")}
