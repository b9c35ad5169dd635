#!/usr/bin/env python3
"""Writes the ONNX models that the tests read, and what Python's onnxruntime computes with them.

    make_onnx_files.py make --out DIR          writes DIR/*.onnx, DIR/tiny-bert and DIR/expected.json
    make_onnx_files.py check --patched DIR     runs what the tests have made of them

make needs torch, transformers, onnx, onnxscript, onnxruntime and skl2onnx; the files are committed, for
exporters write other bytes with every release. expected.json has for each file its inputs, and the tensors
that onnxruntime gives where the onnx package has made hidden ones outputs.

check needs onnx and onnxruntime alone. DIR/cases.json is a list of {"file", "inputs", "outputs"}: every file
has to give these outputs, and to pass onnx.checker unless it has "unchecked": true.
"""

import json
import sys

from fixture_script import folder_option, run

WORDS = "the a cat dog bird sat ran flew on over under mat tree house big small red blue and".split()
OPSET = 20


def mlp(hidden=16):
    """Two layers with a ReLU between them."""
    import torch

    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(8, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 3)
    ).eval()


def without_traces(path):
    """Takes out of a file where on this machine its program stands, which torch notes for each node."""
    import onnx

    model = onnx.load(path)
    del model.metadata_props[:]
    for part in [model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input,
                 *model.graph.output, *model.graph.initializer]:
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.save(model, path)


def write_mlps(out):
    """By both of torch's exporters: only the new one says what hidden tensors are of."""
    import torch

    x = torch.ones(2, 8)
    names = {"input_names": ["x"], "output_names": ["y"], "opset_version": OPSET}
    batch = torch.export.Dim("batch")
    torch.onnx.export(mlp(), (x,), out / "mlp.onnx", dynamic_shapes=({0: batch},),
                      external_data=False, **names)
    without_traces(out / "mlp.onnx")
    torch.onnx.export(mlp(), (x,), out / "legacy.onnx", dynamo=False,
                      dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}}, **names)


def write_bert(out):
    """A BERT of two layers, in a folder as transformers.js takes it."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocab = {word: i for i, word in enumerate([*special, *WORDS])}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    folder = out / "tiny-bert"
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]", model_max_length=32,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocab), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=32, attn_implementation="eager",
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    with torch.no_grad():  # at their start all layers do next to nothing
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)
    config.save_pretrained(folder)

    class Plain(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bert = model

        def forward(self, input_ids, attention_mask, token_type_ids):
            hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask,
                               token_type_ids=token_type_ids)
            return hidden.last_hidden_state

    ids = torch.tensor([[2, 5, 7, 10, 3], [2, 6, 8, 11, 3]])
    axes = {0: "batch", 1: "tokens"}
    names = ["input_ids", "attention_mask", "token_type_ids"]
    (folder / "onnx").mkdir(exist_ok=True)
    torch.onnx.export(
        Plain(), (ids, torch.ones_like(ids), torch.zeros_like(ids)), folder / "onnx" / "model.onnx",
        dynamo=False, input_names=names, output_names=["last_hidden_state"], opset_version=17,
        dynamic_axes={name: axes for name in [*names, "last_hidden_state"]},
    )


def write_others(out):
    """What quantisers, converters and optimisers make of models."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from onnxruntime.quantization import quantize_dynamic
    from onnxruntime.transformers.float16 import convert_float_to_float16

    whole = onnx.load(out / "mlp.onnx")
    onnx.save(convert_float_to_float16(whole, keep_io_types=True), out / "half.onnx")
    quantize_dynamic(out / "mlp.onnx", out / "quantised.onnx")
    external = onnx.load(out / "mlp.onnx")
    onnx.save(external, out / "external.onnx", save_as_external_data=True, size_threshold=0,
              location="external.onnx_data", all_tensors_to_one_file=True)

    # As onnxruntime's optimiser leaves a transformer: the sum before a norm is an output without a name.
    rng = np.random.default_rng(0)
    array = lambda name, *shape: numpy_helper.from_array(  # noqa: E731
        rng.normal(size=shape).astype(np.float32), name)
    fused = "SkipLayerNormalization"
    nodes = [
        helper.make_node("MatMul", ["x", "w0"], ["h"], name="h"),
        helper.make_node(fused, ["x", "h", "gamma", "beta"], ["norm0"], domain="com.microsoft"),
        helper.make_node("MatMul", ["norm0", "w1"], ["g"], name="g"),
        helper.make_node(fused, ["norm0", "g", "gamma", "beta"], ["norm1", "", "", "sum1"],
                         domain="com.microsoft"),
        helper.make_node("Add", ["norm1", "sum1"], ["y"], name="y"),
    ]
    shape = ["batch", "tokens", 8]
    graph = helper.make_graph(
        nodes, "fused", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [array("w0", 8, 8), array("w1", 8, 8), array("gamma", 8), array("beta", 8)],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), out / "fused.onnx")


def write_sklearn(out):
    """A classifier of scikit-learn, whose last output is no tensor."""
    import numpy as np
    from skl2onnx import to_onnx
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 8)).astype(np.float32)
    model = MLPClassifier((12,), max_iter=30, random_state=0).fit(x, (x[:, 0] > 0).astype(int))
    (out / "sklearn.onnx").write_bytes(to_onnx(model, x[:1]).SerializeToString())


def inputs_of(session):
    """Some rows, or some tokens."""
    import numpy as np

    feeds = {}
    for each in session.get_inputs():
        if each.type == "tensor(int64)":
            tokens = [[2, 5, 7, 10, 3, 0], [2, 6, 8, 11, 23, 3]]
            mask = [[1, 1, 1, 1, 1, 0], [1] * 6]
            values = {"input_ids": tokens, "attention_mask": mask}.get(each.name, [[0] * 6] * 2)
            feeds[each.name] = np.array(values, dtype=np.int64)
        else:
            shape = [2, 3, 8] if len(each.shape) == 3 else [3, 8]
            feeds[each.name] = np.sin(np.arange(np.prod(shape), dtype=np.float32)).reshape(shape)
    return feeds


def number(value):
    """A number with as many digits as it has."""
    import numpy as np

    return float(f"{value:.9g}") if isinstance(value, np.floating) else int(value)


def written(array):
    """An array as JSON has it."""
    return {"dtype": str(array.dtype), "shape": list(array.shape), "values": [number(value) for value in array.ravel()]}


def expectations(out):
    """What Python's onnxruntime computes, hidden tensors included, for every file."""
    import onnx
    import onnxruntime

    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 3
    found = {}
    for file in sorted([*out.glob("*.onnx"), *out.glob("*/onnx/*.onnx")]):
        model = onnx.load(file)
        outputs = {value.name for value in model.graph.output}
        for node in model.graph.node:
            if node.op_type == "SkipLayerNormalization" and len(node.output) == 1:
                node.output.extend(["", "", f"{node.output[0]}:3"])
        hidden = [name for node in model.graph.node for name in node.output
                  if name and name not in outputs]
        model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in hidden)
        session = onnxruntime.InferenceSession(model.SerializeToString(), quiet)
        feeds = inputs_of(session)
        tensors = dict(zip([each.name for each in session.get_outputs()], session.run(None, feeds)))
        found[file.relative_to(out).as_posix()] = {
            "inputs": {name: written(value) for name, value in feeds.items()},
            "ops": {name: node.op_type for node in model.graph.node for name in node.output if name},
            "hidden": {name: written(tensors[name]) for name in hidden
                       if tensors[name].dtype.kind == "f"},
            "outputs": {name: written(tensors[name]) for name in outputs
                        if hasattr(tensors[name], "dtype")},
        }
    (out / "expected.json").write_text(json.dumps(found) + "\n")


def make(arguments):
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    write_mlps(out)
    write_bert(out)
    write_others(out)
    write_sklearn(out)
    expectations(out)


def check(arguments):
    import numpy as np
    import onnx
    import onnxruntime

    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 3
    folder = arguments.patched
    cases = json.loads((folder / "cases.json").read_text())
    worst = 0.0
    for case in cases:
        path = folder / case["file"]
        if not case.get("unchecked"):
            onnx.checker.check_model(str(path))
        session = onnxruntime.InferenceSession(str(path), quiet)
        feeds = {name: np.array(value["values"], value["dtype"]).reshape(value["shape"])
                 for name, value in case["inputs"].items()}
        names = list(case["outputs"])
        for name, got in zip(names, session.run(names, feeds)):
            expected = case["outputs"][name]
            values = np.array(expected["values"]).reshape(expected["shape"])
            if got.shape != values.shape:
                sys.exit(f'{case["file"]}: {name} is {got.shape}, not {values.shape}')
            worst = max(worst, float(np.max(np.abs(got - values), initial=0)))
    print(json.dumps({"files": len(cases), "worst": worst}))


if __name__ == "__main__":
    run(__doc__, {
        "make": ("write the files", make, {"--out": folder_option(help="where to")}),
        "check": ("run changed files", check,
                  {"--patched": folder_option(help="a folder with cases.json")}),
    })
