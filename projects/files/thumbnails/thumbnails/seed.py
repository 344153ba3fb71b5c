"""Demo images that draw themselves."""

import math
from io import BytesIO

from PIL import ExifTags, ImageDraw, ImageOps
from PIL import Image as Picture
from sqlalchemy import func, select

from .intake import take_in
from .models import Image, db


def seed() -> int:
    """Take in three demo images, for the next worker to find; return how many are new."""
    count = select(func.count()).select_from(Image)
    before = db.session.scalars(count).one()
    rotated = Picture.Exif()
    rotated[ExifTags.Base.Orientation] = 6  # the camera was held upright
    _take_in(_hills(1500, 1000, "#f7c59f", "#2a4d8f"), "JPEG", quality=88)
    _take_in(_hills(800, 1200, "#ffe3b3", "#b5446e").rotate(90, expand=True), "JPEG", exif=rotated)
    _take_in(_rings(640), "PNG")
    db.session.commit()
    return db.session.scalars(count).one() - before


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
