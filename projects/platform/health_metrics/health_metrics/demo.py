"""Something to look at in development: a route that is slow or fails on purpose."""

import time

from flask import Blueprint

from common.api import endpoint
from common.errors import Problem

from .schemas import DemoQuery, Item

bp = Blueprint("demo", __name__, url_prefix="/demo")


@bp.get("/items/<int:item_id>")
@endpoint(errors=(500, 503))
def show_item(item_id: int, query: DemoQuery) -> Item:
    """Show an item, slowly or not at all if you like; in development only."""
    time.sleep(query.milliseconds / 1000)
    if query.fault == "crash":
        raise RuntimeError("a fault that was asked for")
    if query.fault == "refuse":
        raise Problem(503, "Refused on purpose.")
    return Item(id=item_id, name=f"Item {item_id}")
