"""Draws a fixture's figures with gated-sae-tf, and reads off what matplotlib has drawn."""

import base64
from importlib.metadata import version
from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from gated_sae import viz
from matplotlib.colors import to_hex

from fixture_maker.arrays import decode_array, write_json


def write(folder, case):
    """Writes a case with its figures."""
    figures = [drawn(case, figure) for figure in case["figures"]]
    made_by = {name: version(name) for name in ("gated-sae-tf", "matplotlib", "numpy")}
    record = case | {"made_by": made_by, "colour_maps": colour_maps(), "figures": figures}
    write_json(folder / f"{case['case']}.json", record)


def agrees(case):
    """Whether the figures of a committed case come out the same today; prints one line."""
    differing = [
        f"{figure['function']}({figure['arguments']})"
        for figure in case["figures"]
        if drawn(case, figure) != figure
    ]
    if case["colour_maps"] != colour_maps():
        differing.append("the colour maps")
    print(f"{case['case']}: {'DIFFERS in ' + ', '.join(differing) if differing else 'ok'}")
    return not differing


def colour_maps():
    """Red, green and blue of all 256 levels of the two maps, as base64."""
    levels = np.arange(256)
    return {name: encode(matplotlib.colormaps[name](levels, bytes=True)[:, :3])
            for name in ("RdBu_r", "gray")}


def encode(colours):
    """Bytes as base64."""
    return base64.b64encode(colours.tobytes()).decode("ascii")


def drawn(case, figure):
    """One figure's description, as make_gallery_fixtures.py tells."""
    function, arguments, stride = (figure[key] for key in ("function", "arguments", "stride"))
    drawing = call(case, function, arguments)
    try:
        drawing.canvas.draw()
        canvas = np.asarray(drawing.canvas.buffer_rgba())
        axes = drawing.axes
        return {
            "function": function,
            "arguments": arguments,
            "stride": stride,
            "title": words(drawing._suptitle),
            "ground": to_hex(drawing.get_facecolor()),
            "columns": axes[0].get_subplotspec().get_gridspec().ncols,
            "axes": [describe(ax, canvas, stride) for ax in axes],
        }
    finally:
        plt.close(drawing)


def call(case, function, arguments):
    """The figure that gated-sae-tf makes; of a model it wants nothing but W_dec."""
    model = SimpleNamespace(W_dec=decode_array(case["W_dec"]))
    codes = decode_array(case["codes"])
    shape = tuple(case["image_shape"])
    if function == "plot_decoder_gallery":
        return viz.plot_decoder_gallery(model, codes, img_shape=shape, **arguments)
    raw = np.frombuffer(base64.b64decode(case["images"]), np.uint8)
    images = raw.reshape(len(codes), -1).astype(np.float32) / np.float32(255)
    return viz.plot_feature_gallery(
        model, codes, images, case["labels"], case["class_names"], img_shape=shape, **arguments
    )


def describe(ax, canvas, stride):
    """One axes: its title, its texts, and the colours of its image."""
    title = words(ax.title)
    return {
        "title": title if title["text"] else None,
        "texts": [words(text) | {"weight": text.get_fontweight()} for text in ax.texts],
        "image": image_colours(ax, canvas, stride) if ax.images else None,
    }


def words(text):
    """A text and its colour."""
    return {"text": text.get_text(), "color": to_hex(text.get_color())}


def image_colours(ax, canvas, stride):
    """Red, green and blue in the middle of each stride-th pixel, on the canvas."""
    (image,) = ax.images
    height, width = image.get_array().shape
    places = np.arange(0, height * width, stride)
    rows, columns = np.divmod(places, width)
    x, y = ax.transData.transform(np.stack([columns, rows], axis=1)).T
    colours = canvas[len(canvas) - 1 - y.astype(int), x.astype(int), :3]
    # Nothing lies over the image, and nothing was smoothed.
    expected = image.to_rgba(image.get_array(), bytes=True).reshape(-1, 4)[places, :3]
    if not np.array_equal(colours, expected):
        raise SystemExit("A drawn pixel has another colour than its value has in the colour map.")
    return encode(colours)
