"""Made-up images and jobs in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database. The images have rows alone, no files.
"""

import hashlib
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import insert

from common import clock
from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from thumbnails.models import Image, Job, Thumbnail, db
from thumbnails.sizes import Size, parse_all, plan, render_key

LISTS = ["/jobs?page=50", "/jobs?status=failed"]
READS_EVERYTHING: dict[str, str] = {}

BATCH = 5_000
ONE_FAILED_IN = 50


def rows(number: int) -> None:
    """Add ``number`` images, one for each second back from now, and their jobs; 2 % have failed."""
    now = clock.now()
    sizes = parse_all(current_app.config["THUMBNAIL_SIZES"])
    for start in range(0, number, BATCH):
        images = []
        jobs = []
        thumbnails = []
        for place in range(start, min(start + BATCH, number)):
            image = image_row(place)
            made_at = now - timedelta(seconds=place)
            has_failed = place % ONE_FAILED_IN == 0
            images.append(image)
            jobs.append(job_row(image, made_at, has_failed))
            thumbnails += thumbnail_rows(image, sizes, None if has_failed else made_at)
        db.session.execute(insert(Image.__table__), images)  # plain SQL: three times as fast
        db.session.execute(insert(Job.__table__), jobs)
        db.session.execute(insert(Thumbnail.__table__), thumbnails)
        db.session.commit()


def image_row(place: int) -> dict[str, object]:
    """Return the columns of an image."""
    width = 600 + place * 7919 % 5400
    height = 400 + place * 104_729 % 3600
    return {
        "id": hashlib.sha256(f"made up {place}".encode()).hexdigest(),
        "format": "JPEG",
        "width": width,
        "height": height,
        "bytes": width * height // 8,
    }


def job_row(image: dict[str, object], made_at: datetime, has_failed: bool) -> dict[str, object]:
    """Return the columns of an image's job."""
    return {
        "id": str(image["id"])[:32],
        "image_id": image["id"],
        "attempts": 1,
        "status": "failed" if has_failed else "done",
        "error": "Made up." if has_failed else None,
        "due_at": made_at,
        "created_at": made_at,
    }


def thumbnail_rows(
    image: dict[str, object], sizes: Sequence[Size], rendered_at: datetime | None
) -> list[dict[str, object]]:
    """Return the columns of an image's thumbnails."""
    made = []
    for position, size in enumerate(sizes):
        planned = plan(image["width"], image["height"], size)
        made.append(
            {
                "image_id": image["id"],
                "name": size.name,
                "position": position,
                "spec": str(size),
                "key": render_key(image["id"], size),
                "width": planned.width,
                "height": planned.height,
                "rendered_at": rendered_at,
            }
        )
    return made


if __name__ == "__main__":
    growth.main(rows)
