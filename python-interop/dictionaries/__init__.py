"""Dictionaries in the formats of the field: see make_dictionaries.py."""

from .opened import open_all
from .recipe import RECIPES, write
from . import saelens_files  # noqa: F401


def make_all(folder):
    """Makes every dictionary afresh."""
    for name, recipe in RECIPES.items():
        write(folder / name, name, recipe)
