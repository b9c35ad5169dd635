#!/usr/bin/env python3
"""Writes what an old torch saves, for the tests of the reader of `.pt` files.

    make_old_torch_files.py DIR    writes DIR/torch-VERSION.json with the torch that is installed

The file is {"torch", "forms", "tensors"}: for each form (`zip`, `legacy`) what torch.save wrote, in
base64 of zlib; and by name the values of every tensor in it. Releases from before 2 run in Python 3.8
at most; the files that are there were written in one, by

    pip install numpy typing_extensions future; pip install --no-deps torch==1.6.0
"""

import base64
import io
import json
import sys
import zlib
from collections import OrderedDict
from pathlib import Path

import torch

FORMS = {"zip": True, "legacy": False}


def saved_object():
    module = torch.nn.Sequential(OrderedDict(enc=torch.nn.Linear(3, 2)))
    w = torch.arange(12.0).reshape(3, 4)
    with torch.no_grad():
        module.enc.weight.copy_(w.reshape(-1)[:6].reshape(2, 3))
        module.enc.bias.copy_(w[0, :2])
    return {
        "state_dict": module.state_dict(), "transposed": w.t(), "rows": w[1:], "half": w.half(),
        "bfloat16": w.bfloat16(), "parameter": torch.nn.Parameter(w.clone()), "k": 5, "none": None,
        "activation": "TopK", "counts": torch.arange(3), "open": w > 3, "scalar": torch.tensor(2.5),
        "shape": w.shape, "dtype": torch.float16,
    }


def tensors_in(value, path=""):
    if isinstance(value, torch.Tensor):
        yield path, value.detach().float().contiguous().view(-1).tolist()
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from tensors_in(item, "{}.{}".format(path, key) if path else key)


def saved(value, as_zip):
    file = io.BytesIO()
    torch.save(value, file, _use_new_zipfile_serialization=as_zip)
    return base64.b64encode(zlib.compress(file.getvalue(), 9)).decode()


def main(folder):
    version = torch.__version__.split("+")[0]
    value = saved_object()
    record = {
        "torch": version,
        "forms": {form: saved(value, as_zip) for form, as_zip in FORMS.items()},
        "tensors": dict(tensors_in(value)),
    }
    (folder / "torch-{}.json".format(version)).write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
