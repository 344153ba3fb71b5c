"""The files of an image: all in one folder of its own, under names that no user chose."""

import contextlib
import errno
import os
import shutil
from pathlib import Path

from flask import current_app


def original(image_id: str) -> Path:
    """Return where the uploaded bytes are kept."""
    return folder(image_id) / "original"


def rendered(image_id: str, key: str) -> Path:
    """Return where the thumbnail with this `sizes.render_key` is kept."""
    return folder(image_id) / f"{key}.webp"


def folder(image_id: str) -> Path:
    """Return where all files of an image are."""
    return Path(current_app.instance_path) / "images" / image_id[:2] / image_id


def write(path: Path, content: bytes) -> None:
    """Write a file that is seen whole or not at all, after a crash or a power cut too.

    Raises OSError, also when less than `MIN_FREE_MB` of the disk are free: a disk that is filled
    to the brim takes the database with it. For no space, `common.errors` answers 507.
    """
    part = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    least = current_app.config["MIN_FREE_MB"]
    if shutil.disk_usage(path.parent).free < least * 1_000_000:
        raise OSError(errno.ENOSPC, f"Less than {least} MB are free")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def remove(image_id: str) -> None:
    """Remove all files of an image, those that a crash left behind too."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder(image_id))
