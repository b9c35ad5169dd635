"""What the scripts that make fixtures have in common."""

import argparse
import sys
from importlib import import_module
from pathlib import Path


def run(description, commands):
    """Parses a command and its options, and carries it out.

    `commands` has for each its name, what it does, its function, and its options: names with the
    keywords of add_argument.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    subparsers = parser.add_subparsers(required=True, metavar=" | ".join(commands))
    for name, (summary, function, options) in commands.items():
        command = subparsers.add_parser(name, help=summary)
        for option, keywords in options.items():
            command.add_argument(option, **keywords)
        command.set_defaults(run=function)
    arguments = parser.parse_args()
    arguments.run(arguments)


def folder_option(**keywords):
    """The keywords of an option that takes a folder and has to be given."""
    return {"type": Path, "required": True, "metavar": "DIR", **keywords}


def import_part(package, name, install="pip install -r requirements.txt"):
    """A module of a package, late: --help and wrong options need none of what it imports."""
    try:
        return import_module(f"{package}.{name}")
    except ModuleNotFoundError as error:
        sys.exit(f"{error}. Install what is needed, in {Path(__file__).parent}: {install}")
