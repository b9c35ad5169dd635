"""Compares committed fixtures with freshly made ones."""

from types import SimpleNamespace

from .arrays import decode_array
from .differences import compare_folders as compare_all
from .small import report_sharpness


def compare_folders(committed, fresh):
    """Prints one line per case; returns whether all of them agree."""
    return compare_all(committed, fresh, prepare=measure_sharpness)


def measure_sharpness(committed, fresh):
    """Has Python's function say today how sharp the weights in the committed record are.

    The fourth power magnifies what fifty steps on another processor round differently, so the
    function is not asked about weights of today; these are compared themselves.
    """
    if "decoder_sharpness" not in committed:
        return
    last = max(committed["weights_after"], key=int)
    w_dec = decode_array(committed["weights_after"][last]["W_dec"])
    fresh["decoder_sharpness"] = report_sharpness(SimpleNamespace(W_dec=w_dec))
