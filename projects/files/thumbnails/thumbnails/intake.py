"""From an upload to rows: which image it is, and which thumbnails it is to have."""

import hashlib

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from . import render, states, storage
from .models import Image, Job, Thumbnail, db
from .sizes import parse_all, render_key


def take_in(content: bytes) -> Image:
    """Store an upload, or find it again: the same content is the same image with the same job.

    An image that is there already is to have the sizes that have been added or changed since.
    Commits. Raises `render.BadImage` and `storage.NotStored`.
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
    _want_thumbnails(image_id)
    db.session.commit()
    return db.session.get_one(Image, image_id, populate_existing=True)


def _want_thumbnails(image_id: str) -> None:
    """Note each size that the image lacks or has with other numbers, for its job to make."""
    # Locked, lest a worker finishes the job without having seen what we add.
    job = db.session.scalars(select(Job).filter_by(image_id=image_id).with_for_update()).one()
    known = {one.name: one.key for one in job.image.thumbnails}
    for position, size in enumerate(parse_all(current_app.config["THUMBNAIL_SIZES"])):
        new = Thumbnail(image_id=image_id, name=size.name, key=render_key(image_id, size))
        if known.get(new.name) != new.key:
            new.spec, new.position = str(size), position
            new.width = new.height = new.rendered_at = None
            db.session.merge(new)
    states.reopen(job.id)
