"""From an upload to rows: which image it is, and which thumbnails it is to have."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import select

from common.database import insert

from . import render, states, storage
from .models import Image, Job, Thumbnail, db
from .sizes import Size, plan, render_key


def take_in(content: bytes, sizes: Sequence[Size]) -> Image:
    """Store an upload, or find it again: the same content is the same image with the same job.

    An image that is there already is to have the sizes that have been added or changed since. The
    caller commits. Raises `render.BadImage` and `storage.NotStored`.
    """
    header = render.identify(content)
    image_id = hashlib.sha256(content).hexdigest()
    image = add_or_lock(image_id, len(content), header)
    # Locked, lest a worker finishes the job without having seen what we add.
    statement = select(Job).where(Job.image_id == image_id).with_for_update()
    job = db.session.scalar(statement)
    has_more = want_thumbnails(image, sizes)
    if job is None:
        db.session.add(Job(image_id=image_id))
        storage.write(storage.original(image_id), content)
    elif has_more:
        states.requeue(job.id, "done")
    return image


def add_or_lock(image_id: str, size: int, header: render.Header) -> Image:
    """Return the image, which nobody else has or deletes before the end of the transaction.

    Of many who come with the same content at once, one adds it, and the others wait here. DO
    NOTHING would not lock the row of which it makes nothing, so this writes what is there already.
    """
    statement = insert(db, Image).values(id=image_id, bytes=size, **vars(header))
    statement = statement.on_conflict_do_update(index_elements=["id"], set_={"bytes": size})
    image: Image = db.session.scalars(statement.returning(Image)).one()
    return image


def want_thumbnails(image: Image, sizes: Sequence[Size]) -> bool:
    """Note each size that the image lacks or has with other numbers; tell whether there is any."""
    known = {thumbnail.name: thumbnail for thumbnail in image.thumbnails}
    has_more = False
    for position, size in enumerate(sizes):
        key = render_key(image.id, size)
        thumbnail = known.get(size.name, Thumbnail(name=size.name))
        if thumbnail.key == key:
            continue
        planned = plan(image.width, image.height, size)
        thumbnail.key = key
        thumbnail.spec = str(size)
        thumbnail.position = position
        thumbnail.width = planned.width
        thumbnail.height = planned.height
        thumbnail.rendered_at = None
        image.thumbnails.append(thumbnail)
        has_more = True
    return has_more
