"""From an upload to rows: which image it is, and which thumbnails it is to have."""

import hashlib

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from . import render, states, storage
from .models import Image, Job, Thumbnail, db
from .sizes import Size, parse_all, render_key


def take_in(content: bytes) -> Image:
    """Store an upload, or find it again: the same content is the same image with the same job.

    An image that is there already gets what has been added to `THUMBNAIL_SIZES` since.
    Commits. Raises `render.BadImage` and `storage.DiskFull`.
    """
    header = render.identify(content)
    image_id = hashlib.sha256(content).hexdigest()
    if db.session.get(Image, image_id) is None:
        db.session.add(Image(id=image_id, bytes=len(content), job=Job(), **vars(header)))
        try:
            db.session.flush()  # from here on, others with the same content wait for our commit
            storage.write(storage.original(image_id), content)
        except IntegrityError:  # the same content came twice at once, and the other was first
            db.session.rollback()
    _want(image_id, parse_all(current_app.config["THUMBNAIL_SIZES"]))
    db.session.commit()
    return db.session.get_one(Image, image_id)


def _want(image_id: str, sizes: tuple[Size, ...]) -> None:
    """Note each size that is missing or has other numbers now, and have the job make them."""
    job = db.session.scalars(select(Job).filter_by(image_id=image_id).with_for_update()).one()
    known = {one.name: one for one in job.image.thumbnails}
    changed = False
    for position, size in enumerate(sizes):
        key = render_key(image_id, size)
        one = known.get(size.name)
        if one is None:
            one = Thumbnail(name=size.name, position=position, key=key, spec=str(size))
            job.image.thumbnails.append(one)
        elif one.key != key:
            one.position, one.key, one.spec = position, key, str(size)
            one.width = one.height = one.bytes = one.rendered_at = None
        else:
            continue
        changed = True
    if changed:
        db.session.flush()
        states.reopen(job.id)
