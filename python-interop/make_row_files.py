"""Files of rows as Python's libraries write them, for test/io/arrays and test/node.

    python make_row_files.py OUT numpy        # needs numpy
    python make_row_files.py OUT images       # needs numpy and pillow
    python make_row_files.py OUT safetensors  # needs torch and safetensors
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np

ROWS, WIDTH = 5, 3


def rows() -> np.ndarray:
    """Numbers that every float of 16 bits has."""
    return ((np.arange(ROWS * WIDTH) - 7) / 4).reshape(ROWS, WIDTH).astype("float32")


def write_numpy(out: Path) -> None:
    x = rows()
    labels = np.arange(ROWS)
    np.savez(out / "stored.npz", rows=x, labels=labels)
    np.savez_compressed(out / "compressed.npz", rows=x, labels=labels)
    np.savez(out / "several.npz", b=x[3:], a=x[:3], words=np.array(["x", "y"], dtype=object))
    np.savetxt(out / "savetxt.txt", x, header="first second third")
    np.savetxt(out / "plain.csv", x, delimiter=",", fmt="%.2f")
    with open(out / "quoted.csv", "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, delimiter=";")
        writer.writerow(["a;b", 'two\nlines and a "quote"', "é"])
        writer.writerows(x.tolist())


def write_images(out: Path) -> None:
    from PIL import Image

    y, x = np.mgrid[0:6, 0:8]
    grey = ((y * 40 + x * 5) % 256).astype("uint8")
    colours = np.stack([grey, 255 - grey, (x * 30).astype("uint8")], axis=-1)
    alpha = np.where(x < 4, 255, 51).astype("uint8")
    images = {
        "grey.png": Image.fromarray(grey),
        "colours.png": Image.fromarray(colours),
        "palette.png": Image.fromarray(colours).quantize(16),
        "bits.png": Image.fromarray(grey > 100),
        "alpha.png": Image.fromarray(np.dstack([colours, alpha])),
        "deep.png": Image.fromarray(grey.astype("uint16") * 257),
    }
    expected = {}
    for name, image in images.items():
        image.save(out / name)
        expected[name] = np.asarray(Image.open(out / name).convert("L" if "A" not in image.mode and image.mode in ("L", "1") else "RGBA")).tolist()
    expected["deep.png"] = grey.tolist()
    for name, image in {"grey.jpg": grey, "colours.jpg": colours}.items():
        Image.fromarray(image).save(out / name, quality=95, subsampling=0)
        expected[name] = np.asarray(Image.open(out / name)).tolist()
    (out / "images.json").write_text(json.dumps(expected))


def write_safetensors(out: Path) -> None:
    import torch
    from safetensors.torch import save_file

    x = torch.from_numpy(rows())
    kinds = [torch.float32, torch.float16, torch.bfloat16, torch.float64]
    save_file({str(kind).removeprefix("torch."): x.to(kind) for kind in kinds}, out / "kinds.safetensors")
    bytes_ = torch.arange(24, dtype=torch.uint8).reshape(2, 4, 3)
    save_file({"acts": bytes_, "step": torch.tensor([3])}, out / "bytes.safetensors")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    {"numpy": write_numpy, "images": write_images, "safetensors": write_safetensors}[sys.argv[2]](folder)
