"""What the two converters' command lines have in common."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from .errors import Misused, Refused


def run(description, source, target, module):
    """Parses `SOURCE TARGET`, converts, and exits with 2 for wrong usage and 1 for a refusal."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, metavar=source)
    parser.add_argument("target", type=Path, metavar=target)
    parser.add_argument("--no-optimizer", action="store_true",
                        help="leave out how the model is trained, and the optimizer's state")
    arguments = parser.parse_args()
    if module == "to_keras" and arguments.target.suffix != ".keras":
        parser.error(f"{target}: expected a name that ends in .keras; received {arguments.target}")
    if module == "to_tfjs" and arguments.target.is_file():
        parser.error(f"{target}: expected a folder; {arguments.target} is a file")
    try:
        convert = import_module(f"{__package__}.{module}").convert
        convert(arguments.source, arguments.target, not arguments.no_optimizer)
    except Misused as error:
        parser.error(str(error))
    except Refused as error:
        sys.exit(f"{arguments.source}: {str(error).removeprefix(f'{arguments.source}: ')}")
    except ModuleNotFoundError as error:
        here = Path(__file__).resolve().parents[1] / "requirements.txt"
        sys.exit(f"{error}. Install what is needed: pip install -r {here}")
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}.")
