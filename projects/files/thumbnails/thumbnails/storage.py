"""The files of an image: all in one folder of its own, under names that no user chose.

A file appears whole or not at all: it is written under a temporary name and renamed.
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from flask import current_app


class DiskFull(OSError):
    """Too little space is left; it may be there again later."""


def original(image_id: str) -> Path:
    """Return where the uploaded bytes are kept."""
    return _folder(image_id) / "original"


def rendered(image_id: str, key: str) -> Path:
    """Return where the thumbnail with this `sizes.render_key` is kept."""
    return _folder(image_id) / f"{key}.webp"


def write(path: Path, content: bytes) -> None:
    """Write a file that is seen whole or not at all, also after a crash or a power cut.

    Raises `DiskFull` when less than `MIN_FREE_MB` would be left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    least = current_app.config["MIN_FREE_MB"]
    if shutil.disk_usage(path.parent).free < least * 1_000_000:
        raise DiskFull(f"Less than {least} MB of disk space are free.")
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as temporary:
        try:
            temporary.write(content)
            temporary.flush()
            os.fsync(temporary.fileno())
            Path(temporary.name).replace(path)
        except BaseException:
            Path(temporary.name).unlink(missing_ok=True)
            raise


def remove(image_id: str) -> None:
    """Remove all files of an image, those that a crash left behind too."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(_folder(image_id))


def _folder(image_id: str) -> Path:
    return Path(current_app.instance_path) / "images" / image_id[:2] / image_id
