"""Demo images that draw themselves, and made-up rows in any number."""

import math
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO
from itertools import chain
from typing import Any

from flask import current_app
from PIL import ExifTags, ImageDraw, ImageOps
from PIL import Image as Picture
from sqlalchemy import func, insert, select

from common import clock

from .intake import take_in
from .models import Image, Job, Thumbnail, db
from .sizes import Size, parse_all, plan, render_key

Row = dict[str, Any]
BATCH = 5_000
ONE_FAILED_IN = 50


def seed() -> int:
    """Take in three demo images, for the next worker to find; return how many are new."""
    count = select(func.count()).select_from(Image)
    before = db.session.scalars(count).one()
    rotated = Picture.Exif()
    rotated[ExifTags.Base.Orientation] = 6  # the camera was held upright
    _take_in(_hills(1500, 1000, "#f7c59f", "#2a4d8f"), "JPEG", quality=88)
    _take_in(_hills(800, 1200, "#ffe3b3", "#b5446e").rotate(90, expand=True), "JPEG", exif=rotated)
    _take_in(_rings(640), "PNG")
    return db.session.scalars(count).one() - before


def fill(rows: int) -> None:
    """Add ``rows`` images, one for each second back from now, and their jobs; 2 % have failed.

    They have rows alone, no files.
    """
    now, sizes = clock.now(), parse_all(current_app.config["THUMBNAIL_SIZES"])
    for start in range(0, rows, BATCH):
        numbers = range(start, min(start + BATCH, rows))
        made = [_made_up(now, number, sizes) for number in numbers]
        images, jobs, thumbnails = zip(*made, strict=True)
        for model, new in ((Image, images), (Job, jobs), (Thumbnail, chain(*thumbnails))):
            db.session.execute(insert(model.__table__), list(new))  # plain SQL: 3 times as fast
        db.session.commit()


def _made_up(now: datetime, number: int, sizes: Sequence[Size]) -> tuple[Row, Row, list[Row]]:
    """Return the rows of an image, its job and its thumbnails."""
    image_id, at = secrets.token_hex(32), now - timedelta(seconds=number)
    width, height = 600 + number * 7919 % 5400, 400 + number * 104_729 % 3600
    pixels = {"width": width, "height": height, "bytes": width * height // 8}
    image = {"id": image_id, "format": "JPEG", **pixels}
    failed = number % ONE_FAILED_IN == 0
    outcome = {"status": "failed", "error": "Made up."} if failed else {"status": "done"}
    times = {"due_at": at, "created_at": at, "updated_at": at}
    job = {"id": secrets.token_hex(16), "image_id": image_id, "attempts": 1, "error": None}
    thumbnails: list[Row] = []
    for position, size in enumerate(sizes):
        planned = plan(width, height, size)
        file = {"width": planned.width, "height": planned.height, "rendered_at": at}
        name = {"image_id": image_id, "name": size.name, "position": position}
        key = {"spec": str(size), "key": render_key(image_id, size)}
        thumbnails.append({**name, **key, **(dict.fromkeys(file) if failed else file)})
    return image, {**job, **outcome, **times}, thumbnails


def _take_in(picture: Picture.Image, kind: str, **options: object) -> None:
    stream = BytesIO()
    picture.save(stream, kind, **options)
    take_in(stream.getvalue())


def _hills(width: int, height: int, horizon: str, night: str) -> Picture.Image:
    """Draw a low sun behind four ranges of hills."""
    sky = Picture.linear_gradient("L").resize((width, height)).point(lambda shade: shade * 1.8)
    picture = ImageOps.colorize(sky, night, horizon)
    draw = ImageDraw.Draw(picture)
    lift = height * 0.05
    draw.circle((width * 0.68, height * 0.5), min(width, height) * 0.11, "#fff4d6")
    for layer in range(4):
        shade = ImageOps.colorize(Picture.new("L", (1, 1), 60 * layer + 40), horizon, "#10182b")
        top, wave = height * (0.55 + layer * 0.11), width / (5 + 2 * layer)
        ridge = [
            (x, top - lift * (math.sin(x / wave + 2 * layer) + math.sin(2.3 * x / wave) / 3))
            for x in range(0, width + 5, 5)
        ]
        draw.polygon([(0, height), *ridge, (width, height)], shade.getpixel((0, 0)))
    return picture


def _rings(side: int) -> Picture.Image:
    """Draw bright rings on nothing."""
    picture = Picture.new("RGBA", (side, side))
    draw, middle = ImageDraw.Draw(picture), (side / 2, side / 2)
    for number, colour in enumerate(("#ef6f6c", "#f2a541", "#56a3a6", "#465775")):
        draw.circle(middle, side * (0.47 - 0.1 * number), outline=colour, width=side // 14)
    return picture
