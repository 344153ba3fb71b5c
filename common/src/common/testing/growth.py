"""Made-up rows in any number: what a project's ``tests/growth.py`` needs, and unit tests of it.

``growth.py`` defines ``rows(number)``, which adds that many rows in the current application
context and commits; the rows are always the same. It ends with::

    if __name__ == "__main__":
        growth.main(rows)
"""

import argparse
import os
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

MOST = 10_000_000

Rows = Callable[[int], None]


def main(rows: Rows, arguments: Sequence[str] | None = None) -> None:
    """Fill the database of the project: ``python tests/growth.py 100000``."""
    parser = argparse.ArgumentParser(description="Fill the database with made-up rows.")
    parser.add_argument("number", type=_number, help="how many rows to add")
    number = parser.parse_args(arguments).number
    os.environ["FLASK_RUN_FROM_CLI"] = "true"  # as the flask command: this is development
    with import_module("wsgi").app.app_context():
        rows(number)
    print(f"Added {number} made-up rows.")


def _number(text: str) -> int:
    number = int(text)  # a ValueError is told by argparse
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"must be from 1 to {MOST}")
    return number


@cache
def rows_of(project: Path) -> Rows:
    """Return ``rows`` of the project in this folder, whose package can be imported already."""
    file = project / "tests/growth.py"
    spec = spec_from_file_location(f"growth_of_{project.name}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    rows: Rows = module.rows
    return rows
