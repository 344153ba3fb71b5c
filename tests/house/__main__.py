"""What is measured and made by the house: ``python -m tests.house size`` or ``… generate``."""

import argparse
import sys

from . import generated, size
from .room import rooms


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.house", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("size", help="print how large each project is, in tokens")
    generate = commands.add_parser("generate", help="write what is generated in each project")
    generate.add_argument(
        "--check", action="store_true", help="change nothing; fail when something is stale"
    )
    options = parser.parse_args()
    if options.command == "size":
        print(*size.table(), sep="\n")
        return 0
    sys.path[:0] = [str(room.folder) for room in rooms()]  # their settings are imported
    return generated.refresh(is_check=options.check)


if __name__ == "__main__":
    sys.exit(main())
