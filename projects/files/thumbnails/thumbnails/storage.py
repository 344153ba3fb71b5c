"""The files of an image: all in one folder of its own, under names that no user chose."""

import contextlib
import errno
import os
import shutil
from pathlib import Path

from flask import current_app


class NotStored(OSError):
    """A file cannot be written, for lack of space as a rule. It may go well later."""


def original(image_id: str) -> Path:
    """Return where the uploaded bytes are kept."""
    return _folder(image_id) / "original"


def rendered(image_id: str, key: str) -> Path:
    """Return where the thumbnail with this `sizes.render_key` is kept."""
    return _folder(image_id) / f"{key}.webp"


def write(path: Path, content: bytes) -> None:
    """Write a file that is seen whole or not at all, after a crash or a power cut too.

    Raises `NotStored`, also when less than `MIN_FREE_MB` of the disk are free: a disk that is
    filled to the brim takes the database with it.
    """
    part = path.with_suffix(".part")
    least = current_app.config["MIN_FREE_MB"]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(path.parent).free < least * 1_000_000:
            raise OSError(errno.ENOSPC, f"less than {least} MB are free")
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise NotStored(f"The file could not be written: {error.strerror}.") from error


def remove(image_id: str) -> None:
    """Remove all files of an image, those that a crash left behind too."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(_folder(image_id))


def _folder(image_id: str) -> Path:
    return Path(current_app.instance_path) / "images" / image_id[:2] / image_id
