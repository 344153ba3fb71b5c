"""From an upload to rows: which image it is, and which thumbnails it is to have."""

import hashlib

from flask import current_app
from sqlalchemy import select

from common.database import insert

from . import render, states, storage
from .models import Image, Job, Thumbnail, db
from .sizes import parse_all, plan, render_key


def take_in(content: bytes) -> Image:
    """Store an upload, or find it again: the same content is the same image with the same job.

    An image that is there already is to have the sizes that have been added or changed since. The
    caller commits. Raises `render.BadImage`, and OSError when there is no space.
    """
    header = render.identify(content)
    image_id = hashlib.sha256(content).hexdigest()
    # Of many with the same content at once, one adds the row; the others wait here. DO NOTHING
    # would not lock a row that is there already, and it might be deleted meanwhile.
    statement = insert(db, Image).values(
        id=image_id,
        bytes=len(content),
        **vars(header),
    )
    statement = statement.on_conflict_do_update(
        index_elements=["id"],
        set_={"id": image_id},
    )
    image: Image = db.session.scalars(statement.returning(Image)).one()
    # Locked, lest a worker finishes the job without having seen what we add.
    job = db.session.scalar(select(Job).where(Job.image_id == image_id).with_for_update())
    has_more = want_thumbnails(image)
    if job is None:
        db.session.add(Job(image_id=image_id))
        storage.write(storage.original(image_id), content)
    elif has_more:
        states.requeue(job.id, "done")
    return image


def want_thumbnails(image: Image) -> bool:
    """Note each size that the image lacks or has with other numbers; tell whether there is any."""
    known = {thumbnail.name: thumbnail for thumbnail in image.thumbnails}
    has_more = False
    for position, size in enumerate(parse_all(current_app.config["THUMBNAIL_SIZES"])):
        key = render_key(image.id, size)
        thumbnail = known.get(size.name)
        if thumbnail is None:
            thumbnail = Thumbnail(name=size.name)
            image.thumbnails.append(thumbnail)
        if thumbnail.key == key:
            continue
        planned = plan(image.width, image.height, size)
        thumbnail.key = key
        thumbnail.spec = str(size)
        thumbnail.position = position
        thumbnail.width = planned.width
        thumbnail.height = planned.height
        thumbnail.rendered_at = None
        has_more = True
    return has_more
