"""The sizes an image comes in: how they are written down, and what they make of a picture."""

import hashlib
import re
from dataclasses import dataclass

VERSION = 1
"""Part of every key. Raise it when `render` makes other pixels, so that old files are not kept."""

WRITTEN = re.compile(r"([a-z][a-z0-9_-]{0,31})=([1-9]\d{0,3})x([1-9]\d{0,3})(?::(fit|crop))?")


@dataclass(frozen=True)
class Size:
    """A named box in pixels. `fit` keeps the whole picture inside it, `crop` fills it."""

    name: str
    width: int
    height: int
    mode: str = "fit"  # or "crop"

    def __str__(self) -> str:
        return f"{self.name}={self.width}x{self.height}:{self.mode}"


@dataclass(frozen=True)
class Plan:
    """Which part of a picture to keep (left, top, right, bottom), and its size afterwards."""

    box: tuple[float, float, float, float]
    width: int
    height: int


def parse(text: str) -> Size:
    """Read one size, as ``small=160x160`` or ``square=200x200:crop``. Raises ValueError."""
    text = text.strip()
    found = WRITTEN.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not written as name=WIDTHxHEIGHT[:crop]")
    name, width, height, mode = found.groups("fit")
    return Size(name, int(width), int(height), mode)


def parse_all(text: str) -> tuple[Size, ...]:
    """Read sizes that are separated by commas. Raises ValueError, also for a name used twice."""
    sizes = tuple(parse(part) for part in text.split(","))
    names = {size.name for size in sizes}
    if len(names) < len(sizes):
        raise ValueError("a name is there twice")
    return sizes


def render_key(content_hash: str, size: Size) -> str:
    """Return the idempotency key of one rendering: 64 hexadecimal digits.

    The same content, size and `VERSION` give the same key, on every machine and in every year;
    any difference, also from fit to crop, gives another. It names the file and is the ETag, and
    its unique column is why no two renderings are ever kept of the same thing.

    ``content_hash`` is the SHA-256 of the uploaded bytes, in hexadecimal.
    """
    return hashlib.sha256(f"{content_hash} {size} v{VERSION}".encode()).hexdigest()


def plan(width: int, height: int, size: Size) -> Plan:
    """Decide what becomes of a picture of ``width`` x ``height`` pixels in the box ``size``.

    - `fit`: the whole picture, scaled down until both sides are within the box.
    - `crop`: the largest centred part that has the box's shape, scaled down to the box.
    - Nothing is enlarged: a picture smaller than the box keeps its scale (a crop of it still
      takes the box's shape). No side is ever less than one pixel.
    """
    if size.mode == "fit":
        part_width = float(width)
        part_height = float(height)
        scale = min(1, size.width / width, size.height / height)
    else:
        room = min(width / size.width, height / size.height)  # how often the box fits in
        part_width = min(width, max(1, size.width * room))
        part_height = min(height, max(1, size.height * room))
        scale = min(1, 1 / room)
    left = (width - part_width) / 2
    top = (height - part_height) / 2
    return Plan(
        box=(left, top, width - left, height - top),
        width=max(1, round(part_width * scale)),
        height=max(1, round(part_height * scale)),
    )
