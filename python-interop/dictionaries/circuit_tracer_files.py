"""Transcoders of circuit-tracer, saved and opened by itself."""

import torch
import torch.nn.functional as F
import yaml
from circuit_tracer.transcoder.activation_functions import JumpReLU
from circuit_tracer.transcoder.single_layer_transcoder import SingleLayerTranscoder, load_transcoder_set

from .recipe import FEATURES, WIDTH, normal, recipe, steady_rows

FORMAT = ("circuit-tracer", "circuit-tracer", "safetensors")
CPU = torch.device("cpu")
CONFIG = {
    "model_name": "Qwen/Qwen3-4B", "model_kind": "transcoder_set",
    "feature_input_hook": "mlp.hook_in", "feature_output_hook": "hook_mlp_out",
    "scan": ["qwen3-4b", "tests"],
}
FOUND = {
    "modelName": "Qwen/Qwen3-4B", "hookName": "blocks.1.mlp.hook_in",
    "hookNameOut": "blocks.1.hook_mlp_out",
    "modelFromPretrainedKwargs": {
        "fold_ln": False, "center_writing_weights": False, "center_unembed": False},
}


def saved(folder, rng, activation=F.relu, skip=False, dtype=torch.float32, layers=2):
    """Saves a set of transcoders, and tells what the last one computes once the set is opened again."""
    for layer in range(layers):
        one = SingleLayerTranscoder(WIDTH, FEATURES, activation, layer, skip_connection=skip,
                                    device=CPU, dtype=torch.float32)
        for name, weight in one.named_parameters():
            values = normal(rng, *weight.shape, scale=0.5)
            weight.data = values.abs() if "threshold" in name else values
        one.to(dtype).to_safetensors(str(folder / f"layer_{layer}.safetensors"))
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG), "utf-8")
    hooks = {key: CONFIG[key] for key in ("feature_input_hook", "feature_output_hook")}
    paths = {layer: str(folder / f"layer_{layer}.safetensors") for layer in range(layers)}
    opened = load_transcoder_set(paths, scan="", device=CPU, dtype=torch.float32, **hooks)[layers - 1]
    with torch.no_grad():
        x = steady_rows(opened.encode, rng)
        return {"x": x, "codes": opened.encode(x), "reconstruction": opened(x)}


@recipe(*FORMAT)
def circuit_tracer_relu(folder, rng):
    """One layer of two, with the configuration of a training on Weights & Biases."""
    training = {"d_feature": {"desc": None, "value": FEATURES}, "d_model": {"desc": None, "value": WIDTH},
                "batch_size": {"value": 8192}}
    (folder / "wanb-config.yaml").write_text(yaml.safe_dump(training), "utf-8")
    return saved(folder, rng) | {
        "inside": "layer_1.safetensors", "options": {"outputDim": WIDTH}, "metadata": FOUND}


@recipe(*FORMAT)
def circuit_tracer_jumprelu(folder, rng):
    """The only layer of its folder."""
    activation = JumpReLU(torch.zeros(FEATURES), 0.1)
    return saved(folder, rng, activation, layers=1) | {"options": {"decoderRows": "free"}}


@recipe(*FORMAT)
def circuit_tracer_skip(folder, rng):
    """In bfloat16, with a skip connection; what is expected is computed in float32."""
    return saved(folder, rng, skip=True, dtype=torch.bfloat16) | {
        "inside": "layer_1.safetensors", "options": {"skip": True}}
