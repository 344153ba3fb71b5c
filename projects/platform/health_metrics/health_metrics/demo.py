"""A route that is slow or fails on purpose, to see what the metrics say; in development only."""

import time

from flask import Blueprint

from common.api import endpoint
from common.errors import Problem, invalid

from .schemas import ItemQuery

bp = Blueprint("demo", __name__)


@bp.get("/demo/items/<int:item_id>")
@endpoint(errors=(500, 503))
def show_item(item_id: int, query: ItemQuery) -> dict[str, int]:
    """Show an item, slowly or not at all if you like; in development only."""
    time.sleep(query.milliseconds / 1000)
    if query.fault == "crash":
        raise RuntimeError("a fault that was asked for")
    if query.fault == "refuse":
        raise Problem(503, "Refused on purpose.")
    if query.fault:
        raise invalid("The faults are crash and refuse.", "query", "fault")
    return {"id": item_id}
