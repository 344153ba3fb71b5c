"""List pairs of submissions with much the same code.

``python -m classroom.grading.similarity DIR`` does it.
Code is compared by winnowing: Schleimer, Wilkerson and Aiken, "Winnowing: Local Algorithms for
Document Fingerprinting", SIGMOD 2003. Names, numbers and texts are folded, so that renaming hides
nothing, and comments and layout do not count. Whatever ``GRAM + WINDOW - 1`` tokens two files share
is found; nothing shorter than ``GRAM`` is. What the starter has in common with all is taken off.

A pair is a place for a person to look, never a verdict. Nothing is imported or executed.
"""

import argparse
import hashlib
import io
import itertools
import keyword
import os
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from classroom.repository import Refused

from .entries import entries
from .unpack import read

GRAM = 20  # tokens; about three lines
WINDOW = 12
THRESHOLD = 0.5
GIVEN = {"tests", "common"}  # folders that all have from the starter
IGNORED = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.DEDENT,
}

Place = tuple[str, int]
"""A file and a line in it."""


@dataclass(frozen=True)
class Pair:
    """Two submissions and how much of the smaller one is in the other, from 0 to 1."""

    first: str
    second: str
    share: float
    places: tuple[tuple[Place, Place], ...]
    """Where the same code begins, in the first and in the second."""


class Gram(NamedTuple):
    """The hash of so many tokens, and the line where they begin."""

    mark: int
    line: int


def fingerprints(files: Iterable[tuple[str, str]]) -> dict[int, Place]:
    """Return the fingerprints of (name, source) pairs and the first place of each."""
    found: dict[int, Place] = {}
    for name, source in files:
        grams = _grams(source)
        windows = max(1, len(grams) - WINDOW + 1)
        for start in range(windows):
            window = grams[start : start + WINDOW]
            if window:
                # Of equal ones the last: the next window then has the same smallest.
                smallest = min(reversed(window), key=lambda gram: gram.mark)
                found.setdefault(smallest.mark, (name, smallest.line))
    return found


def _grams(source: str) -> list[Gram]:
    tokens = list(_tokens(source))
    grams = []
    for start in range(len(tokens) - GRAM + 1):
        texts = [text for text, _ in tokens[start : start + GRAM]]
        _, line = tokens[start]
        grams.append(Gram(_hash(" ".join(texts)), line))
    return grams


def compare(
    submissions: dict[str, list[tuple[str, str]]],
    starter: Iterable[tuple[str, str]] = (),
    threshold: float = THRESHOLD,
) -> list[Pair]:
    """Return the pairs whose share is at least ``threshold``, the largest first."""
    common = fingerprints(starter)
    own = {}
    for name, files in submissions.items():
        found = fingerprints(files)
        own[name] = {mark: place for mark, place in found.items() if mark not in common}
    pairs = []
    for (first, ours), (second, theirs) in itertools.combinations(sorted(own.items()), 2):
        shared = ours.keys() & theirs.keys()
        smaller = min(len(ours), len(theirs))
        if not shared:
            continue
        share = len(shared) / smaller
        if share >= threshold:
            places = sorted((ours[mark], theirs[mark]) for mark in shared)
            pairs.append(Pair(first, second, share, tuple(places)))
    return sorted(pairs, key=lambda pair: (-pair.share, pair.first, pair.second))


def _tokens(source: str) -> Iterator[tuple[str, int]]:
    """Yield (folded token, line); source that is no Python ends where it stops being Python."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in IGNORED:
                continue
            text = token.string
            if token.type == tokenize.NAME and not keyword.iskeyword(text):
                text = "N"
            elif token.type == tokenize.NUMBER:
                text = "0"
            elif token.type == tokenize.STRING:
                text = "S"
            yield text, token.start[0]
    except (tokenize.TokenError, SyntaxError, ValueError):
        return


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode(), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


def python_files(source: Path) -> list[tuple[str, str]]:
    """Return name and text of a submission's Python files, without tests and the shared library.

    ``source`` is whatever intake reads. What it refuses has no files.
    """
    try:
        files = read(source).files
    except Refused:
        return []
    found = []
    for name, content in sorted(files.items()):
        path = PurePosixPath(name)
        if path.suffix == ".py" and GIVEN.isdisjoint(path.parts):
            found.append((name, content.decode("utf-8", errors="replace")))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m classroom.grading.similarity",
        description="List pairs of submissions with much the same code. A pair is a place to "
        "look, not a verdict.",
        epilog="Exit code: 0 whatever was found, 2 wrong usage.",
    )
    parser.add_argument(
        "submissions", metavar="SUBMISSIONS", type=Path, help="the folder that is graded"
    )
    parser.add_argument("--starter", type=Path, help="the folder that all began with")
    parser.add_argument("--threshold", type=float, default=THRESHOLD, help="0 to 1, default 0.5")
    options = parser.parse_args(arguments)
    if not options.submissions.is_dir():
        parser.error(f"{options.submissions} is no folder")
    submissions = {
        entry.student: python_files(entry.source) for entry in entries(options.submissions)
    }
    starter = python_files(options.starter) if options.starter else []
    pairs = compare(submissions, starter, options.threshold)
    for pair in pairs:
        print(f"{pair.share:4.0%}  {pair.first!r} and {pair.second!r}")
        for (file, line), (other, other_line) in pair.places[:5]:
            print(f"      {file}:{line} ~ {other}:{other_line}")
    total = len(submissions) * (len(submissions) - 1) // 2
    print(f"{len(pairs)} of {total} pairs share at least {options.threshold:.0%}.")
    return 0


if __name__ == "__main__":
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has read enough, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
