"""Dictionaries of Llamascopium, as OpenMOSS's Language-Model-SAEs is called today, saved and computed by itself."""

import torch
from llamascopium.models.sae import SAEConfig, SparseAutoEncoder
from llamascopium.models.sparse_dictionary import SparseDictionary

from .recipe import WIDTH, normal, recipe, steady_rows

IN, OUT = 3.5, 8.0  # mean norms of the data's rows
HOOK, HOOK_OUT = "blocks.15.hook_resid_post", "blocks.15.hook_mlp_out"
K = 3


def saved(folder, rng, options, hook_out=HOOK, expansion_factor=2.0, fold=False, **changes):
    """Saves a model with random weights, and tells what it makes of rows once it is loaded again."""
    config = SAEConfig(hook_point_in=HOOK, hook_point_out=hook_out, d_model=WIDTH,
                       expansion_factor=expansion_factor, top_k=K, **changes)
    sae = SparseAutoEncoder(config)
    for name, weight in sae.named_parameters():
        values = normal(rng, *weight.shape, scale=0.5)
        weight.data = values - 1 if name.endswith("log_jumprelu_threshold") else values
    if config.norm_activation == "dataset-wise":
        sae.set_dataset_average_activation_norm({HOOK: IN} | ({hook_out: OUT} if hook_out != HOOK else {}))
    sae.save_pretrained(folder, fold_activation_scale=fold)
    sae.cfg.save_hyperparameters(folder)
    opened = SparseDictionary.from_pretrained(str(folder))
    # The threshold below divides codes only where the one is well above the other.
    steady = {"steady": 3e-3} if config.act_fn == "batchtopk" else {}
    with torch.no_grad():
        x = steady_rows(lambda x: opened.encode(opened.normalize_activations({HOOK: x})[HOOK]), rng,
                        IN / WIDTH**0.5, **steady)
        rows, factors = opened.normalize_activations({HOOK: x}, return_scale_factor=True)
        codes = opened.encode(rows[HOOK])
        made = opened.decode(codes)
        out = factors[HOOK] if hook_out == HOOK else opened.compute_norm_factor(made, hook_out)
        made = opened.denormalize_activations({hook_out: made}, {hook_out: out})[hook_out]
        if config.act_fn in ("topk", "batchtopk") and config.sparsity_include_decoder_norm:
            codes = codes * opened.decoder_norm()  # of decoder rows of norm 1
    found = {"hookName": HOOK} | ({"hookNameOut": hook_out} if hook_out != HOOK else {})
    threshold = {}
    if config.act_fn == "batchtopk":
        # Its files have none: one of this batch, which divides the codes that it has chosen from the others.
        threshold = {"threshold": 0.999 * codes[codes > 0].min().item()}
    return {"x": x, "codes": codes, "reconstruction": made, "options": options, "metadata": found} | threshold


FORMAT = ("llama-scope", "llamascopium", "safetensors")


@recipe(*FORMAT)
def llamascopium_relu(folder, rng):
    """Rows of mean norm, and features that are no whole multiple of their width."""
    return saved(folder, rng, {"normalize": "mean-norm", "centred": False}, expansion_factor=1.7)


@recipe(*FORMAT)
def llamascopium_jumprelu(folder, rng):
    """Thresholds of what features add to the output."""
    return saved(folder, rng, {"normalize": "mean-norm", "decoderRows": "free"}, act_fn="jumprelu")


@recipe(*FORMAT)
def llamascopium_jumprelu_folded(folder, rng):
    """Norms that it has folded into the weights."""
    return saved(folder, rng, {"centred": False}, act_fn="jumprelu", fold=True)


@recipe(*FORMAT)
def llamascopium_topk(folder, rng):
    return saved(folder, rng, {"k": K, "normalize": "mean-norm"}, act_fn="topk")


@recipe(*FORMAT)
def llamascopium_topk_by_code(folder, rng):
    """The largest codes alone, without a bias, of rows that are each brought to one norm."""
    changes = {"sparsity_include_decoder_norm": False, "use_decoder_bias": False, "norm_activation": "token-wise"}
    return saved(folder, rng, {"k": K, "normalize": "constant"}, act_fn="topk", **changes)


@recipe(*FORMAT)
def llamascopium_batchtopk(folder, rng):
    return saved(folder, rng, {"k": K}, act_fn="batchtopk", norm_activation="inference")


@recipe(*FORMAT)
def llamascopium_transcoder(folder, rng):
    return saved(folder, rng, {"outputDim": WIDTH}, hook_out=HOOK_OUT, act_fn="topk")
