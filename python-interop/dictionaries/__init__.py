"""Dictionaries in the formats of the field: see make_dictionaries.py."""

from importlib import import_module

from .opened import open_all
from .recipe import RECIPES, write

# A module for each package, which only it imports.
MODULES = (
    "saelens_files", "sparsify_files", "llama_scope_files", "circuit_tracer_files", "csr_files",
    "gemma_files", "dictionary_learning_files", "torch_files", "llamascopium_files",
)


def take(module):
    """Imports a module, and says so where its package is not installed."""
    try:
        import_module(f".{module}", __name__)
    except ModuleNotFoundError as error:
        print(f"{module}: left out, for {error.name} is not installed")


def make_all(folder, formats=None, seed=None):
    """Makes every dictionary afresh, or those of some formats; with a seed, others than the fixtures are."""
    for module in MODULES:
        if formats is None or module.removesuffix("_files") in formats:
            take(module)
    for name, recipe in RECIPES.items():
        write(folder / name, name, recipe, seed)
