#!/usr/bin/env python3
"""Runs every cell of a notebook, in a folder, and writes it down with its outputs.

    execute.py NOTEBOOK.ipynb --out EXECUTED.ipynb --folder DIR

The notebook names its kernel; JUPYTER_PATH says where that is. Exit status 1 with the first cell
that fails. Times and the kernel's own remarks are left out of the file, so that two runs give the
same one.
"""

import argparse
import sys
import time
from pathlib import Path

import nbclient
import nbformat

CELL_SECONDS = 600


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb")
    parser.add_argument("--out", type=Path, required=True, metavar="EXECUTED.ipynb")
    parser.add_argument("--folder", type=Path, required=True, metavar="DIR")
    args = parser.parse_args()

    notebook = nbformat.read(args.notebook, as_version=4)
    metadata = notebook.metadata.copy()
    client = nbclient.NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        startup_timeout=CELL_SECONDS,
        kernel_name=notebook.metadata.kernelspec.name,
        resources={"metadata": {"path": str(args.folder)}},
        record_timing=False,
        coalesce_streams=True,
    )
    failure = run(client, notebook)
    notebook.metadata = metadata
    nbformat.write(notebook, args.out)
    if failure is not None:
        print(failure, file=sys.stderr)
    return failure is not None


def run(client, notebook):
    """Runs the cells one after another; returns what the first that fails said, or None."""
    start = time.monotonic()
    with client.setup_kernel():
        print(f"  kernel {time.monotonic() - start:6.1f} s", flush=True)
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            start = time.monotonic()
            try:
                client.execute_cell(cell, index)
            except nbclient.exceptions.CellExecutionError as error:
                return str(error)
            print(f"  cell {index:2d} {time.monotonic() - start:7.1f} s", flush=True)
    return None


if __name__ == "__main__":
    sys.exit(main())
