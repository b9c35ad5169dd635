#!/usr/bin/env python3
"""Writes the files that the tests of `.pt` files read: what torch.save writes, and what is in it.

    make_torch_files.py make --out DIR         writes DIR/files.json and DIR/refused.json
    make_torch_files.py check --against DIR    makes them afresh and compares

files.json is a list of {"name", "file", "tensors", "values"}: the file in base64 of zlib; each tensor by its
path with dtype, shape, values in C order (as text where JSON has no number for them) and its bytes in
base64; and everything else that is in the file, by path. refused.json is a list of {"name", "file"} of
what holds more than data, or data that is not read. It needs the peers' packages: see
peers/requirements.txt.
"""

import base64
import io
import json
import os
import pickle
import sys
import zipfile
import zlib
from collections import OrderedDict, defaultdict

from fixture_script import folder_option, run

NAME, REFUSED = "files.json", "refused.json"
DTYPES = ("float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64",
          "uint8", "uint16", "uint32", "uint64", "bool")


def objects():
    """What is saved, by name, each time anew; it makes no use of luck."""
    import torch

    def ramp(*shape, dtype=torch.float32):
        values = torch.arange(int(torch.Size(shape).numel()), dtype=torch.float64) * 0.375 - 1
        if not dtype.is_floating_point:
            values = values * 40 if dtype.is_signed else values.abs() * 40
        return values.to(dtype).reshape(shape)

    base = ramp(6, 4)
    shared = ramp(10)
    module = torch.nn.Sequential(OrderedDict(enc=torch.nn.Linear(3, 2), norm=torch.nn.BatchNorm1d(2)))
    with torch.no_grad():
        module.enc.weight.copy_(ramp(2, 3))
        module.enc.bias.copy_(ramp(2))
    optimizer = torch.optim.Adam([module.enc.bias], lr=0.5)
    module.enc.bias.grad = ramp(2)
    optimizer.step()
    return {
        "state_dict": module.state_dict(),
        "dtypes": {dtype: ramp(2, 3, dtype=getattr(torch, dtype)) for dtype in DTYPES},
        "special": {
            "float32": torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0, 1e-45, 3.4e38]),
            "float16": torch.tensor([float("nan"), float("inf"), 6e-8, 65504.0]).half(),
            "bfloat16": torch.tensor([float("nan"), -float("inf"), 1e-40, 3.3e38]).bfloat16(),
            "int64": torch.tensor([-(2**53), 2**24 + 1, -1]),
        },
        "views": {
            "transposed": base.T,
            "rows": base[2:5],
            "columns": base[:, 1:3],
            "every_second": base[::2, ::3],
            "permuted": ramp(2, 3, 4).permute(2, 0, 1),
            "permuted64": ramp(2, 3, 4, dtype=torch.float64).permute(1, 2, 0),
            "halves": ramp(5, 3).half().T,
            "bools": (base > 0).T,
            "expanded": ramp(3).expand(4, 3),
            "expanded_across": ramp(3, 1).expand(3, 5),
            "overlapping": shared.as_strided((4, 3), (2, 1)),
            "diagonal": base[:4].diagonal(),
            "one": base[3, 2],
        },
        "shared": {"head": shared[:4], "tail": shared[4:], "all": shared, "again": shared},
        "empty": {"none": torch.zeros(0), "no_rows": torch.zeros(0, 5), "no_columns": torch.zeros(5, 0),
                  "end": shared[10:], "scalar": torch.tensor(2.5), "axes": torch.zeros(1, 1, 2, 1, 1)},
        "parameters": {"w": torch.nn.Parameter(ramp(2, 2)),
                       "frozen": torch.nn.Parameter(ramp(3), requires_grad=False)},
        "nested": {"a": {"b": {"c": ramp(2)}, "d": [ramp(1), (ramp(2), {"e": ramp(3)})]},
                   0: ramp(1), "": ramp(2), "__proto__": {"x": ramp(1)}, "constructor": ramp(1)},
        "values": {"none": None, "yes": True, "no": False, "small": 7, "short": 700, "negative": -7,
                   "long": 2**40, "longer": 2**70, "least": -(2**70), "zero_long": -(2**31) - 1,
                   "float": 1.5, "infinite": float("inf"), "text": "ü\n\u2028\U0001f600", "empty": "",
                   "list": [1, [2.5, "x"], []], "tuple": (1, 2, 3, 4), "dict": {"k": {"deep": None}},
                   "size": torch.Size([2, 3]), "dtype": torch.bfloat16, "device": torch.device("cpu"),
                   "device_number": torch.device("cuda:1"), "activation": "TopK",
                   "ordered": OrderedDict(a=1, b=ramp(2))},
        "optimizer": optimizer.state_dict(),
        "tensor": ramp(2, 3),
        "list": [ramp(2), 3],
        "many": {f"layer.{i}": ramp(1) + i for i in range(20)},
    }


def dictionaries():
    """What dictionary_learning saves as ae.pt: the trained model's state_dict, on the CPU."""
    import torch
    from peers.dictionary_learning_peer import trainers

    for name, trainer_class in trainers().items():
        torch.manual_seed(0)
        given = {"lr": 1e-3, "warmup_steps": 0}
        if name not in ("topk", "batchtopk", "matryoshka_batchtopk"):
            given |= {"sparsity_warmup_steps": 0}
        else:
            given |= {"k": 2}
        if name == "matryoshka_batchtopk":
            given |= {"group_fractions": [0.25, 0.75]}
        trainer = trainer_class(
            steps=10, activation_dim=3, dict_size=8, layer=0, lm_name="none", device="cpu", seed=0, **given
        )
        yield f"dictionary_learning_{name}", {k: v.cpu() for k, v in trainer.ae.state_dict().items()}


def in_parts(value, path, depth=0):
    """Everything in an object, by path: keys and places, joined by dots."""
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, (list, tuple)):
        items = list(enumerate(value))
    else:
        yield path, value
        return
    for key, item in items:
        yield from in_parts(item, f"{path}.{key}" if depth > 0 else f"{key}", depth + 1)


def plain(value):
    """A number, text, boolean or None as JSON; what JSON has no number for as {"python": text}."""
    import torch

    if isinstance(value, (torch.dtype, torch.device)):
        return str(value)
    if isinstance(value, int) and abs(value) >= 2**53 or value in (float("inf"), -float("inf")):
        return {"python": str(value)}
    return value


def described(tensor):
    import torch

    values = tensor.detach().contiguous()
    raw = values.reshape(-1).view(torch.uint8) if values.numel() > 0 else torch.zeros(0, dtype=torch.uint8)
    # Rounded once, as numpy rounds them.
    floats = values.reshape(-1).to(torch.float64).tolist()
    return {
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "bytes": base64.b64encode(raw.numpy().tobytes()).decode(),
        "values": [str(value) if value != value or abs(value) == float("inf") else value for value in floats],
    }


def saved(value, **options):
    import torch

    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def repacked(file, change):
    """The same archive with other members: change takes and gives {name: bytes}."""
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    out = io.BytesIO()
    method, members = change(members)
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def swapped(members):
    """As a big-endian machine writes float32: with the words turned round."""
    turned = {
        name: b"".join(data[i : i + 4][::-1] for i in range(0, len(data), 4)) if "/data/" in name else data
        for name, data in members.items()
    }
    return zipfile.ZIP_STORED, turned | {"archive/byteorder": b"big"}


def as_by_1_6(members):
    """As torch 1.6 wrote it: without what later ones note."""
    kept = ("data.pkl", "version")
    return zipfile.ZIP_STORED, {
        name.replace("archive/", "ünter/"): data for name, data in members.items()
        if "/data/" in name or name.split("/")[1] in kept
    }


def files():
    """Every file: name, bytes, and the object that torch.load makes of it."""
    import torch

    held = objects()
    for name, value in held.items():
        yield name, saved(value), value
        if name == "dtypes":
            # These three torch writes in this form, and cannot read again.
            value = {key: part for key, part in value.items() if key not in ("uint16", "uint32", "uint64")}
        yield f"{name}, legacy", saved(value, _use_new_zipfile_serialization=False), value
    for protocol in (3, 4, 5):
        yield f"values, protocol {protocol}", saved(held["values"], pickle_protocol=protocol), held["values"]
    yield "views, protocol 4", saved(held["views"], pickle_protocol=4), held["views"]
    for name, value in dictionaries():
        yield name, saved(value), value
    views = {"w": torch.arange(12, dtype=torch.float32).reshape(3, 4).T, "k": 2}
    yield "big-endian", repacked(saved(views), swapped), views
    yield "deflated", repacked(saved(held["views"]), lambda members: (zipfile.ZIP_DEFLATED, members)), held["views"]
    yield "by torch 1.6", repacked(saved(held["state_dict"]), as_by_1_6), held["state_dict"]
    torch.serialization.set_crc32_options(False)
    try:
        yield "without checksums", saved(views), views
    finally:
        torch.serialization.set_crc32_options(True)


class Harmful:
    """What an attacker saves: reading it by pickle runs a command."""

    def __reduce__(self):
        return os.system, ("echo harm > harmed.txt",)


def refused():
    """What is not read, by name."""
    import numpy as np
    import torch

    with_attribute, ordered = torch.nn.Parameter(torch.zeros(1)), OrderedDict(a=torch.zeros(1))
    with_attribute.note = "kept by torch"
    ordered.note = "kept by pickle"
    one = torch.zeros(2)
    held = {
        "harmful": {"w": one, "x": Harmful()},
        "module": torch.nn.Linear(3, 2),
        "module in a dict": {"model": torch.nn.Linear(3, 2)},
        "function": {"activation": torch.nn.functional.relu},
        "numpy array": {"w": np.zeros(2)},
        "numpy number": {"loss": np.float64(1)},
        "sparse": {"w": torch.eye(2).to_sparse()},
        "quantized": {"w": torch.quantize_per_tensor(one, 0.1, 0, torch.qint8)},
        "complex": {"w": torch.zeros(2, dtype=torch.complex64)},
        "float8": {"w": one.to(torch.float8_e4m3fn)},
        "attribute": {"w": with_attribute},
        "attribute of a dict": ordered,
        "bytes": {"raw": b"x"},
        "set": {"ids": {1, 2}},
        "tuple as a key": {(1, 2): one},
        "expanded": {"w": torch.zeros(1).expand(5000, 5000)},
        "storage": {"w": one.untyped_storage()},
        "range": {"rows": range(3)},
        "defaultdict": defaultdict(list, a=[1]),
    }
    for name, value in held.items():
        yield name, saved(value)
    yield "harmful, legacy", saved(held["harmful"], _use_new_zipfile_serialization=False)
    yield "harmful, protocol 4", saved(held["harmful"], pickle_protocol=4)
    yield "a pickle", pickle.dumps({"w": [1, 2]}, 4)
    yield "a pickle of protocol 0", pickle.dumps({"w": [1, 2]}, 0)
    program = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(3, 2)), program)
    yield "program", program.getvalue()
    arrays = io.BytesIO()
    np.savez(arrays, w=np.zeros(2))
    yield "arrays", arrays.getvalue()


def refused_records():
    for name, file in refused():
        yield {"name": name, "file": packed(file)}


def packed(file):
    return base64.b64encode(zlib.compress(file, 9)).decode()


def records():
    import torch

    for name, file, value in files():
        # torch itself reads it, and finds the same; by its whole unpickler, as the other knows protocol 2 alone.
        loaded = torch.load(io.BytesIO(file), weights_only=False)
        parts, back = dict(in_parts(value, "")), dict(in_parts(loaded, ""))
        assert parts.keys() == back.keys(), name
        tensors = {path: part for path, part in parts.items() if isinstance(part, torch.Tensor)}
        for path, tensor in tensors.items():
            same = described(tensor) == described(back[path])
            assert same, (name, path)
        yield {
            "name": name,
            "file": packed(file),
            "tensors": {path: described(tensor) for path, tensor in tensors.items()},
            "values": {path: plain(part) for path, part in parts.items() if path not in tensors},
        }


def text(made):
    return "[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in made) + "\n]\n"


def run_make(arguments):
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, made in ((NAME, records()), (REFUSED, refused_records())):
        (arguments.out / name).write_text(text(made), encoding="utf-8")


def run_check(arguments):
    import torch

    for name, made in ((NAME, records()), (REFUSED, refused_records())):
        committed = json.loads((arguments.against / name).read_text(encoding="utf-8"))
        if contents(json.loads(text(made))) != contents(committed):
            sys.exit(f"--against: {name} is not what torch {torch.__version__} writes. Look, and write it: make")


def contents(made):
    """What is in the files; they themselves hold addresses and names that torch draws."""
    return [{key: one[key] for key in one if key != "file"} for one in made]


if __name__ == "__main__":
    run(__doc__, {
        "make": ("write the files with the installed torch", run_make, {"--out": folder_option()}),
        "check": ("make them afresh and compare with those in DIR", run_check,
                  {"--against": folder_option()}),
    })
