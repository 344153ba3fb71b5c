"""Keep the catalogue in the root README.md: ``python -m classroom.catalogue [--check]``.

The tables stand between two markers and are made from the projects' ``idea.toml``
and from ``planned.toml``; all other text of the README is left as it is.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .ideas import ROOT, Idea, IdeaError, floors, prerequisite_problems
from .render import render, replace_file

BEGIN = "<!-- catalogue: made by `nox -s catalogue`, do not edit -->"
END = "<!-- end of catalogue -->"


class CatalogueError(Exception):
    """The README cannot take the catalogue."""


def tables(root: Path = ROOT) -> str:
    """Return the catalogue as Markdown. Raises IdeaError where a prerequisite is not built."""
    all_floors = floors(root)
    built = []
    total = 0
    for floor in all_floors:
        total += len(floor.entries)
        built += [entry for entry in floor.entries if isinstance(entry, Idea)]
    problems = list(prerequisite_problems(built, root))
    if problems:
        raise IdeaError("\n".join(problems))
    return render(
        "catalogue.md",
        floors=all_floors,
        built=len(built),
        total=total,
        folder=lambda idea: idea.folder.relative_to(root).as_posix(),
        is_built=lambda entry: isinstance(entry, Idea),
    )


def updated(readme: str, root: Path = ROOT) -> str:
    """Return the README's text with a fresh catalogue between its markers."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise CatalogueError(f"README.md needs these two lines, in this order:\n{BEGIN}\n{END}")
    return f"{before}{BEGIN}\n\n{tables(root).strip()}\n\n{END}{after}"


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m classroom.catalogue",
        description="Write the catalogue of ideas into the README.md at the root.",
        epilog="Exit code: 0 done or fresh, 1 stale (with --check) or a faulty file.",
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail when the catalogue is stale"
    )
    options = parser.parse_args(arguments)
    file = root / "README.md"
    try:
        old = file.read_text("utf-8")
        new = updated(old, root)
        if new == old:
            print("The catalogue is fresh.")
        elif options.check:
            print("The catalogue in README.md is stale. Run: nox -s catalogue", file=sys.stderr)
            return 1
        else:
            replace_file(file, new)
            print("The catalogue in README.md is written.")
    except (OSError, CatalogueError, IdeaError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
